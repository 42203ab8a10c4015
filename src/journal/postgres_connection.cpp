#include "journal/postgres_connection.hpp"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "journal/postgres_error.hpp"

namespace holdfast::journal {
namespace {

using Wake = PostgresConnection::Wake;

Wake poll_socket(int socket, short events, Deadline deadline, const StopSignal* stop) {
  while (true) {
    std::array<pollfd, 2> waiting{pollfd{socket, events, 0}, pollfd{stop == nullptr ? -1 : stop->fd(), POLLIN, 0}};
    const auto left = std::clamp<std::int64_t>(deadline.left().count(), 0, 1'000'000);
    const int ready = ::poll(waiting.data(), waiting.size(), static_cast<int>(left));
    if (waiting[1].revents != 0) return Wake::stopped;
    if (ready > 0) return Wake::arrived;
    if (deadline.passed()) return Wake::timed_out;
  }
}

// The pipeline of the connection gets these at the start: UTF-8 whatever the environment says, and a name to be found
// by in pg_stat_activity. PgBouncer lets both pass.
PGconn* begin_connecting(const std::string& url) {
  const std::array<const char*, 4> names{"dbname", "client_encoding", "fallback_application_name", nullptr};
  const std::array<const char*, 4> values{url.c_str(), "UTF8", "holdfast", nullptr};
  return PQconnectStartParams(names.data(), values.data(), 1);
}

Result<void> check_url(const std::string& url) {
  char* detail = nullptr;
  auto* options = PQconninfoParse(url.c_str(), &detail);
  const bool valid = options != nullptr;
  PQconninfoFree(options);
  PQfreemem(detail);
  if (valid) return {};
  // libpq's own words could repeat the password.
  return fail(ErrorCode::invalid_argument,
              "database: not a valid URL: expected postgresql://user:password@host:port/database");
}

std::string_view sqlstate_of(const PGresult* result) {
  const char* code = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  return code == nullptr ? std::string_view() : code;
}

}  // namespace

std::chrono::milliseconds Deadline::left() const {
  return std::chrono::ceil<std::chrono::milliseconds>(at_ - system_clock().steady());
}

Result<PostgresConnection> PostgresConnection::connect(const std::string& url, Deadline deadline,
                                                       const StopSignal* stop) {
  if (auto valid = check_url(url); !valid) return fail(std::move(valid));
  PostgresConnection made(begin_connecting(url));
  auto* raw = made.connection_.get();
  if (raw == nullptr) return fail(ErrorCode::unavailable, "database: not enough memory for a connection");
  // Or the code of a refusal cannot be told.
  PQsetErrorVerbosity(raw, PQERRORS_VERBOSE);
  auto asks_for = PQstatus(raw) == CONNECTION_BAD ? PGRES_POLLING_FAILED : PGRES_POLLING_WRITING;
  while (asks_for != PGRES_POLLING_OK) {
    if (asks_for == PGRES_POLLING_FAILED) return std::unexpected(postgres_connect_error(PQerrorMessage(raw)));
    const short events = asks_for == PGRES_POLLING_READING ? POLLIN : POLLOUT;
    const auto wake = poll_socket(PQsocket(raw), events, deadline, stop);
    if (wake == Wake::stopped) return fail(ErrorCode::cancelled, "database: told to stop while connecting");
    if (wake == Wake::timed_out) return fail(ErrorCode::unavailable, "database: no answer while connecting");
    asks_for = PQconnectPoll(raw);
  }
  PQsetErrorVerbosity(raw, PQERRORS_DEFAULT);
  PQsetNoticeProcessor(raw, [](void*, const char*) {}, nullptr);
  if (PQsetnonblocking(raw, 1) != 0) return made.lost();
  return made;
}

Result<std::vector<PostgresResult>> PostgresConnection::run(std::span<const PostgresCommand> commands,
                                                            Deadline deadline) {
  sqlstate_.clear();
  if (broken_ || PQenterPipelineMode(connection_.get()) != 1) return lost();
  for (const auto& command : commands) {
    if (auto sent = send(command); !sent) return fail(std::move(sent));
  }
  if (PQpipelineSync(connection_.get()) != 1) return lost();
  if (auto flushed = flush(deadline); !flushed) return fail(std::move(flushed));
  std::vector<PostgresResult> results;
  results.reserve(commands.size());
  auto collected = collect(commands.size(), deadline, results);
  if (PQstatus(connection_.get()) == CONNECTION_BAD) broken_ = true;
  if (!collected) return fail(std::move(collected));
  return results;
}

// Reads all results up to the end of the pipeline, so that the connection can be used again after a refusal.
Result<void> PostgresConnection::collect(std::size_t count, Deadline deadline, std::vector<PostgresResult>& results) {
  Result<void> outcome;
  bool between_statements = false;
  while (true) {
    auto result = next(deadline);
    if (!result) return fail(std::move(result));
    const auto* raw = result->get();
    if (raw == nullptr) {
      const bool ended = between_statements || PQstatus(connection_.get()) == CONNECTION_BAD;
      if (ended) return outcome ? lost() : outcome;
      between_statements = true;
      continue;
    }
    between_statements = false;
    switch (PQresultStatus(raw)) {
      case PGRES_PIPELINE_SYNC:
        if (outcome && results.size() != count) return lost();
        return outcome;
      case PGRES_COMMAND_OK:
      case PGRES_TUPLES_OK: results.push_back(std::move(*result)); break;
      case PGRES_PIPELINE_ABORTED: break;
      default:
        if (outcome) outcome = refused(raw);
        break;
    }
  }
}

Result<void> PostgresConnection::run_script(const std::string& sql, Deadline deadline) {
  sqlstate_.clear();
  if (broken_ || PQexitPipelineMode(connection_.get()) != 1) return lost();
  if (PQsendQuery(connection_.get(), sql.c_str()) != 1) return lost();
  if (auto flushed = flush(deadline); !flushed) return flushed;
  Result<void> outcome;
  while (true) {
    auto result = next(deadline);
    if (!result) return fail(std::move(result));
    if (result->get() == nullptr) break;
    const auto status = PQresultStatus(result->get());
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && outcome) outcome = refused(result->get());
  }
  if (PQstatus(connection_.get()) == CONNECTION_BAD) broken_ = true;
  return outcome;
}

