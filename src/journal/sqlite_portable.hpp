/// Portable statements on SQLite. Statements are compiled for each use: they are many and short.
/// Runs on: the thread of the Store, may block.
#pragma once

#include "journal/portable_sql.hpp"
#include "journal/sqlite_connection.hpp"

namespace holdfast::journal {

class SqlitePortable final : public PortableSql {
 public:
  /// Both outlive it.
  SqlitePortable(Connection& connection, const Clock& clock) : connection_(connection), clock_(clock) {}

  Result<Rows> read(const Texts& texts) override;
  Result<Rows> read_then_write(const Texts& reads, const Decide& decide) override;
  [[nodiscard]] std::string has_members(std::string_view column, std::string_view parameter) const override;

 private:
  Result<SqlRows> run(const SqlText& text);
  Result<Rows> in_transaction(const Texts& reads, const Decide& decide);

  Connection& connection_;
  const Clock& clock_;
};

}  // namespace holdfast::journal
