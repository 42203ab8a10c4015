#include "text2sql/server.hpp"

#include <fmt/format.h>
#include <malloc.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/json.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "text2sql/connection.hpp"
#include "text2sql/worker_request.hpp"

namespace holdfast::text2sql {
namespace {

constexpr std::string_view kEventStream = "application/vnd.holdfast.events+ndjson";

// How often an idle worker looks whether its parent is still there.
constexpr int kIdleLookMs = 1'000;

// The supervisor reads no longer line (docs/worker-protocol.md).
constexpr std::size_t kMaxLineBytes = 1'000'000;

// A model may send a whole answer as one piece.
constexpr std::size_t kMaxPieceBytes = 32 * 1024;

// Writing a refusal must not take longer than reading the request did.
constexpr std::chrono::seconds kRefusalTime{2};

Result<FileDescriptor> listen_on(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty()) return fail(ErrorCode::invalid_argument, "--socket needs a path");
  if (path.size() >= sizeof address.sun_path) {
    return fail(ErrorCode::failed_precondition,
                fmt::format("socket path {} is longer than {} bytes", path, sizeof address.sun_path - 1));
  }
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  FileDescriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (socket.get() < 0) return fail_errno(ErrorCode::unavailable, "create a socket", errno);
  struct stat status{};
  if (::lstat(path.c_str(), &status) == 0) {
    // A socket is what an earlier worker left; anything else is not ours to remove.
    if (!S_ISSOCK(status.st_mode)) return fail(ErrorCode::failed_precondition, path + " exists and is not a socket");
    ::unlink(path.c_str());
  }
  const auto mask = ::umask(0177);
  const int bound = ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
  ::umask(mask);
  if (bound != 0) return fail_errno(ErrorCode::failed_precondition, "bind " + path, errno);
  if (::listen(socket.get(), 16) != 0) return fail_errno(ErrorCode::unavailable, "listen on " + path, errno);
  return socket;
}

// Everything that can end a run from outside.
class RunStop final : public StopCheck {
 public:
  RunStop(const Connection& connection, Shutdown& shutdown, const Clock& clock, SteadyTime deadline,
          std::chrono::milliseconds grace)
      : connection_(connection), shutdown_(shutdown), clock_(clock), deadline_(deadline), grace_(grace) {}

  Result<void> check() override {
    const auto now = clock_.steady();
    if (now >= deadline_) return fail(ErrorCode::deadline_exceeded, "the time for this run is used up");
    if (connection_.peer_closed()) return fail(ErrorCode::cancelled, "nobody waits for the answer any more");
    const auto requested = shutdown_.requested_at();
    if (requested && now >= *requested + grace_) return fail(ErrorCode::unavailable, "the worker is being stopped");
    return {};
  }
  [[nodiscard]] SteadyTime deadline() const override { return deadline_; }

 private:
  const Connection& connection_;
  Shutdown& shutdown_;
  const Clock& clock_;
  SteadyTime deadline_;
  std::chrono::milliseconds grace_;
};

// The events of a run as lines of the protocol.
class LineSink final : public EventSink {
 public:
  LineSink(Connection& connection, SteadyTime deadline) : connection_(connection), deadline_(deadline) {}

  Result<void> progress(Step step, std::string_view message) override {
    return line({{"type", "progress"}, {"step", to_string(step)}, {"message", message}});
  }
  Result<void> checkpoint(Step step, const json::object& state) override {
    const auto text =
        json::serialize(json::object{{"type", "checkpoint"}, {"step", to_string(step)}, {"state", state}});
    if (text.size() < kMaxLineBytes) return connection_.write_chunk(text + "\n", deadline_);
    // A new attempt goes on from the checkpoint before; a line that is too long would end this one.
    log::warning("text2sql.checkpoint_left_out", {{"step", to_string(step)}, {"size_bytes", text.size()}});
    return {};
  }
  Result<void> delta(std::string_view text) override {
    while (!text.empty()) {
      const auto piece = truncate_utf8(text, kMaxPieceBytes);
      if (auto sent = line({{"type", "delta"}, {"text", piece}}); !sent) return sent;
      text.remove_prefix(std::max<std::size_t>(piece.size(), 1));
    }
    return {};
  }

  Result<void> line(const json::object& event) { return connection_.write_chunk(json_text(event) + "\n", deadline_); }

