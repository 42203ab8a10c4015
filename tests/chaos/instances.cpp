#include "tests/chaos/instances.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <thread>

#include "tests/chaos/history.hpp"

namespace holdfast::testing {

using namespace std::chrono_literals;

Instance::Instance(std::string data_dir, std::string database, std::string worker_flags) {
  options_ = {
      .data_dir = std::move(data_dir),
      .worker = program("scripted_worker") + " --socket {socket} --stream " + worker_flags,
      .port = 0,
      .arguments = {"--database", std::move(database), "--set", "database.lease=2s", "--set",
                    "worker.grace_period=500ms", "--set", "runs.max_attempts=1000", "--set", "runs.max_crashes=1000",
                    "--set", "runs.max_concurrent=2", "--set", "worker.guaranteed=POST /kept retry=requeue"},
      .environment = {}};
}

void Instance::arm(const std::string& hook) {
  options_.environment.erase("HOLDFAST_HOOK");
  if (!hook.empty()) options_.environment["HOLDFAST_HOOK"] = hook;
}

bool Instance::is_frozen() const {
  std::ifstream file("/proc/" + std::to_string(server_->pid()) + "/stat");
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  // The state stands behind the name, which is in parentheses.
  const auto end_of_name = text.rfind(')');
  return end_of_name != std::string::npos && text.substr(end_of_name, 3) == ") T";
}

bool Instance::start() {
  server_ = std::make_unique<ServerProcess>(options_);
  if (!server_->wait_until_listening()) return false;
  options_.port = server_->port();
  return true;
}

std::optional<json::object> Instance::get(const std::string& target) const {
  HttpClient client(port(), 3s);
  const auto reply = client.ask("GET", target);
  if (!reply || reply->status < 200 || reply->status > 299) return std::nullopt;
  auto parsed = parse_json_object(reply->body);
  if (!parsed) return std::nullopt;
  return std::move(*parsed);
}

HttpReply Instance::post(const std::string& target, const std::string& body, const HeaderList& headers) const {
  HttpClient client(port(), 3s);
  return client.ask("POST", target, body, headers).value_or(HttpReply{});
}

HttpReply Instance::submit(const RunId& id, const std::string& prompt) const {
  const auto body = R"({"prompt":")" + prompt + R"(","run_id":")" + id.text() + R"("})";
  return post("/v1/threads/chaos/runs", body, {{"Prefer", "respond-async"}});
}

std::string Instance::status_of(const RunId& id) const {
  const auto run = get("/v1/runs/" + id.text());
  return run ? std::string(find_string(*run, "status").value_or("")) : std::string();
}

bool Instance::shows(const RunId& id, const std::string& status) const {
  const auto deadline = std::chrono::steady_clock::now() + 60s;
  while (std::chrono::steady_clock::now() < deadline) {
    if (status_of(id) == status) return true;
    std::this_thread::sleep_for(10ms);
  }
  return false;
}

std::vector<int> Instance::workers(const std::string& state) const {
  std::vector<int> pids;
  const auto health = get("/health");
  const auto* workers = health ? find_object(*health, "workers") : nullptr;
  if (workers == nullptr) return pids;
  for (const auto& process : workers->at("processes").as_array()) {
    const auto pid = find_int(process.as_object(), "pid").value_or(0);
    if (pid > 0 && find_string(process.as_object(), "state") == state) pids.push_back(static_cast<int>(pid));
  }
  return pids;
}

std::string answer_of(const json::object& run) {
  if (const auto* result = find_object(run, "result")) return std::string(find_string(*result, "result").value_or(""));
  if (const auto* error = find_object(run, "error")) return std::string(find_string(*error, "code").value_or(""));
  return {};
}

void expect_one_end(const json::object& timeline) {
  const auto id = std::string(find_string(timeline, "run_id").value_or(""));
  std::int64_t seq = 0;
  std::int64_t attempt = 0;
  int ends = 0;
  for (const auto& item : timeline.at("entries").as_array()) {
    const auto& entry = item.as_object();
    EXPECT_EQ(find_int(entry, "seq"), ++seq) << id << ": entries are numbered without a gap";
    const auto of_attempt = find_int(entry, "attempt").value_or(-1);
    const auto kind = find_string(entry, "kind").value_or("");
    if (kind == "started") EXPECT_EQ(of_attempt, attempt + 1) << id << ": attempts follow each other";
    attempt = std::max(attempt, of_attempt);
    EXPECT_EQ(of_attempt, attempt) << id << ": no word of an older attempt after a newer one began";
    if (is_terminal_name(kind)) ++ends;
  }
  EXPECT_EQ(ends, 1) << id << ": exactly one end";
}

}  // namespace holdfast::testing
