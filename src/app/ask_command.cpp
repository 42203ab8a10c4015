// `holdfast run`: ask from the shell.
#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <boost/json/serialize.hpp>
#include <boost/url/encode.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <list>
#include <thread>

#include "app/api_client.hpp"
#include "app/commands.hpp"
#include "app/run_text.hpp"
#include "base/backoff.hpp"
#include "base/json.hpp"
#include "base/json_members.hpp"
#include "base/run_id.hpp"
#include "base/text.hpp"
#include "gateway/utf8.hpp"

namespace holdfast::app {
namespace {

constexpr BackoffConfig kReconnect{std::chrono::milliseconds(500), std::chrono::milliseconds(5000)};
// A server that is not back after this many tries in a row is not restarting but gone.
constexpr std::uint32_t kMostTries = 40;

void pause_before(std::uint32_t failures) {
  std::this_thread::sleep_for(backoff_delay(kReconnect, failures, 0.5 + random_uniform() / 2));
}

// Asks until there is an answer that asking again would not change. unavailable: there was none.
Result<ApiResponse> ask_patiently(const ApiClient& client, std::string_view method, const std::string& target,
                                  const std::string& body = {}, const ApiClient::Headers& headers = {}) {
  for (std::uint32_t failures = 1;; ++failures) {
    auto response = client.request(method, target, body, headers);
    const bool passing = !response || response->status == 503 || response->status == 429;
    if (!passing) return response;
    const auto why = response ? problem_text(*response) : response.error().message();
    // Nothing was started yet, so a server that is not there at all is told at once.
    if (failures >= (response ? kMostTries : 3U)) return fail(ErrorCode::unavailable, why);
    fmt::print(stderr, "  waiting: {}\n", why);
    pause_before(failures);
  }
}

// Posts until the server has the run. The same id makes a repetition harmless.
Result<json::object> submit(const ApiClient& client, const AskOptions& asked) {
  if (trim(asked.prompt).empty()) {
    return fail(ErrorCode::invalid_argument, "there is no run of that id yet; give the question too");
  }
  const auto encoded = boost::urls::encode(asked.thread_id, boost::urls::unreserved_chars);
  const auto body = json::serialize(json::object{{"prompt", asked.prompt}, {"run_id", asked.run_id}});
  auto response =
      ask_patiently(client, "POST", fmt::format("/v1/threads/{}/runs", encoded), body, {{"Prefer", "respond-async"}});
  if (!response) return fail(std::move(response));
  if (response->status >= 300) return fail(ErrorCode::invalid_argument, problem_text(*response));
  return parse_json_object(response->body);
}

// What the server knows of the run; absent when it does not know it.
Result<std::optional<json::object>> find_run(const ApiClient& client, const std::string& run_id) {
  auto response = ask_patiently(client, "GET", "/v1/runs/" + run_id);
  if (!response) return fail(std::move(response));
  if (response->status == 404) return std::nullopt;
  if (response->status != 200) return fail(ErrorCode::failed_precondition, problem_text(*response));
  auto run = parse_json_object(response->body);
  if (!run) return fail(std::move(run));
  return std::optional<json::object>(std::move(*run));
}

// Who comes back with another question or thread means another run.
Result<void> check_same(const AskOptions& asked, const json::object& run) {
  const auto prompt = trim(asked.prompt);
  if (!prompt.empty() && prompt != find_string(run, "prompt")) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("run {} asks something else: \"{}\"; leave the question out to come back to it, or leave "
                            "--run-id out to ask yours",
                            asked.run_id, find_string(run, "prompt").value_or("")));
  }
  if (!asked.thread_id.empty() && asked.thread_id != find_string(run, "thread_id")) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("run {} is in the thread \"{}\"; leave --thread out to come back to it", asked.run_id,
                            find_string(run, "thread_id").value_or("")));
  }
  return {};
}

class Follower {
 public:
  Follower(const ApiClient& client, std::string run_id, Output output)
      : client_(client), run_id_(std::move(run_id)), output_(output) {}

  // Follows the run to its end, across broken connections. Returns the run object as the server wrote it.
  Result<std::string> follow() {
    for (std::uint32_t failures = 1;; ++failures) {
      ApiClient::Headers headers{{"Accept", "text/event-stream"}};
      if (!cursor_.empty()) headers.emplace_back("Last-Event-ID", cursor_);
      auto streamed = client_.stream(fmt::format("/v1/runs/{}/events", run_id_), headers, [&](const ApiEvent& event) {
        failures = 0;
        return take(event);
      });
      if (done_) return std::move(*done_);
      if (failures >= kMostTries) return fail(std::move(streamed), "the run goes on without us");
      fmt::print(stderr, "  connection lost ({}); the run goes on, reconnecting\n", streamed.error().message());
      pause_before(failures + 1);
    }
  }

 private:
  Continue take(const ApiEvent& event) {
    if (!event.id.empty()) cursor_ = event.id;
    if (event.type == "done") {
      done_ = event.data;
      return Continue::no;
    }
    if (output_ == Output::people) show(event);
    return Continue::yes;
  }