void PostgresConnection::roll_back(Deadline deadline) noexcept {
  if (broken_ || PQtransactionStatus(connection_.get()) == PQTRANS_IDLE) return;
  const std::string reason = sqlstate_;
  const std::array<PostgresCommand, 1> commands{PostgresCommand("ROLLBACK")};
  if (!run(commands, deadline)) broken_ = true;
  sqlstate_ = reason;
}

bool PostgresConnection::seems_alive() {
  if (broken_) return false;
  // A server that closes the connection says why first: the end comes with a later read.
  for (int reads = 0; reads < 4 && !broken_; ++reads) {
    if (poll_socket(PQsocket(connection_.get()), POLLIN, Deadline{{}}, nullptr) != Wake::arrived) break;
    if (PQconsumeInput(connection_.get()) != 1 || PQstatus(connection_.get()) == CONNECTION_BAD) broken_ = true;
  }
  // Behind PgBouncer a session may get what another one listens for.
  (void)take_notifications();
  return !broken_;
}

std::vector<std::string> PostgresConnection::take_notifications() {
  std::vector<std::string> payloads;
  while (auto* notification = PQnotifies(connection_.get())) {
    payloads.emplace_back(notification->extra);
    PQfreemem(notification);
  }
  return payloads;
}

Result<PostgresConnection::Wake> PostgresConnection::wait(Deadline deadline, const StopSignal& stop) {
  const auto wake = poll_socket(PQsocket(connection_.get()), POLLIN, deadline, &stop);
  if (wake == Wake::arrived && PQconsumeInput(connection_.get()) != 1) return lost();
  return wake;
}

std::unexpected<Error> PostgresConnection::lost() {
  broken_ = true;
  return std::unexpected(postgres_error({}, PQerrorMessage(connection_.get())));
}

std::unexpected<Error> PostgresConnection::too_slow() {
  broken_ = true;
  return fail(ErrorCode::unavailable,
              "database: no answer within the limit of an operation; the connection is dropped");
}

std::unexpected<Error> PostgresConnection::refused(const PGresult* result) {
  sqlstate_ = sqlstate_of(result);
  if (sqlstate_.empty()) return lost();
  const char* primary = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
  return std::unexpected(postgres_error(sqlstate_, primary == nullptr ? "" : primary));
}

Result<void> PostgresConnection::send(const PostgresCommand& command) {
  std::vector<Oid> types;
  std::vector<const char*> values;
  std::vector<int> lengths;
  for (const auto& parameter : command.parameters()) {
    types.push_back(parameter.type);
    values.push_back(parameter.bytes ? parameter.bytes->data() : nullptr);
    lengths.push_back(parameter.bytes ? static_cast<int>(parameter.bytes->size()) : 0);
  }
  const std::vector<int> binary(types.size(), 1);
  const int sent = PQsendQueryParams(connection_.get(), command.sql().c_str(), static_cast<int>(types.size()),
                                     types.data(), values.data(), lengths.data(), binary.data(), 0);
  if (sent != 1) return lost();
  return {};
}

// Reads while it writes, or both sides could wait for each other with full buffers.
Result<void> PostgresConnection::flush(Deadline deadline) {
  while (true) {
    const int unsent = PQflush(connection_.get());
    if (unsent < 0) return lost();
    if (unsent == 0) return {};
    if (poll_socket(PQsocket(connection_.get()), POLLIN | POLLOUT, deadline, nullptr) != Wake::arrived) {
      return too_slow();
    }
    if (PQconsumeInput(connection_.get()) != 1) return lost();
  }
}

Result<PostgresResult> PostgresConnection::next(Deadline deadline) {
  while (PQisBusy(connection_.get()) != 0) {
    if (poll_socket(PQsocket(connection_.get()), POLLIN, deadline, nullptr) != Wake::arrived) return too_slow();
    // After a broken read the server's last words may still wait in the buffer: PQgetResult returns them.
    if (PQconsumeInput(connection_.get()) != 1) break;
  }
  return PostgresResult(PQgetResult(connection_.get()));
}

}  // namespace holdfast::journal
