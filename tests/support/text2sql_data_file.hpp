/// A SQLite file in a directory of its own, made from SQL, gone with the object.
#pragma once

#include <sqlite3.h>

#include <cstdlib>
#include <filesystem>
#include <string>

namespace holdfast::testing {

class DataFile {
 public:
  explicit DataFile(const std::string& sql) {
    char name[] = "/tmp/hXXXXXX";
    directory_ = ::mkdtemp(name);
    sqlite3* db = nullptr;
    const bool made = sqlite3_open(path().c_str(), &db) == SQLITE_OK &&
                      sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK;
    sqlite3_close(db);
    if (!made) std::abort();
  }
  ~DataFile() { std::filesystem::remove_all(directory_); }
  DataFile(const DataFile&) = delete;
  DataFile& operator=(const DataFile&) = delete;

  [[nodiscard]] std::string path() const { return directory_ + "/data.sqlite"; }
  [[nodiscard]] const std::string& directory() const { return directory_; }

 private:
  std::string directory_;
};

}  // namespace holdfast::testing
