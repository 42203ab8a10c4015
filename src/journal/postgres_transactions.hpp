/// Transactions on a connection of the pool, within the limit of an operation. Runs on: the thread of the Store, may
/// block.
///
/// A transaction that lost against another one, or whose connection broke before the commit was sent, is done again.
/// When the connection breaks after that, the outcome is unknown: `unavailable`, and the message says so.
/// Settings are those of the transaction alone: time limits that also end a transaction whose program stands still,
/// and never a commit that is answered before it is durable.
#pragma once

#include <functional>

#include "journal/postgres_pool.hpp"

namespace holdfast::journal {

class PostgresTransactions {
 public:
  using Commands = std::vector<PostgresCommand>;
  using Results = std::vector<PostgresResult>;

  PostgresTransactions(PostgresPool& pool, std::chrono::milliseconds limit) : pool_(pool), limit_(limit) {}

  /// One round trip. The commands may be run twice: they change nothing, or the same again.
  Result<Results> run(const Commands& commands);

  /// What to write, given what was read, at `now` of the database. An error ends the transaction: nothing is written.
  using Decide = std::function<Result<Commands>(const Results& read, UnixMillis now)>;

  /// Two round trips: reads (which lock the rows that matter), then writes and commits. `decide` is called again when
  /// the transaction is done again. Returns the results of what was written.
  Result<Results> read_then_write(const Commands& reads, const Decide& decide);

 private:
  enum class Repeat : unsigned char { no, allowed };
  using Attempt = std::function<Result<Results>(PostgresConnection& connection, Deadline deadline, Repeat& repeat)>;
  Result<Results> attempt(const Attempt& once);

  [[nodiscard]] PostgresCommand settings() const;

  PostgresPool& pool_;
  const std::chrono::milliseconds limit_;
};

}  // namespace holdfast::journal
