/// Which instance runs what, on PostgreSQL. Functions as in Store. Runs on: the thread of the Store, may block.
///
/// All times are the database's. Nobody is judged by a silence that the database itself may have caused: after it was
/// away, or has just started, one whole lease time must pass first.
#pragma once

#include "journal/postgres_transactions.hpp"

namespace holdfast::journal {

class PostgresLeases {
 public:
  PostgresLeases(PostgresTransactions& transactions, const PostgresPool& pool)
      : transactions_(transactions), pool_(pool) {}

  Result<int> renew(const std::string& instance, std::chrono::milliseconds ttl);
  Result<void> end(const std::string& instance);
  Result<std::optional<UnixMillis>> until(const std::string& instance);
  Result<std::vector<Run>> held_by(const std::string& instance);
  Result<std::vector<Run>> orphans(int limit);

 private:
  PostgresTransactions& transactions_;
  const PostgresPool& pool_;
  std::optional<std::chrono::milliseconds> ttl_;  ///< Of the latest renewal.
};

}  // namespace holdfast::journal
