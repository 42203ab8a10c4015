// Any SQL text against the guard: it never writes, never crashes, and ends in time.
#include <sqlite3.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "base/check.hpp"
#include "text2sql/database.hpp"

namespace {

using namespace holdfast::text2sql;

struct GuardedFile {
  std::string directory;
  std::string path;
  Database database;

  static GuardedFile make() {
    char name[] = "/tmp/hXXXXXX";
    const std::string directory = ::mkdtemp(name);
    const auto path = directory + "/d";
    sqlite3* db = nullptr;
    sqlite3_open(path.c_str(), &db);
    sqlite3_exec(
        db,
        "CREATE TABLE t(a INTEGER, b TEXT); INSERT INTO t VALUES (1,'x'),(2,NULL); CREATE VIEW v AS SELECT a FROM t;",
        nullptr, nullptr, nullptr);
    sqlite3_close(db);
    limit_sqlite_memory();
    auto database = Database::open(path).value();
    HOLDFAST_CHECK(database.guard().has_value(), "the guard takes hold");
    return {directory, path, std::move(database)};
  }
  ~GuardedFile() { std::filesystem::remove_all(directory); }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  static GuardedFile file = GuardedFile::make();
  DeadlineCheck stop(holdfast::system_clock(), holdfast::system_clock().steady() + std::chrono::milliseconds(100));
  const auto rows = file.database.query(std::string_view(reinterpret_cast<const char*>(bytes), size), stop);
  if (rows) HOLDFAST_CHECK(rows->size() <= 200, "rows are capped");
  DeadlineCheck later(holdfast::system_clock(), holdfast::system_clock().steady() + std::chrono::seconds(10));
  const auto count = file.database.query("SELECT count(*), sum(a) FROM t", later);
  HOLDFAST_CHECK(count && count->rows[0][0] == holdfast::json::value(2), "the data is as it was, and work goes on");
  return 0;
}
