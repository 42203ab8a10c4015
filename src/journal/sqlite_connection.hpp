/// One SQLite connection, its prepared statements and one execution of a statement, closed by scope.
///
/// Ownership: a Connection outlives its Statements, a Statement its Queries. Not thread-safe.
/// Runs on: the thread of the Store, may block.
#pragma once

#include <sqlite3.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "journal/portable_sql.hpp"

namespace holdfast::journal {

class Connection {
 public:
  /// Opens an existing file. Errors: sqlite_error.
  static Result<Connection> open(const std::string& path);

  /// Runs one or more statements that return nothing of interest. `sql` ends with a zero byte.
  Result<void> run(const char* sql);

  /// The first column of the only row. failed_precondition: no row.
  Result<std::int64_t> integer(const char* sql);

  /// Ends the transaction, if SQLite has not done so itself after an error.
  void roll_back() noexcept;

  [[nodiscard]] Error error(int code) const;
  [[nodiscard]] sqlite3* get() const noexcept { return db_.get(); }
  [[nodiscard]] const std::string& path() const noexcept { return path_; }

 private:
  struct Close {
    void operator()(sqlite3* db) const noexcept { sqlite3_close_v2(db); }
  };
  using Handle = std::unique_ptr<sqlite3, Close>;

  Connection(Handle db, std::string path) : db_(std::move(db)), path_(std::move(path)) {}

  Handle db_;
  std::string path_;
};

/// A statement, compiled at its first use and kept.
class Statement {
 public:
  Statement(const Connection& connection, std::string sql) : connection_(connection), sql_(std::move(sql)) {}

 private:
  friend class Query;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const noexcept { sqlite3_finalize(statement); }
  };

  /// The SQLite result code.
  int compile();

  const Connection& connection_;
  std::string sql_;
  std::unique_ptr<sqlite3_stmt, Finalize> compiled_;
};

/// One execution of a statement: bind the parameters in order, step, read columns. Texts and bytes are
/// bound without a copy: they stay unchanged until the Query ends.
class Query {
 public:
  explicit Query(Statement& statement);
  ~Query();
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;

  Query& bind(std::string_view text);
  Query& bind(std::int64_t number);
  Query& bind(const std::optional<std::int64_t>& number);
  Query& bind_bytes(std::string_view bytes);

  /// True: there is a row to read. False: there are no more.
  Result<bool> step();

  /// Steps once and expects no row.
  Result<void> finish();

  /// Valid until the next step.
  [[nodiscard]] std::string_view text(int column) const;
  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] std::optional<std::int64_t> optional_integer(int column) const;

  /// Every column of the row.
  [[nodiscard]] std::vector<SqlValue> values() const;

 private:
  void remember(int code);

  const Connection& connection_;
  sqlite3_stmt* statement_ = nullptr;
  int parameter_ = 0;
  int failure_ = SQLITE_OK;  ///< Of compiling or binding; step() reports it.
};

}  // namespace holdfast::journal
