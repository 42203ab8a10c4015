#include "text2sql/database.hpp"

#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <boost/json/serialize.hpp>

#include <cerrno>
#include <cmath>

#include "base/text.hpp"

namespace holdfast::text2sql {
namespace {

// Every 1000 opcodes: about 20 µs, so a deadline is met to the millisecond and costs nothing.
constexpr int kOpcodesBetweenChecks = 1000;

struct Finalize {
  void operator()(sqlite3_stmt* statement) const noexcept { sqlite3_finalize(statement); }
};
using Statement = std::unique_ptr<sqlite3_stmt, Finalize>;

// In a SQLite URI these three would end or change the path.
std::string uri_of(std::string_view path) {
  std::string uri = "file:";
  for (const char c : path) {
    if (c == '%' || c == '?' || c == '#') {
      uri += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    } else {
      uri += c;
    }
  }
  return uri + "?mode=ro&immutable=1";
}

// While this lives, the connection asks `stop` and keeps its first refusal.
class ProgressCheck {
 public:
  ProgressCheck(sqlite3* db, StopCheck& stop) : db_(db), stop_(stop) {
    sqlite3_progress_handler(db_, kOpcodesBetweenChecks, &ProgressCheck::on_progress, this);
  }
  ~ProgressCheck() { sqlite3_progress_handler(db_, 0, nullptr, nullptr); }
  ProgressCheck(const ProgressCheck&) = delete;
  ProgressCheck& operator=(const ProgressCheck&) = delete;
  [[nodiscard]] const Result<void>& result() const { return result_; }

 private:
  static int on_progress(void* self) {
    auto& check = *static_cast<ProgressCheck*>(self);
    check.result_ = check.stop_.check();
    return check.result_ ? 0 : 1;
  }
  sqlite3* db_;
  StopCheck& stop_;
  Result<void> result_;
};

std::string utf8_or_mark(std::string text) {
  // Text in the file need not be UTF-8; the protocol is.
  if (parse_json(json::serialize(json::string(text)))) return text;
  for (auto& c : text) {
    if (static_cast<unsigned char>(c) >= 0x80U) c = '?';
  }
  return text;
}

// A longer text is no figure and no name; the rest of it is left out.
constexpr std::size_t kMaxCellBytes = 4096;

json::value cell_of(sqlite3_stmt* statement, int column, std::size_t& bytes) {
  switch (sqlite3_column_type(statement, column)) {
    case SQLITE_INTEGER: bytes += 8; return sqlite3_column_int64(statement, column);
    case SQLITE_FLOAT: {
      bytes += 8;
      const double real = sqlite3_column_double(statement, column);
      // JSON has no infinity.
      return std::isfinite(real) ? json::value(real) : json::value(fmt::to_string(real));
    }
    case SQLITE_TEXT: {
      const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, column));
      const std::string_view whole(text == nullptr ? "" : text,
                                   static_cast<std::size_t>(sqlite3_column_bytes(statement, column)));
      const auto kept = truncate_utf8(whole, kMaxCellBytes);
      bytes += kept.size();
      return json::value(utf8_or_mark(std::string(kept) + (kept.size() < whole.size() ? "…" : "")));
    }
    case SQLITE_BLOB: {
      bytes += 32;
      return json::value(fmt::format("({} bytes)", sqlite3_column_bytes(statement, column)));
    }
    default: return nullptr;
  }
}

}  // namespace

void Database::Close::operator()(sqlite3* db) const noexcept { sqlite3_close_v2(db); }

Result<Database> Database::open(const std::string& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) {
    const auto code = errno == ENOENT ? ErrorCode::not_found : ErrorCode::failed_precondition;
    return fail_errno(code, fmt::format("data file {} (see --data-file)", path), errno);
  }
  if (!S_ISREG(status.st_mode)) {
    return fail(ErrorCode::failed_precondition, fmt::format("data file {} is not a file (see --data-file)", path));
  }
  if (status.st_size == 0) {
    return fail(ErrorCode::failed_precondition, fmt::format("data file {} is empty (see --data-file)", path));
  }
  sqlite3* raw = nullptr;
  const int opened = sqlite3_open_v2(uri_of(path).c_str(), &raw,
                                     SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, nullptr);
  Database database{std::unique_ptr<sqlite3, Close>(raw)};
  const bool readable = opened == SQLITE_OK &&
                        sqlite3_exec(raw, "SELECT count(*) FROM sqlite_master", nullptr, nullptr, nullptr) == SQLITE_OK;
  if (!readable) {
    const std::string why = raw == nullptr ? "out of memory" : sqlite3_errmsg(raw);
    return fail(ErrorCode::failed_precondition,
                fmt::format("data file {} cannot be read as a SQLite database: {} (see --data-file)", path, why));
  }
  return database;
}

