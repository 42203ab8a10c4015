#include "tests/chaos/witness.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <set>
#include <thread>

#include "tests/chaos/history.hpp"
#include "tests/chaos/instances.hpp"
#include "tests/support/http_client.hpp"

namespace holdfast::testing {

using namespace std::chrono_literals;

void Witness::submit() {
  auto& run = runs_.emplace_back(Sent{RunId::make(), "question " + std::to_string(runs_.size() + 1)});
  send(run);
}

void Witness::submit_unconfirmed() {
  for (auto& run : runs_) {
    if (!run.confirmed) send(run);
  }
}

void Witness::send(Sent& run) const {
  const auto body = R"({"prompt":")" + run.prompt + R"(","run_id":")" + run.id.text() + R"("})";
  const auto reply = http_post(port_, "/v1/threads/chaos/runs", body, {{"Prefer", "respond-async"}});
  run.confirmed = reply.status == 202 || reply.status == 200;
}

std::optional<json::object> Witness::ask(const std::string& target) const {
  const auto reply = http_get(port_, target);
  if (reply.status != 200) return std::nullopt;
  auto parsed = parse_json_object(reply.body);
  if (!parsed) return std::nullopt;
  return std::move(*parsed);
}

void Witness::wait_for_all() {
  const auto deadline = std::chrono::steady_clock::now() + 600s;
  for (const auto& run : runs_) {
    for (;;) {
      const auto state = ask("/v1/runs/" + run.id.text());
      if (state && is_terminal_name(find_string(*state, "status").value_or(""))) break;
      ASSERT_LT(std::chrono::steady_clock::now(), deadline) << run.id.text() << " did not end";
      std::this_thread::sleep_for(5ms);
    }
  }
}

void Witness::judge() const {
  for (const auto& run : runs_) {
    const auto state = ask("/v1/runs/" + run.id.text());
    ASSERT_TRUE(state) << run.id.text() << " was lost";
    EXPECT_EQ(find_string(*state, "status"), "completed") << json::value(*state);
    const auto* result = find_object(*state, "result");
    ASSERT_NE(result, nullptr) << run.id.text();
    EXPECT_EQ(find_string(*result, "result"), run.prompt) << "the answer belongs to its question";
    const auto timeline = ask("/v1/runs/" + run.id.text() + "/timeline");
    ASSERT_TRUE(timeline);
    expect_one_end(*timeline);
  }
}

std::vector<int> Witness::busy_workers() const {
  std::vector<int> pids;
  const auto running = ask("/v1/runs?status=running&limit=10");
  if (!running) return pids;
  for (const auto& item : running->at("runs").as_array()) {
    const auto id = find_string(item.as_object(), "run_id").value_or("");
    const auto timeline = ask("/v1/runs/" + std::string(id) + "/timeline");
    if (!timeline) continue;
    for (const auto& entry : timeline->at("entries").as_array()) {
      if (const auto pid = find_int(entry.as_object(), "pid")) pids.push_back(static_cast<int>(*pid));
    }
  }
  return pids;
}

int Witness::confirmed() const { return static_cast<int>(std::ranges::count_if(runs_, &Sent::confirmed)); }

}  // namespace holdfast::testing
