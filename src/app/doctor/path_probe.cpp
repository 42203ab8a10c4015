#include "app/doctor/path_probe.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <boost/asio/io_context.hpp>

#include "base/duration.hpp"
#include "base/json.hpp"
#include "gateway/web_get.hpp"

namespace holdfast::app {
namespace {

using gateway::Headers;
using gateway::WebAddress;
using std::chrono::seconds;

// Around every time-out that proxies are known to have: 30, 60, 100, 120, 180 s.
constexpr std::array kSilences{seconds(3),   seconds(8),   seconds(15), seconds(25), seconds(29),
                               seconds(33),  seconds(45),  seconds(58), seconds(65), seconds(95),
                               seconds(110), seconds(125), seconds(175)};
constexpr int kEvents = 5;
constexpr seconds kMargin{15};

// Sent with the values below, and expected to arrive.
constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kSent{
    std::pair{std::string_view("Idempotency-Key"), std::string_view("doctor")},
    {"Prefer", "wait=1"},
    {"Last-Event-ID", "7"},
    {"If-None-Match", "\"doctor\""}};

milliseconds since(SteadyTime start) {
  return std::chrono::duration_cast<milliseconds>(system_clock().steady() - start);
}

/// One answer.
struct Answer {
  int status = 0;
  Headers headers;
  std::string body;
  std::vector<milliseconds> arrivals;
  bool complete = false;
  std::string error;
};

class PathProbe {
 public:
  PathProbe(WebAddress address, std::string token, seconds longest)
      : address_(std::move(address)), token_(std::move(token)), longest_(longest) {}

  Result<PathMeasurements> run() {
    auto met = meet();
    if (!met) return std::unexpected(met.error());
    start("headers", [this] { return measure_headers(); });
    start("stream", [this] { return measure_stream(); });
    for (const auto silence : kSilences) {
      if (silence < longest_) start("silence", [this, silence] { return measure_silence(silence); });
    }
    start("silence", [this] { return measure_silence(longest_); });
    spawn(io_.get_executor(), "progress", [this] { return show_progress(); });
    io_.restart();
    io_.run();
    return std::move(measured_);
  }

 private:
  // Whether a Holdfast is there, how far away, and whether it answers us.
  Result<void> meet() {
    Answer health;
    Answer probe;
    milliseconds took{0};
    auto body = [&]() -> awaitable<void> {
      health = co_await ask("/health", {});
      const auto start = system_clock().steady();
      probe = co_await ask("/v1/probe/hold?seconds=0", {});
      took = since(start);
    };
    spawn(io_.get_executor(), "meet", body);
    io_.run();
    if (probe.status == 401) {
      return fail(ErrorCode::failed_precondition, "the server does not know who asks: give --token");
    }
    const auto told = parse_json_object(health.body);
    const auto version = told ? find_string(*told, "version") : std::nullopt;
    if (probe.status != 200 || !version) {
      const auto why = !probe.error.empty() ? probe.error : fmt::format("status {}", probe.status);
      return fail(ErrorCode::unavailable, fmt::format("no Holdfast of this version answers there ({})", why));
    }
    measured_.server =
        fmt::format("Holdfast {} at {}:{}{}", *version, address_.host, address_.port, address_.tls ? " by TLS" : "");
    measured_.round_trip = took;
    return {};
  }

  void start(std::string_view name, std::function<awaitable<void>()> task) {
    ++under_way_;
    spawn(io_.get_executor(), name, [this, task = std::move(task)]() -> awaitable<void> {
      co_await task();
      --under_way_;
    });
  }

  awaitable<Answer> ask(std::string target, Headers headers) {
    auto address = address_;
    address.target = std::move(target);
    if (!token_.empty()) headers.add("Authorization", "Bearer " + token_);
    Answer answer;
    const auto start = system_clock().steady();
    gateway::WebSink sink{.head =
                              [&answer](int status, const Headers& got) {
                                answer.status = status;
                                answer.headers = got;
                              },
                          .piece =
                              [&answer, start](std::string_view piece) {
                                answer.arrivals.push_back(since(start));
                                answer.body += piece;
                                return answer.body.size() < 65'536;
                              }};
    auto operation = gateway::web_get(std::move(address), std::move(headers), std::move(sink));
    const auto deadline = start + longest_ + kMargin;
    const auto got = co_await with_deadline(std::move(operation), deadline);
    answer.complete = got.has_value();
    if (!got) answer.error = got.error().message();
    co_return answer;
  }

  awaitable<void> measure_silence(seconds silence) {
    const auto start = system_clock().steady();
    const auto answer = co_await ask(fmt::format("/v1/probe/hold?seconds={}", silence.count()), {});
    measured_.held.push_back({silence, since(start), answer.complete ? answer.status : 0});
  }

  awaitable<void> measure_stream() {
    Headers headers;
    headers.add("Accept", "text/event-stream");
    headers.add("Accept-Encoding", "gzip");
    const auto answer = co_await ask(fmt::format("/v1/probe/stream?events={}", kEvents), std::move(headers));
    PacedStream stream;
    stream.status = answer.status;
    stream.content_type = answer.headers.find("Content-Type").value_or("");
    stream.content_encoding = answer.headers.find("Content-Encoding").value_or("");
    stream.arrivals = answer.arrivals;
    stream.events = kEvents;
    stream.complete = answer.complete;
    measured_.stream = std::move(stream);
  }

  awaitable<void> measure_headers() {
    Headers headers;
    for (const auto& [name, value] : kSent) headers.add(std::string(name), std::string(value));
    const auto answer = co_await ask("/v1/probe/hold?seconds=0", std::move(headers));
    const auto body = parse_json_object(answer.body);
    const auto* seen = body ? find_object(*body, "headers") : nullptr;
    if (seen == nullptr) co_return;
    SeenHeaders result;
    for (const auto& [name, value] : kSent) {
      if (find_string(*seen, name) != value) result.dropped.emplace_back(name);
    }
    result.etag = answer.headers.contains("ETag");
    measured_.headers = std::move(result);
  }

  // One line on a terminal, nothing elsewhere.
  awaitable<void> show_progress() {
    const bool terminal = ::isatty(STDERR_FILENO) == 1;
    const auto start = system_clock().steady();
    while (under_way_ > 0) {
      if (terminal) {
        fmt::print(stderr, "\r{:3d} s of {} s: {} measurements under way ", since(start).count() / 1000,
                   longest_.count(), under_way_);
      }
      const auto next = system_clock().steady() + milliseconds(200);
      co_await sleep_until(next);
    }
    if (terminal) fmt::print(stderr, "\r{:60}\r", "");
  }

  asio::io_context io_{1};
  WebAddress address_;
  std::string token_;
  seconds longest_;
  PathMeasurements measured_;
  int under_way_ = 0;
};

}  // namespace

Result<PathMeasurements> measure_path(const ServerAccess& server, std::chrono::seconds longest) {
  auto address = gateway::parse_web_address(server.url, gateway::PlainHttp::anywhere);
  if (!address) return std::unexpected(address.error());
  return PathProbe(std::move(*address), server.token, longest).run();
}

}  // namespace holdfast::app
