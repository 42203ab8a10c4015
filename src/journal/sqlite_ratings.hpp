/// Ratings, deletion of threads and retirement of old runs, in SQLite. Functions as in Store; those that write
/// are called inside a transaction. Runs on: the thread of the Store, may block.
#pragma once

#include "journal/sqlite_connection.hpp"
#include "journal/store.hpp"

namespace holdfast::journal {

class SqliteRatings {
 public:
  explicit SqliteRatings(const Connection& connection);

  Result<Rating> change(const RunId& id, const RatingChange& change, UnixMillis now);
  Result<std::vector<Rating>> of_thread(const std::string& owner, const std::string& thread_id);
  Result<Deleted> delete_thread(const std::string& owner, const std::string& thread_id);
  Result<std::int64_t> retire(UnixMillis now, std::chrono::milliseconds age, int limit);

 private:
  Result<std::int64_t> remove(Statement& statement, const std::string& owner, const std::string& thread_id);

  const Connection& connection_;
  Statement exists_;
  Statement find_;
  Statement put_;
  Statement of_thread_;
  Statement unfinished_;
  Statement delete_entries_;
  Statement delete_checkpoints_;
  Statement delete_ratings_;
  Statement delete_runs_;
  Statement retirable_;
  Statement empty_run_;
  Statement empty_entries_;
  Statement empty_checkpoint_;
  Statement empty_rating_;
};

}  // namespace holdfast::journal
