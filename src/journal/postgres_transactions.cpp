#include "journal/postgres_transactions.hpp"

#include "journal/postgres_error.hpp"

namespace holdfast::journal {
namespace {

// More collisions in a row mean that something else is wrong.
constexpr int kAttempts = 5;

constexpr const char* kBegin = "BEGIN ISOLATION LEVEL READ COMMITTED";
constexpr const char* kNow = "SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint";
constexpr const char* kSettings =
    "SELECT set_config('statement_timeout', $1, true), set_config('idle_in_transaction_session_timeout', $1, true), "
    "set_config('synchronous_commit', CASE current_setting('synchronous_commit') WHEN 'off' THEN 'on' "
    "ELSE current_setting('synchronous_commit') END, true)";

}  // namespace

// A little less than our own limit, so that the server says what was slow and the connection survives.
PostgresCommand PostgresTransactions::settings() const {
  PostgresCommand command(kSettings);
  command.bind(std::to_string(std::max<std::int64_t>(limit_.count() * 4 / 5, 1)));
  return command;
}

Result<PostgresTransactions::Results> PostgresTransactions::run(const Commands& commands) {
  // No BEGIN: what is sent in one pipeline is one transaction.
  Commands all{settings()};
  all.insert(all.end(), commands.begin(), commands.end());
  return attempt([&](PostgresConnection& connection, Deadline deadline, Repeat& repeat) -> Result<Results> {
    repeat = Repeat::allowed;
    auto results = connection.run(all, deadline);
    if (results) results->erase(results->begin());
    return results;
  });
}

Result<PostgresTransactions::Results> PostgresTransactions::read_then_write(const Commands& reads,
                                                                            const Decide& decide) {
  Commands first{PostgresCommand(kBegin), settings()};
  first.insert(first.end(), reads.begin(), reads.end());
  // The clock after the locks: the entries of a run then stand in the order of their times.
  first.emplace_back(kNow);
  return attempt([&](PostgresConnection& connection, Deadline deadline, Repeat& repeat) -> Result<Results> {
    repeat = Repeat::allowed;
    auto read = connection.run(first, deadline);
    if (!read) return fail(std::move(read));
    const auto now = read->back().integer(0, 0);
    read->erase(read->begin(), read->begin() + 2);
    read->pop_back();

    repeat = Repeat::no;
    auto writes = decide(*read, now);
    if (!writes) return fail(std::move(writes));
    writes->emplace_back("COMMIT");
    auto written = connection.run(*writes, deadline);
    if (!written && connection.broken()) return fail(std::move(written), "a commit whose outcome is unknown");
    if (!written) return written;
    written->pop_back();
    return written;
  });
}

Result<PostgresTransactions::Results> PostgresTransactions::attempt(const Attempt& once) {
  const Deadline deadline(limit_);
  for (int attempts = 1;; ++attempts) {
    auto lease = pool_.acquire();
    if (!lease) return fail(std::move(lease));
    auto repeat = Repeat::no;
    auto results = once(**lease, deadline, repeat);
    if (results) return results;
    auto& connection = **lease;
    const bool again = lost_a_race(connection.sqlstate()) || (connection.broken() && repeat == Repeat::allowed);
    connection.roll_back(deadline);
    if (!again || attempts == kAttempts || deadline.passed()) return results;
  }
}

}  // namespace holdfast::journal
