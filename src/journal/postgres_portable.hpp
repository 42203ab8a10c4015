/// Portable statements on PostgreSQL. Runs on: the thread of the Store, may block.
#pragma once

#include "journal/portable_sql.hpp"
#include "journal/postgres_transactions.hpp"

namespace holdfast::journal {

class PostgresPortable final : public PortableSql {
 public:
  explicit PostgresPortable(PostgresTransactions& transactions) : transactions_(transactions) {}

  Result<Rows> read(const Texts& texts) override;
  Result<Rows> read_then_write(const Texts& reads, const Decide& decide) override;
  [[nodiscard]] std::string has_members(std::string_view column, std::string_view parameter) const override;

 private:
  PostgresTransactions& transactions_;
};

}  // namespace holdfast::journal