  // Text, rows and SQL are bounded each; with every byte escaped they may still be too long together. The queries are
  // for reading along, and go first.
  Result<void> result(json::object result) {
    json::object event{{"type", "result"}, {"result", std::move(result)}};
    for (const auto* part : {"queries_and_results", "table"}) {
      if (json::serialize(event).size() < kMaxLineBytes) break;
      log::warning("text2sql.result_shortened", {{"part", part}});
      auto& kept = event["result"].as_object();
      if (part == std::string_view("table")) {
        kept[part] =
            json::object{{"columns", json::array()}, {"rows", json::array()}, {"row_count", 0}, {"truncated", true}};
      } else {
        kept[part] = json::array();
      }
    }
    return line(event);
  }

 private:
  Connection& connection_;
  SteadyTime deadline_;
};

class Server {
 public:
  Server(const ServerConfig& config, Agent& agent, Shutdown& shutdown, const Clock& clock)
      : config_(config), agent_(agent), shutdown_(shutdown), clock_(clock) {}

  void serve_connection(FileDescriptor socket) {
    Connection connection(std::move(socket), clock_);
    auto request = connection.read_request(clock_.steady() + config_.request_timeout);
    if (!request) {
      if (request.error().status != 0)
        refuse(connection, request.error().status, "invalid_argument", request.error().message);
      return;
    }
    if (request->target != "/analyze") return refuse(connection, 404, "not_found", "the only route is POST /analyze");
    if (request->method != "POST")
      return refuse(connection, 405, "invalid_argument", "the only route is POST /analyze");
    auto task = parse_worker_request(request->body);
    if (!task) return refuse(connection, 422, to_string(task.error().code()), task.error().message());
    run(connection, *request, *task);
  }

 private:
  // Everything that may pass has been tried again in here, so that a new attempt would only repeat it. It helps when it
  // is this worker that has no time: another can take the run.
  [[nodiscard]] bool may_be_repeated(ErrorCode code) const {
    return code == ErrorCode::unavailable && shutdown_.requested_at().has_value();
  }

  void refuse(Connection& connection, int status, std::string_view code, std::string_view message) {
    log::info("text2sql.request_refused", {{"status", status}, {"reason", message}});
    const json::object body{{"code", code}, {"error", message}, {"retryable", false}};
    // Whoever sent it may be gone; there is nobody else to tell.
    (void)connection.write_json(status, json::serialize(body), clock_.steady() + kRefusalTime);
  }

  void run(Connection& connection, const HttpRequest& request, const AgentTask& task) {
    const auto started = clock_.steady();
    const auto deadline = started + parse_deadline_ms(request.deadline_ms).value_or(config_.default_deadline);
    RunStop stop(connection, shutdown_, clock_, deadline, config_.grace);
    LineSink sink(connection, deadline);
    if (!connection.begin_stream(kEventStream, deadline)) return;
    auto result = agent_.run(task, sink, stop);
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(clock_.steady() - started).count();
    if (result) {
      log::info("text2sql.run_finished", {{"run_id", request.run_id}, {"took_ms", took}});
      (void)sink.result(std::move(*result));
    } else if (result.error().code() == ErrorCode::cancelled) {
      log::debug("text2sql.run_cancelled", {{"run_id", request.run_id}, {"took_ms", took}});
      return;
    } else {
      const auto& error = result.error();
      log::warning("text2sql.run_failed", {{"run_id", request.run_id},
                                           {"code", to_string(error.code())},
                                           {"reason", error.message()},
                                           {"took_ms", took}});
      LineSink last(connection, clock_.steady() + kRefusalTime);
      (void)last.line({{"type", "error"},
                       {"code", to_string(error.code())},
                       {"message", error.message()},
                       {"retryable", may_be_repeated(error.code())}});
    }
    (void)connection.end_stream(clock_.steady() + kRefusalTime);
  }

  const ServerConfig& config_;
  Agent& agent_;
  Shutdown& shutdown_;
  const Clock& clock_;
};

}  // namespace

Result<void> serve(const ServerConfig& config, Agent& agent, Shutdown& shutdown, const Clock& clock) {
  auto listener = listen_on(config.socket_path);
  if (!listener) return fail(std::move(listener));
  log::info("text2sql.ready", {{"socket", config.socket_path}});
  Server server(config, agent, shutdown, clock);
  while (!shutdown.requested_at()) {
    if (shutdown.take_trim_request()) {
      agent.release_memory();
      ::malloc_trim(0);
    }
    std::array<pollfd, 2> waiting{pollfd{listener->get(), POLLIN, 0}, pollfd{shutdown.descriptor(), POLLIN, 0}};
    const int ready = ::poll(waiting.data(), waiting.size(), kIdleLookMs);
    if (ready <= 0 || (waiting[0].revents & POLLIN) == 0) continue;
    FileDescriptor socket(::accept4(listener->get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (socket.get() >= 0) server.serve_connection(std::move(socket));
  }
  ::unlink(config.socket_path.c_str());
  return {};
}

}  // namespace holdfast::text2sql
