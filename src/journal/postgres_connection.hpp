/// One connection to PostgreSQL that never waits longer than it is told to.
///
/// Sockets are polled with a deadline; when it passes, or the connection breaks, the connection is `broken` for
/// good and only to be dropped. Statements go out in libpq's pipeline mode: many of them, one round trip.
/// Nothing is kept in the session (no prepared names, no settings), so that PgBouncer may stand in between.
/// Not thread-safe. Runs on: the thread that uses it, may block.
#pragma once

#include <libpq-fe.h>

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "journal/postgres_command.hpp"
#include "journal/postgres_result.hpp"
#include "journal/stop_signal.hpp"

namespace holdfast::journal {

/// Until when to wait.
class Deadline {
 public:
  explicit Deadline(std::chrono::milliseconds limit) : at_(system_clock().steady() + limit) {}
  [[nodiscard]] std::chrono::milliseconds left() const;
  [[nodiscard]] bool passed() const { return left().count() <= 0; }

 private:
  SteadyTime at_;
};

class PostgresConnection {
 public:
  /// Gives up when `stop` (may be null) is raised. Errors: postgres_connect_error; cancelled: stopped;
  /// invalid_argument: the URL.
  static Result<PostgresConnection> connect(const std::string& url, Deadline deadline, const StopSignal* stop);

  /// Sends all commands and waits for the results, one for each. At the first that fails the others are not run.
  Result<std::vector<PostgresResult>> run(std::span<const PostgresCommand> commands, Deadline deadline);

  /// Runs several statements, separated by semicolons, that return nothing of interest.
  Result<void> run_script(const std::string& sql, Deadline deadline);

  /// Ends the transaction, if one is open.
  void roll_back(Deadline deadline) noexcept;

  /// Of the latest failure; empty when it was not the server that spoke.
  [[nodiscard]] const std::string& sqlstate() const noexcept { return sqlstate_; }
  [[nodiscard]] bool broken() const noexcept { return broken_; }

  /// Looks, without waiting, whether the other side has closed the connection meanwhile.
  [[nodiscard]] bool seems_alive();

  /// Payloads that arrived until now, in order.
  [[nodiscard]] std::vector<std::string> take_notifications();

  enum class Wake : unsigned char { arrived, timed_out, stopped };
  /// Waits for something to arrive. unavailable: the connection was lost.
  Result<Wake> wait(Deadline deadline, const StopSignal& stop);

 private:
  struct Finish {
    void operator()(PGconn* connection) const noexcept { PQfinish(connection); }
  };
  explicit PostgresConnection(PGconn* connection) : connection_(connection) {}

  std::unexpected<Error> lost();
  std::unexpected<Error> too_slow();
  std::unexpected<Error> refused(const PGresult* result);

  Result<void> send(const PostgresCommand& command);
  Result<void> flush(Deadline deadline);
  /// Null: no more results of this statement.
  Result<PostgresResult> next(Deadline deadline);
  Result<void> collect(std::size_t count, Deadline deadline, std::vector<PostgresResult>& results);

  std::unique_ptr<PGconn, Finish> connection_;
  std::string sqlstate_;
  bool broken_ = false;
};

}  // namespace holdfast::journal
