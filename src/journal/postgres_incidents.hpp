/// Incidents on PostgreSQL. Functions as in Store. Runs on: the thread of the Store, may block.
#pragma once

#include "journal/postgres_transactions.hpp"

namespace holdfast::journal {

class PostgresIncidents {
 public:
  explicit PostgresIncidents(PostgresTransactions& transactions) : transactions_(transactions) {}

  Result<void> note(std::span<const Incident> incidents);
  Result<IncidentPage> list(const IncidentFilter& filter);
  Result<std::int64_t> trim(std::chrono::milliseconds age, std::int64_t keep, int limit);

 private:
  PostgresTransactions& transactions_;
};

}  // namespace holdfast::journal
