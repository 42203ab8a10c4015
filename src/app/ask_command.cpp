// `holdfast run`: ask from the shell.
#include <fmt/format.h>

#include <boost/json/serialize.hpp>
#include <boost/url/encode.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "app/api_client.hpp"
#include "app/commands.hpp"
#include "app/run_text.hpp"
#include "base/backoff.hpp"
#include "base/json.hpp"
#include "base/run_id.hpp"

namespace holdfast::app {
namespace {

constexpr BackoffConfig kReconnect{std::chrono::milliseconds(500), std::chrono::milliseconds(5000)};
// A server that is not back after this many tries in a row is not restarting but gone.
constexpr std::uint32_t kMostTries = 40;

void pause_before(std::uint32_t failures) {
  std::this_thread::sleep_for(backoff_delay(kReconnect, failures, 0.5 + random_uniform() / 2));
}

// Posts until the server has the run. The same id makes a repetition harmless.
Result<json::object> submit(const ApiClient& client, const AskOptions& options, const std::string& run_id) {
  const auto encoded = boost::urls::encode(options.thread_id, boost::urls::unreserved_chars);
  const auto target = fmt::format("/v1/threads/{}/runs", encoded);
  const auto body = json::serialize(json::object{{"prompt", options.prompt}, {"run_id", run_id}});
  for (std::uint32_t failures = 1;; ++failures) {
    auto response = client.request("POST", target, body, {{"Prefer", "respond-async"}});
    if (response && response->status < 300) return parse_json_object(response->body);
    const bool passing = !response || response->status == 503 || response->status == 429;
    if (!passing) return fail(ErrorCode::invalid_argument, problem_text(*response));
    const auto why = response ? problem_text(*response) : response.error().message();
    // Nothing was started yet, so a server that is not there at all is told at once.
    if (failures >= (response ? kMostTries : 3U)) return fail(ErrorCode::unavailable, why);
    fmt::print(stderr, "  waiting: {}\n", why);
    pause_before(failures);
  }
}

class Follower {
 public:
  explicit Follower(Output output) : output_(output) {}

  // Follows the run to its end, across broken connections.
  Result<json::object> follow(const ApiClient& client, const std::string& run_id) {
    for (std::uint32_t failures = 1;; ++failures) {
      ApiClient::Headers headers{{"Accept", "text/event-stream"}};
      if (!cursor_.empty()) headers.emplace_back("Last-Event-ID", cursor_);
      auto streamed = client.stream(fmt::format("/v1/runs/{}/events", run_id), headers, [&](const ApiEvent& event) {
        failures = 0;
        return take(event);
      });
      if (ended_ && !done_) done_ = read_end(client, run_id);
      if (done_) return std::move(*done_);
      const bool refused = !streamed && streamed.error().code() == ErrorCode::failed_precondition;
      if (refused) return fail(std::move(streamed), "the run goes on without us");
      if (failures >= kMostTries) return fail(ErrorCode::unavailable, "the run goes on without us: " + why(streamed));
      fmt::print(stderr, "  connection lost ({}); the run goes on, reconnecting\n", why(streamed));
      pause_before(failures + 1);
    }
  }

 private:
  static std::string why(const Result<void>& streamed) {
    return streamed ? "the answer could not be sent" : streamed.error().message();
  }

  // The run itself, once it can be read whole.
  static std::optional<json::object> read_end(const ApiClient& client, const std::string& run_id) {
    const auto response = client.request("GET", "/v1/runs/" + run_id);
    if (!response || response->status != 200) return std::nullopt;
    auto run = parse_json_object(response->body);
    if (!run || !find_string(*run, "status")) return std::nullopt;
    return std::move(*run);
  }

  Continue take(const ApiEvent& event) {
    if (!event.id.empty()) cursor_ = event.id;
    auto data = parse_json_object(event.data);
    if (!data) return Continue::yes;
    if (event.type == "done") {
      // The event carries the run, bare or under `run`.
      const auto* run = find_object(*data, "run");
      ended_ = true;
      // Without a status it is the fallback of a server that could not build the answer: ask for the run.
      if (const auto& whole = run == nullptr ? *data : *run; find_string(whole, "status")) done_ = whole;
      return Continue::no;
    }
    if (output_ == Output::people) show(event, *data);
    return Continue::yes;
  }

  static void show(const ApiEvent& event, const json::object& data) {
    if (event.type == "progress") {
      fmt::print(stderr, "  {:14} {}\n", find_string(data, "step").value_or(""),
                 find_string(data, "message").value_or(""));
    } else if (event.type == "status") {
      fmt::print(stderr, "  [{}]\n", find_string(data, "status").value_or(""));
    }
  }

  Output output_;
  std::string cursor_;
  bool ended_ = false;  ///< The last event has come.
  std::optional<json::object> done_;
};

void say_goodbye(int) {
  // Only calls that a signal handler may make.
  constexpr std::string_view kText = "\nholdfast: left; the run goes on. `holdfast runs` shows it.\n";
  const auto written = ::write(STDERR_FILENO, kText.data(), kText.size());
  ::_exit(written < 0 ? 1 : exit_status(ErrorCode::cancelled));
}

}  // namespace

int ask(const AskOptions& options) {
  const auto address = parse_api_url(options.server.url);
  if (!address) return report(address.error());
  auto asked = options;
  if (asked.thread_id.empty()) asked.thread_id = "shell-" + RunId::make().text().substr(0, 13);
  auto run_id = RunId::make();
  if (!options.run_id.empty()) {
    auto parsed = RunId::parse(options.run_id);
    if (!parsed) return report(parsed.error());
    run_id = std::move(*parsed);
  }
  const ApiClient client(*address, options.server.token);
  auto run = submit(client, asked, run_id.text());
  if (!run) return report(run.error());
  std::signal(SIGINT, say_goodbye);
  if (options.output == Output::people) fmt::print(stderr, "run {} in thread {}\n", run_id.text(), asked.thread_id);
  auto end = Follower(options.output).follow(client, run_id.text());
  if (!end) return report(end.error());
  const int status = print_end(*end, options.output);
  std::fflush(stdout);
  const auto acknowledged = client.request("POST", fmt::format("/v1/runs/{}/ack", run_id.text()));
  if (!acknowledged) fmt::print(stderr, "  (the receipt did not reach the server; the answer stays in the inbox)\n");
  return status;
}

}  // namespace holdfast::app
