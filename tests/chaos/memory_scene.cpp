#include "tests/chaos/memory_scene.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <thread>
#include <vector>

namespace holdfast::testing {
namespace {

using namespace std::chrono_literals;

constexpr auto kPatience = 30s;

}  // namespace

ServerOptions MemoryScene::options() const {
  ServerOptions options;
  options.data_dir = directory_ / "data";
  options.worker = "exec python3 " HOLDFAST_SOURCE_DIR
                   "/tests/support/leaky_worker/leaky_worker.py --socket {socket} " +
                   stage_.flags;
  options.environment = stage_.environment;
  options.environment["MAX_CONCURRENT_ANALYSES"] = std::to_string(stage_.workers);
  // What the address sanitizer keeps of freed memory, 256 MB else, is not the server's.
  const auto* given = std::getenv("ASAN_OPTIONS");
  options.environment["ASAN_OPTIONS"] = (given != nullptr ? std::string(given) + ":" : "") + "quarantine_size_mb=1";
  return options;
}

std::uint64_t MemoryScene::held_when_idle() const {
  ServerProcess server(options());
  if (!server.wait_until_listening()) return 0;
  const TreeWatch watch({.root = server.pid(), .root_is_alone = true});
  comes_true([&] { return server.log().find("workers.ready") != std::string::npos; });
  return watch.seen().peak;
}

void MemoryScene::open(const Stage& stage) {
  stage_ = stage;
  limit_ = held_when_idle() + stage.room;
  auto limited = options();
  limited.environment["MEMORY_LIMIT"] = std::to_string(limit_);
  server_ = std::make_unique<ServerProcess>(limited);
  ASSERT_TRUE(server_->wait_until_listening()) << server_->log();
  eye_ = std::make_unique<TreeWatch>(
      TreeWatchOptions{.root = server_->pid(), .limit = limit_, .root_is_alone = true, .kills = true});
}

HttpReply MemoryScene::post(int number, const std::string& habits) {
  return http_post(server_->port(), "/analyze",
                   fmt::format(R"({{"prompt":"question {}","thread_id":"t","leaky":{{{}}}}})", number, habits));
}

std::string MemoryScene::answered(const std::string& habits) {
  const auto number = ++asked_;
  const auto reply = post(number, habits);
  const auto body = parse_json_object(reply.body);
  if (body && find_string(*body, "result") == fmt::format("question {}", number)) {
    return reply.header("Holdfast-Run-Id");
  }
  ADD_FAILURE() << "question " << number << ": " << reply.status << " " << reply.body;
  return "";
}

std::string MemoryScene::failed(const std::string& habits) {
  const auto reply = post(++asked_, habits);
  const auto timeline = get("/v1/runs/" + reply.header("Holdfast-Run-Id") + "/timeline");
  EXPECT_NE(timeline.find(R"("status":"failed")"), std::string::npos) << reply.status << " " << reply.body;
  return timeline;
}

void MemoryScene::all_answered(int count, const std::string& habits) {
  std::vector<std::jthread> clients;
  for (int client = 0; client < count; ++client) clients.emplace_back([&] { answered(habits); });
}

std::int64_t MemoryScene::retained_by(const std::string& run_id) const {
  const auto run = parse_json_object(get("/v1/runs/" + run_id));
  const auto* usage = run ? find_object(*run, "usage") : nullptr;
  const auto* memory = usage != nullptr ? find_object(*usage, "memory") : nullptr;
  return memory != nullptr ? find_int(*memory, "retained_bytes").value_or(0) : 0;
}

bool MemoryScene::is_logged(std::string_view text) const {
  return comes_true([&] { return server_->log().find(text) != std::string::npos; });
}

bool MemoryScene::comes_true(const std::function<bool()>& what) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (std::chrono::steady_clock::now() < deadline) {
    if (what()) return true;
    std::this_thread::sleep_for(20ms);
  }
  return what();
}

std::int64_t MemoryScene::most_of_workers(std::string_view member) const {
  const auto health = parse_json_object(get("/health/memory"));
  std::int64_t most = 0;
  if (!health || !health->contains("workers")) return most;
  for (const auto& worker : health->at("workers").as_array()) {
    most = std::max(most, find_int(worker.as_object(), member).value_or(0));
  }
  return most;
}

void MemoryScene::expect_within_limit() const {
  const auto seen = eye_->seen();
  EXPECT_EQ(seen.kills, 0U) << "the kernel would have killed; the most was " << seen.peak;
  EXPECT_EQ(seen.over_limit, 0U) << "of " << seen.looks << " looks; the most was " << seen.peak;
}

void MemoryScene::expect_work_goes_on() {
  all_answered(2 * stage_.workers, R"("retain_mb":1)");
  EXPECT_TRUE(server_->is_running()) << server_->log();
  EXPECT_EQ(get("/v1/runs?status=running").find(R"("run_id")"), std::string::npos);
  EXPECT_EQ(get("/v1/runs?status=queued").find(R"("run_id")"), std::string::npos);
}

}  // namespace holdfast::testing
