/// Ratings, deletion of threads and retirement of old runs, on PostgreSQL. Functions as in Store.
/// Runs on: the thread of the Store, may block.
#pragma once

#include "journal/postgres_transactions.hpp"

namespace holdfast::journal {

class PostgresRatings {
 public:
  explicit PostgresRatings(PostgresTransactions& transactions) : transactions_(transactions) {}

  Result<Rating> rate(const RunId& id, const RatingChange& change);
  Result<Deleted> delete_thread(const std::string& owner, const std::string& thread_id);
  Result<std::int64_t> retire(std::chrono::milliseconds age, int limit);

 private:
  PostgresTransactions& transactions_;
};

}  // namespace holdfast::journal
