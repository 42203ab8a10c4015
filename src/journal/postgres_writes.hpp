/// What changes runs, on PostgreSQL: commit, claim, import. Functions as in Store.
/// Runs on: the thread of the Store, may block.
///
/// Each is one transaction of two round trips: lock and read the runs, fold in memory, write. Other instances are told
/// in the same transaction, as long as there are any.
#pragma once

#include "journal/postgres_transactions.hpp"

namespace holdfast::journal {

class PostgresWrites {
 public:
  /// `self` is the sender of its notices.
  PostgresWrites(PostgresTransactions& transactions, std::string self)
      : transactions_(transactions), self_(std::move(self)) {}

  std::vector<Result<Written>> commit(std::span<const Write> writes);
  Result<std::vector<Run>> claim(const Claim& claim);
  Result<ReplayVerdict> import(const Import& local);

  /// Whether there are other instances to tell.
  void others_are_alive(bool alive) noexcept { tells_others_ = alive; }

 private:
  void add_notices(PostgresTransactions::Commands& commands, const Change& change) const;

  PostgresTransactions& transactions_;
  const std::string self_;
  bool tells_others_ = false;
};

}  // namespace holdfast::journal