  void show(const ApiEvent& event) {
    // A heartbeat is the moment to look whether the run waits for another reason now.
    if (event.type.empty()) return queued_ ? look_at_place() : void();
    const auto data = parse_json_object(event.data);
    if (!data) return;
    if (event.type == "progress") {
      fmt::print(stderr, "  {:14} {}\n", find_string(*data, "step").value_or(""),
                 find_string(*data, "message").value_or(""));
    } else if (event.type == "status") {
      const auto status = find_string(*data, "status").value_or("");
      queued_ = status == "queued";
      const auto message = find_string(*data, "message");
      fmt::print(stderr, "  [{}]{}{}\n", status, message ? " " : "", message.value_or(""));
    }
    if (const auto* queue = find_object(*data, "queue")) show_place(*queue, find_int(*data, "attempt").value_or(0));
  }

  void look_at_place() {
    const auto response = client_.request("GET", "/v1/runs/" + run_id_);
    if (!response || response->status != 200) return;
    const auto members = split_members(response->body);
    const auto queue = parse_json_object(find_member(members, "queue"));
    if (queue) show_place(*queue, find_member(members, "attempt") == "0" ? 0 : 1);
  }

  void show_place(const json::object& queue, std::int64_t attempt) {
    auto text = waiting_text(queue, attempt);
    if (text.empty() || text == place_) return;
    fmt::print(stderr, "  waiting: {}\n", text);
    place_ = std::move(text);
  }

  const ApiClient& client_;
  std::string run_id_;
  Output output_;
  std::string cursor_;
  bool queued_ = false;
  std::string place_;  // As shown last.
  std::optional<std::string> done_;
};

// What a signal handler says. Set before the handler is, and never freed.
std::atomic<const char*> goodbye{""};
static_assert(std::atomic<const char*>::is_always_lock_free);

void say_goodbye(int number) {
  // Only calls that a signal handler may make.
  const char* text = goodbye.load();
  const auto written = ::write(STDERR_FILENO, text, std::strlen(text));
  ::_exit(written < 0 ? 1 : 128 + number);
}

// Ctrl-C and SIGTERM leave; the run, if the server has it, does not end by that.
void leave_with(const std::string& text) {
  static auto* const texts = new std::list<std::string>();
  goodbye = texts->emplace_back("\nholdfast: " + text + "\n").c_str();
  std::signal(SIGINT, say_goodbye);
  std::signal(SIGTERM, say_goodbye);
}

Result<AskOptions> checked(const AskOptions& options) {
  auto asked = options;
  if (!gateway::is_utf8(asked.prompt)) return fail(ErrorCode::invalid_argument, "the question is not UTF-8");
  if (!gateway::is_utf8(asked.thread_id)) return fail(ErrorCode::invalid_argument, "--thread is not UTF-8");
  if (asked.run_id.empty() && trim(asked.prompt).empty()) {
    return fail(ErrorCode::invalid_argument, "what do you want to ask? Write it as `holdfast run \"QUESTION\"`");
  }
  if (asked.run_id.empty()) return asked;
  auto parsed = RunId::parse(asked.run_id);
  if (!parsed) return fail(std::move(parsed));
  asked.run_id = parsed->text();
  return asked;
}

// The run to follow: the one that is there, or the one that is started.
Result<json::object> find_or_start(const ApiClient& client, AskOptions asked) {
  if (!asked.run_id.empty()) {
    auto found = find_run(client, asked.run_id);
    if (!found) return fail(std::move(found));
    if (*found) {
      auto same = check_same(asked, **found);
      if (!same) return fail(std::move(same));
      return std::move(**found);
    }
  } else {
    asked.run_id = RunId::make().text();
  }
  // The whole id: two runs of one millisecond must not share a conversation.
  if (asked.thread_id.empty()) asked.thread_id = "shell-" + asked.run_id;
  leave_with(
      fmt::format("left before the server said that it has the run; `holdfast run --run-id {} \"QUESTION\"` asks "
                  "again and starts nothing twice",
                  asked.run_id));
  return submit(client, asked);
}

}  // namespace

int ask(const AskOptions& options) {
  const auto address = parse_api_url(options.url);
  if (!address) return report(address.error());
  auto asked = checked(options);
  if (!asked) return report(asked.error());
  leave_with("left; nothing was started");
  const ApiClient client(*address);
  auto run = find_or_start(client, std::move(*asked));
  if (!run) return report(run.error());
  const std::string run_id(find_string(*run, "run_id").value_or(""));
  leave_with(fmt::format("left; the run goes on. `holdfast run --run-id {}` comes back to it", run_id));
  if (options.output == Output::people) {
    fmt::print(stderr, "run {} in thread {}\n", run_id, find_string(*run, "thread_id").value_or(""));
  }
  auto end = Follower(client, run_id, options.output).follow();
  if (!end) return report(end.error());
  const int status = print_end(*end, options.output);
  // An answer that was not written anywhere was not delivered.
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) return status;
  const auto acknowledged = client.request("POST", fmt::format("/v1/runs/{}/ack", run_id));
  if (!acknowledged) fmt::print(stderr, "  (the receipt did not reach the server; the answer stays in the inbox)\n");
  return status;
}

}  // namespace holdfast::app
