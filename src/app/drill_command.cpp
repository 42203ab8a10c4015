// `holdfast drill`: loses a connection and a worker on purpose, under a real run, and shows that the answer comes.
#include <fmt/format.h>

#include <boost/json/serialize.hpp>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <thread>

#include "app/api_client.hpp"
#include "app/commands.hpp"
#include "app/run_text.hpp"
#include "base/clock.hpp"
#include "base/json.hpp"
#include "base/run_id.hpp"

namespace holdfast::app {
namespace {

using std::chrono::milliseconds;

// A worker that is busy for longer is not waited for.
constexpr milliseconds kPatience{60'000};
constexpr milliseconds kGlance{20};

milliseconds since(SteadyTime begun) {
  return std::chrono::duration_cast<milliseconds>(system_clock().steady() - begun);
}

/// Stops processes for a moment; they go on at the end of the scope, whatever happens.
class Frozen {
 public:
  Frozen() = default;
  Frozen(const Frozen&) = delete;
  Frozen& operator=(const Frozen&) = delete;
  ~Frozen() {
    for (const int pid : pids_) ::kill(pid, SIGCONT);
  }
  Result<void> add(int pid) {
    if (::kill(pid, SIGSTOP) != 0) {
      return fail_errno(ErrorCode::failed_precondition,
                        fmt::format("cannot stop worker {}: run the drill on the server's machine, as its user", pid),
                        errno);
    }
    pids_.push_back(pid);
    return {};
  }
  /// Kills one of them; the others go on.
  void kill_and_thaw(int pid) {
    ::kill(pid, SIGKILL);
    for (const int other : pids_) ::kill(other, SIGCONT);
    pids_.clear();
  }
  [[nodiscard]] bool empty() const noexcept { return pids_.empty(); }

 private:
  std::vector<int> pids_;
};

class Drill {
 public:
  Drill(ApiClient client, std::string prompt) : client_(std::move(client)), prompt_(std::move(prompt)) {}

  Result<void> run() {
    const auto begun = system_clock().steady();
    do {
      if (auto frozen = freeze_idle_workers(); !frozen) return frozen;
      if (frozen_.empty()) std::this_thread::sleep_for(kGlance);
    } while (frozen_.empty() && since(begun) < kPatience);
    if (frozen_.empty()) return fail(ErrorCode::unavailable, "no worker is idle; try again later");
    if (auto submitted = submit(); !submitted) return submitted;
    fmt::print("run {}: \"{}\"\n", id_.text(), prompt_);
    auto pid = wait_for_worker();
    if (!pid) return fail(std::move(pid));

    // The connection is cut: a stream is read up to its first event, and left.
    auto cut = client_.stream(path() + "/events", {}, [](const ApiEvent&) { return Continue::no; });
    if (!cut) return fail(std::move(cut), "open an event stream");
    fmt::print("  {:>6} ms  the connection of the client was cut; the run goes on\n", 0);

    const auto killed = system_clock().steady();
    frozen_.kill_and_thaw(*pid);
    fmt::print("  {:>6} ms  worker {} was killed in attempt 1\n", 0, *pid);
    if (auto lost = wait_for_entry("attempt_lost"); !lost) return lost;
    fmt::print("  {:>6} ms  the loss was noticed and written down\n", since(killed).count());
    if (auto restarted = wait_for_attempt(2); !restarted) return restarted;
    fmt::print("  {:>6} ms  attempt 2 started\n", since(killed).count());
    auto run = wait_for_end();
    if (!run) return fail(std::move(run));
    fmt::print("  {:>6} ms  the answer is there, under the same run id\n", since(killed).count());
    return judge(*run);
  }

 private:
  [[nodiscard]] std::string path() const { return "/v1/runs/" + id_.text(); }

  Result<json::object> get(const std::string& target, const ApiClient::Headers& headers = {}) {
    auto response = client_.request("GET", target, {}, headers);
    if (!response) return fail(std::move(response));
    if (response->status != 200) return fail(ErrorCode::unavailable, problem_text(*response));
    return parse_json_object(response->body);
  }

  // A run is over before one could look at it; a worker that stands still keeps it until it is killed.
  Result<void> freeze_idle_workers() {
    auto health = get("/health");
    if (!health) return fail(std::move(health), "ask the server how it is");
    const auto* workers = find_object(*health, "workers");
    const auto* processes = workers == nullptr ? nullptr : workers->if_contains("processes");
    if (processes == nullptr || !processes->is_array()) {
      return fail(ErrorCode::failed_precondition,
                  "this server does not tell its workers; an administrator's token is "
                  "needed (--token)");
    }
    for (const auto& process : processes->get_array()) {
      if (!process.is_object() || find_string(process.get_object(), "state") != "idle") continue;
      const auto pid = find_int(process.get_object(), "pid").value_or(0);
      if (pid <= 0) continue;
      if (auto stopped = frozen_.add(static_cast<int>(pid)); !stopped) return stopped;
    }
    return {};
  }

  Result<void> submit() {
    const auto body = json::serialize(
        json::object{{"prompt", prompt_}, {"thread_id", "drill-" + id_.text()}, {"run_id", id_.text()}});
    // A kept answer would need no worker.
    auto response =
        client_.request("POST", "/analyze", body, {{"Prefer", "respond-async"}, {"Cache-Control", "no-cache"}});
    if (!response) return fail(std::move(response));
    if (response->status != 202) return fail(ErrorCode::unavailable, problem_text(*response));
    return {};
  }

  /// The pid of the worker that has the first attempt.
  Result<int> wait_for_worker() {
    const auto begun = system_clock().steady();
    while (since(begun) < kPatience) {
      auto entry = find_entry("started");
      if (!entry) return fail(std::move(entry));
      if (*entry) {
        const auto pid = find_int(**entry, "pid").value_or(0);
        if (pid > 0) return static_cast<int>(pid);
      }
      std::this_thread::sleep_for(kGlance);
    }
    return fail(ErrorCode::deadline_exceeded, "no worker took the run");
  }

  /// The latest entry of that kind.
  Result<std::optional<json::object>> find_entry(std::string_view kind) {
    auto timeline = get(path() + "/timeline");
    if (!timeline) return fail(std::move(timeline));
    std::optional<json::object> found;
    const auto* entries = timeline->if_contains("entries");
    if (entries == nullptr || !entries->is_array()) return found;
    for (const auto& entry : entries->get_array()) {
      if (entry.is_object() && find_string(entry.get_object(), "kind") == kind) found = entry.get_object();
    }
    return found;
  }

  Result<void> wait_for_entry(std::string_view kind) {
    const auto begun = system_clock().steady();
    while (since(begun) < kPatience) {
      auto entry = find_entry(kind);
      if (!entry) return fail(std::move(entry));
      if (*entry) return {};
      std::this_thread::sleep_for(kGlance);
    }
    return fail(ErrorCode::deadline_exceeded, fmt::format("no entry {} came", kind));
  }

  Result<void> wait_for_attempt(std::int64_t attempt) {
    const auto begun = system_clock().steady();
    while (since(begun) < kPatience) {
      auto entry = find_entry("started");
      if (!entry) return fail(std::move(entry));
      if (*entry && find_int(**entry, "attempt").value_or(0) >= attempt) return {};
      std::this_thread::sleep_for(kGlance);
    }
    return fail(ErrorCode::deadline_exceeded, fmt::format("attempt {} did not start", attempt));
  }

  Result<json::object> wait_for_end() {
    const auto begun = system_clock().steady();
    while (since(begun) < kPatience) {
      auto run = get(path(), {{"Prefer", "wait=10"}});
      if (!run) return run;
      const auto status = find_string(*run, "status").value_or("");
      if (status != "queued" && status != "running") return run;
    }
    return fail(ErrorCode::deadline_exceeded, "the run did not end");
  }

  Result<void> judge(const json::object& run) {
    const auto status = find_string(run, "status").value_or("");
    if (status != "completed") return fail(ErrorCode::internal, fmt::format("the run ended as {}", status));
    auto timeline = get(path() + "/timeline");
    if (!timeline) return fail(std::move(timeline));
    int ends = 0;
    for (const auto& entry : timeline->at("entries").get_array()) {
      const auto kind = find_string(entry.get_object(), "kind").value_or("");
      if (kind == "completed" || kind == "failed" || kind == "cancelled" || kind == "expired") ++ends;
    }
    if (ends != 1) return fail(ErrorCode::internal, fmt::format("the run has {} ends", ends));
    const auto acknowledged = client_.request("POST", path() + "/ack");
    if (!acknowledged) return fail(acknowledged.error().code(), acknowledged.error().message());
    fmt::print("Passed: one connection and one worker lost, one answer, delivered once.\n");
    return {};
  }

  ApiClient client_;
  std::string prompt_;
  RunId id_ = RunId::make();
  Frozen frozen_;
};

}  // namespace

int drill(const DrillOptions& options) {
  const auto address = parse_api_url(options.server.url);
  if (!address) return report(address.error());
  const auto passed = Drill(ApiClient(*address, options.server.token), options.prompt).run();
  return passed ? 0 : report(passed.error());
}

}  // namespace holdfast::app
