/// The data file: opened read-only and immutable, read first by the catalogue loader, then guarded.
///
/// Ownership: one Database per worker, used by its one thread. May block; a query ends at its StopCheck.
/// Invariants:
///   - The file is never written: read-only, immutable, query_only, and only statements that SQLite calls read-only.
///   - After guard() no statement reads a schema table or calls a denied function.
///   - One call runs one statement and returns at most `QueryLimits::rows` rows.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "text2sql/rows.hpp"
#include "text2sql/sql_guard.hpp"
#include "text2sql/stop.hpp"

struct sqlite3;

namespace holdfast::text2sql {

/// SQL longer than this is refused unread.
inline constexpr std::size_t kMaxSqlBytes = 100'000;

struct QueryLimits {
  std::size_t rows = 200;         ///< What a page can show; the next row only tells that there are more.
  std::size_t bytes = 64 * 1024;  ///< Text of all cells: keeps a result line far below the protocol's 1 MB.
};

class Database {
 public:
  /// not_found: no such file. failed_precondition: empty, or not a SQLite database, or not readable. The
  /// message names the file and --data-file.
  static Result<Database> open(const std::string& path);

  /// From here on every query is untrusted.
  Result<void> guard();

  /// invalid_argument: not one read-only SELECT that the guard allows; the message says why.
  /// deadline_exceeded, cancelled, unavailable: from `stop`. resource_exhausted: needs more memory than allowed.
  /// data_loss: the file is damaged.
  Result<Rows> query(std::string_view sql, StopCheck& stop, const QueryLimits& limits = {});

  /// Gives back what is cached of the file.
  void release_memory() noexcept { sqlite3_db_release_memory(db_.get()); }

  /// The tables that the latest query() read, in the order of their names; what a WITH defines may be among them.
  [[nodiscard]] std::vector<std::string> tables_read() const { return {log_->tables.begin(), log_->tables.end()}; }

 private:
  struct Close {
    void operator()(sqlite3* db) const noexcept;
  };
  explicit Database(std::unique_ptr<sqlite3, Close> db) : db_(std::move(db)), log_(std::make_unique<GuardLog>()) {}
  [[nodiscard]] std::unexpected<Error> failure(int code, const Result<void>& stopped) const;

  std::unique_ptr<sqlite3, Close> db_;
  std::unique_ptr<GuardLog> log_;  // On the heap: the authorizer holds its address while the Database moves.
};

/// A name as SQL: "name", with quotes doubled. Pure.
[[nodiscard]] std::string quote_identifier(std::string_view name);
/// A text as SQL: 'text', with quotes doubled, without NUL. Pure.
[[nodiscard]] std::string quote_text(std::string_view text);

}  // namespace holdfast::text2sql
