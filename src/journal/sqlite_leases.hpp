/// Which instance runs what, in SQLite. Runs on: the thread of the Store, may block.
///
/// One server holds a journal file, so there is one lease at most that counts; the functions are the same as
/// those of a shared database, and held by the same contract tests.
#pragma once

#include "journal/sqlite_connection.hpp"
#include "journal/store.hpp"

namespace holdfast::journal {

class SqliteLeases {
 public:
  explicit SqliteLeases(const Connection& connection);

  /// Inside a transaction. Returns the number of other instances whose lease holds.
  Result<int> renew(const std::string& instance, UnixMillis now, std::chrono::milliseconds ttl);
  Result<void> end(const std::string& instance, UnixMillis now);
  Result<std::optional<UnixMillis>> until(const std::string& instance);

  struct Claimable {
    RunId id;
    int attempt;
  };
  /// One run of each owner, then the second of each, and so on.
  Result<std::vector<Claimable>> claimable(UnixMillis now, int limit);

  Result<std::vector<Run>> held_by(const std::string& instance);
  Result<std::vector<Run>> orphans(UnixMillis now, int limit);
  Result<std::vector<RunVersion>> versions(std::span<const RunId> ids);

 private:
  Statement renew_;
  Statement forget_lapsed_;
  Statement count_others_;
  Statement end_;
  Statement until_;
  Statement claimable_;
  Statement held_by_;
  Statement orphans_;
  Statement version_;
};

}  // namespace holdfast::journal