Result<void> Database::guard() {
  if (!guard_connection(db_.get(), log_.get())) {
    return fail(ErrorCode::internal, std::string("guard the data file: ") + sqlite3_errmsg(db_.get()));
  }
  return {};
}

std::unexpected<Error> Database::failure(int code, const Result<void>& stopped) const {
  const std::string message = sqlite3_errmsg(db_.get());
  switch (code & 0xFF) {
    case SQLITE_INTERRUPT:
      if (!stopped) return std::unexpected(stopped.error());
      return fail(ErrorCode::cancelled, "the query was interrupted");
    case SQLITE_AUTH: return fail(ErrorCode::invalid_argument, log_->refusal.empty() ? message : log_->refusal);
    case SQLITE_NOMEM: return fail(ErrorCode::resource_exhausted, "the query needs more memory than it may use");
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_IOERR: return fail(ErrorCode::data_loss, "the data file is damaged: " + message);
    default: return fail(ErrorCode::invalid_argument, message);
  }
}

Result<Rows> Database::query(std::string_view sql, StopCheck& stop, const QueryLimits& limits) {
  log_->refusal.clear();
  log_->tables.clear();
  if (sql.find('\0') != std::string_view::npos) return fail(ErrorCode::invalid_argument, "the SQL holds a NUL byte");
  if (sql.size() > kMaxSqlBytes) return fail(ErrorCode::invalid_argument, "the SQL is longer than 100,000 bytes");
  ProgressCheck progress(db_.get(), stop);

  sqlite3_stmt* raw = nullptr;
  const char* tail = nullptr;
  const int prepared = sqlite3_prepare_v2(db_.get(), sql.data(), static_cast<int>(sql.size()), &raw, &tail);
  Statement statement(raw);
  if (prepared != SQLITE_OK) return failure(prepared, progress.result());
  if (!statement) return fail(ErrorCode::invalid_argument, "there is no SQL statement");
  // VACUUM INTO passes the authorizer; it is not read-only.
  const bool selects = sqlite3_column_count(statement.get()) > 0 && sqlite3_stmt_isexplain(statement.get()) == 0;
  if (sqlite3_stmt_readonly(statement.get()) == 0 || !selects) {
    return fail(ErrorCode::invalid_argument, "only SELECT on the tables of the data file is allowed");
  }
  const auto rest = trim(std::string_view(tail, static_cast<std::size_t>(sql.data() + sql.size() - tail)));
  if (!rest.empty()) return fail(ErrorCode::invalid_argument, "only one SQL statement is allowed");

  Rows out;
  std::size_t bytes = 0;
  const int columns = sqlite3_column_count(statement.get());
  for (int i = 0; i < columns; ++i) out.columns.emplace_back(utf8_or_mark(sqlite3_column_name(statement.get(), i)));
  int stepped = SQLITE_OK;
  while ((stepped = sqlite3_step(statement.get())) == SQLITE_ROW) {
    if (out.rows.size() == limits.rows || bytes >= limits.bytes) {
      out.truncated = true;
      return out;
    }
    std::vector<json::value> row;
    for (int i = 0; i < columns; ++i) row.push_back(cell_of(statement.get(), i, bytes));
    if (bytes > limits.bytes && !out.rows.empty()) {
      out.truncated = true;
      return out;
    }
    out.rows.push_back(std::move(row));
  }
  if (stepped != SQLITE_DONE) return failure(stepped, progress.result());
  return out;
}

std::string quote_identifier(std::string_view name) {
  std::string out = "\"";
  for (const char c : name) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + "\"";
}

std::string quote_text(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\0') continue;
    if (c == '\'') out += '\'';
    out += c;
  }
  return out + "'";
}

}  // namespace holdfast::text2sql
