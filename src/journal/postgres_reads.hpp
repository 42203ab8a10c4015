/// The reads of the store on PostgreSQL; functions as in Store. Runs on: the thread of the Store, may block.
#pragma once

#include "journal/postgres_transactions.hpp"

namespace holdfast::journal {

class PostgresReads {
 public:
  explicit PostgresReads(PostgresTransactions& transactions) : transactions_(transactions) {}

  Result<std::optional<Run>> find(const RunId& id);
  Result<std::vector<Entry>> entries(const RunId& id, std::int64_t after_seq, int limit);
  Result<std::optional<Checkpoint>> checkpoint(const RunId& id);
  Result<std::vector<Run>> list(const RunFilter& filter);
  Result<std::vector<Run>> thread_runs(const std::string& owner, const std::string& thread_id, int limit);
  Result<ThreadPage> threads(const std::string& owner, int offset, int limit);
  Result<std::vector<Run>> unfinished();
  Result<Backlog> backlog();
  Result<std::vector<RunVersion>> versions(std::span<const RunId> ids);
  Result<std::vector<Rating>> ratings(const std::string& owner, const std::string& thread_id);

 private:
  Result<PostgresResult> read(PostgresCommand command);

  PostgresTransactions& transactions_;
};

}  // namespace holdfast::journal
