#include "journal/sqlite_connection.hpp"

#include <cerrno>

#include "journal/sqlite_error.hpp"

namespace holdfast::journal {

Result<Connection> Connection::open(const std::string& path) {
  sqlite3* db = nullptr;
  // Without SQLite's own mutex: a Store is used by one thread at a time.
  errno = 0;
  const int code =
      sqlite3_open_v2(path.c_str(), &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
  Connection connection(Handle(db), path);
  if (code != SQLITE_OK) return std::unexpected(sqlite_error(db, code, path));
  return connection;
}

Result<void> Connection::run(const char* sql) {
  errno = 0;
  const int code = sqlite3_exec(get(), sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return std::unexpected(error(code));
  return {};
}

Result<std::int64_t> Connection::integer(const char* sql) {
  Statement statement(*this, sql);
  Query query(statement);
  auto row = query.step();
  if (!row) return fail(std::move(row));
  if (!*row) return fail(ErrorCode::failed_precondition, "no row: " + std::string(sql));
  return query.integer(0);
}

void Connection::roll_back() noexcept {
  if (sqlite3_get_autocommit(get()) == 0) sqlite3_exec(get(), "ROLLBACK", nullptr, nullptr, nullptr);
}

Error Connection::error(int code) const { return sqlite_error(get(), code, path_); }

int Statement::compile() {
  if (compiled_) return SQLITE_OK;
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(connection_.get(), sql_.data(), static_cast<int>(sql_.size()),
                                      SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  compiled_.reset(statement);
  return code;
}

Query::Query(Statement& statement) : connection_(statement.connection_), failure_(statement.compile()) {
  statement_ = statement.compiled_.get();
}

Query::~Query() {
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

void Query::remember(int code) {
  if (failure_ == SQLITE_OK) failure_ = code;
}

Query& Query::bind(std::string_view text) {
  // A null pointer would bind NULL, and empty views may hold one.
  const char* data = text.data() == nullptr ? "" : text.data();
  remember(sqlite3_bind_text64(statement_, ++parameter_, data, text.size(), SQLITE_STATIC, SQLITE_UTF8));
  return *this;
}

Query& Query::bind(std::int64_t number) {
  remember(sqlite3_bind_int64(statement_, ++parameter_, number));
  return *this;
}

Query& Query::bind(const std::optional<std::int64_t>& number) {
  if (number) return bind(*number);
  remember(sqlite3_bind_null(statement_, ++parameter_));
  return *this;
}

Query& Query::bind_bytes(std::string_view bytes) {
  const char* data = bytes.data() == nullptr ? "" : bytes.data();
  remember(sqlite3_bind_blob64(statement_, ++parameter_, data, bytes.size(), SQLITE_STATIC));
  return *this;
}

Result<bool> Query::step() {
  if (failure_ != SQLITE_OK) return std::unexpected(connection_.error(failure_));
  errno = 0;
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return std::unexpected(connection_.error(code));
}

Result<void> Query::finish() {
  auto row = step();
  if (!row) return fail(std::move(row));
  return {};
}

std::string_view Query::text(int column) const {
  const auto* data = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  return data == nullptr ? std::string_view()
                         : std::string_view(data, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column)));
}

std::int64_t Query::integer(int column) const { return sqlite3_column_int64(statement_, column); }

std::optional<std::int64_t> Query::optional_integer(int column) const {
  if (sqlite3_column_type(statement_, column) == SQLITE_NULL) return std::nullopt;
  return integer(column);
}

std::vector<SqlValue> Query::values() const {
  std::vector<SqlValue> values;
  for (int column = 0; column < sqlite3_column_count(statement_); ++column) {
    switch (sqlite3_column_type(statement_, column)) {
      case SQLITE_NULL: values.emplace_back(); break;
      case SQLITE_INTEGER: values.emplace_back(integer(column)); break;
      case SQLITE_BLOB: values.emplace_back(SqlBytes{std::string(text(column))}); break;
      default: values.emplace_back(std::string(text(column)));
    }
  }
  return values;
}

}  // namespace holdfast::journal
