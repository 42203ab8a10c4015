/// The reads of the SQLite store. Runs on: the thread of the Store, may block.
#pragma once

#include <map>

#include "journal/sqlite_connection.hpp"
#include "journal/store.hpp"

namespace holdfast::journal {

/// Functions as in Store.
class SqliteReads {
 public:
  explicit SqliteReads(const Connection& connection);

  Result<std::optional<Run>> find(const RunId& id);
  Result<std::vector<Entry>> entries(const RunId& id, std::int64_t after_seq, int limit);
  Result<std::optional<Checkpoint>> checkpoint(const RunId& id);
  Result<std::vector<Run>> list(const RunFilter& filter);
  Result<std::vector<Run>> thread_runs(const std::string& owner, const std::string& thread_id, int limit);
  Result<ThreadPage> threads(const std::string& owner, int offset, int limit);
  Result<std::vector<Run>> unfinished();
  Result<Backlog> backlog(UnixMillis now);

 private:
  const Connection& connection_;
  Statement find_;
  Statement entries_;
  Statement checkpoint_;
  Statement thread_runs_;
  Statement threads_;
  Statement count_threads_;
  Statement unfinished_;
  Statement backlog_;
  std::map<unsigned, Statement> lists_;  ///< One for each set of conditions in use, at most 16.
};

}  // namespace holdfast::journal
