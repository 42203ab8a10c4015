// The stream of a console: everything at first, then what changes; bounded, and to each what is theirs.
#include <gmock/gmock.h>

#include "tests/contract/http/api_key_fixture.hpp"

namespace holdfast::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr const char* kStream = "/v1/operations/events";

/// One open console.
class Console {
 public:
  explicit Console(std::uint16_t port, const HeaderList& headers = {}) : client_(port) {
    client_.send(request_text("GET", kStream, {}, headers));
    head_ = client_.read_head();
  }

  [[nodiscard]] int status() const { return head_ ? head_->status : 0; }
  [[nodiscard]] std::string header(std::string_view name) const { return head_ ? head_->header(name) : ""; }

  /// The data of the next event of that type; a failure of the test when the stream ends before it.
  json::object next(std::string_view type) {
    const auto begin = "event: " + std::string(type) + "\ndata: ";
    while (true) {
      const auto at = text_.find(begin);
      const auto end = at == std::string::npos ? at : text_.find("\n\n", at);
      if (end != std::string::npos) {
        auto data = object_of(std::string_view(text_).substr(at + begin.size(), end - at - begin.size()));
        text_.erase(0, end + 2);
        return data;
      }
      const auto piece = client_.read_piece();
      if (!piece) break;
      text_ += *piece;
    }
    ADD_FAILURE() << "the stream ended before " << type << ": " << text_;
    return {};
  }

  /// What is told of a topic next, or at once.
  json::value topic(std::string_view name, std::string_view first = "change") {
    for (auto event = next(first); !event.empty(); event = next("change")) {
      const auto& topics = event.at("topics").as_object();
      if (const auto* found = topics.if_contains(name)) return *found;
    }
    return {};
  }

  void close() { client_.close(); }

 private:
  HttpClient client_;
  std::optional<HttpReply> head_;
  std::string text_;
};

class OperationsContract : public GatewayFixture {
 protected:
  Console open() { return Console(port()); }
};

TEST_F(OperationsContract, AConsoleIsToldEverythingAtOnce) {
  auto setup = quick_setup();
  setup.gateway.settings = {{"runs.deadline", "4min", "default", "HOLDFAST_RUN_DEADLINE", "Time."}};
  setup.gateway.instance = "one";
  start(std::move(setup));
  start_run(kId, "What is it?");
  finished_run(kId);
  Console console(port());
  ASSERT_EQ(console.status(), 200);
  EXPECT_EQ(console.header("Content-Type"), "text/event-stream; charset=utf-8");
  EXPECT_EQ(console.header("Cache-Control"), "no-store, no-transform");
  const auto all = console.next("snapshot");
  EXPECT_EQ(all.at("admin"), true);
  EXPECT_EQ(text_of(all, "instance"), "one");
  EXPECT_EQ(all.at("levels").as_array().size(), 3U);
  EXPECT_EQ(text_of(all.at("settings").at(0).as_object(), "key"), "runs.deadline");
  const auto& topics = all.at("topics").as_object();
  for (const auto* name : {"server", "level", "runs", "ended", "answers", "routes", "workers", "supervisor",
                           "admission", "relief", "database", "cache", "passing"}) {
    EXPECT_TRUE(topics.contains(name)) << name;
  }
  const auto& ended = topics.at("ended").at(0).as_object();
  EXPECT_EQ(text_of(ended, "run_id"), kId);
  EXPECT_EQ(text_of(ended, "title"), "What is it?");
  EXPECT_EQ(text_of(ended, "status"), "completed");
  EXPECT_TRUE(ended.at("delivered_at").is_null());
}

TEST_F(OperationsContract, SamplesFollowEachSecondWithoutGapOrRepetition) {
  start(quick_setup());
  Console console(port());
  auto last = console.next("snapshot").at("samples").as_array();
  // The first is taken a moment after the server begins to answer.
  if (last.empty()) last = console.next("change").at("samples").as_array();
  ASSERT_FALSE(last.empty());
  for (int i = 0; i < 2; ++i) {
    const auto samples = console.next("change").at("samples").as_array();
    ASSERT_EQ(samples.size(), 1U);
    EXPECT_GT(samples[0].at(0).as_int64(), last.back().at(0).as_int64());
    EXPECT_GT(samples[0].at(1).as_int64(), 0) << "what is used";
    last = samples;
  }
}

TEST_F(OperationsContract, ATopicIsToldAgainOnlyWhenItHasChanged) {
  start(quick_setup("--stream --steps 2 --sleep-ms 1500"));
  Console console(port());
  console.next("snapshot");
  start_run(kId, "How\nmany?");
  const auto runs = console.topic("runs").as_object();
  ASSERT_EQ(runs.at("running_count"), 1);
  const auto& run = runs.at("running").at(0).as_object();
  EXPECT_EQ(text_of(run, "run_id"), kId);
  EXPECT_EQ(text_of(run, "title"), "How many?") << "on one line";
  EXPECT_EQ(run.at("attempt"), 1);
  while (console.topic("runs").at("running_count") != 0) {
  }
  for (int i = 0; i < 2; ++i) EXPECT_FALSE(console.next("change").at("topics").as_object().contains("runs"));
}

TEST_F(OperationsContract, TheStepOfARunningRunIsTold) {
  start(quick_setup("--stream --steps 40 --sleep-ms 100"));
  start_run(kId);
  Console console(port());
  for (auto runs = console.topic("runs", "snapshot"); runs.is_object(); runs = console.topic("runs")) {
    const auto& running = runs.at("running").as_array();
    if (running.empty() || running[0].at("step").is_null()) continue;
    EXPECT_FALSE(text_of(running[0].at("step").as_object(), "name").empty());
    EXPECT_GE(running[0].at("step").at("count").as_int64(), 1);
    EXPECT_GE(running[0].at("worker").as_int64(), 0);
    return;
  }
}

TEST_F(OperationsContract, AWaitingRunSaysWhy) {
  auto setup = quick_setup("--sleep-ms 4000");
  setup.workers = 1;
  start(std::move(setup));
  start_run(kId);
  start_run(RunId::make().text());
  Console console(port());
  auto runs = console.topic("runs", "snapshot");
  while (runs.at("running_count") != 1) runs = console.topic("runs");
  ASSERT_EQ(runs.at("waiting_count"), 1);
  EXPECT_EQ(runs.at("waiting").at(0).at("queue").at("reason"), "workers_busy");
  EXPECT_EQ(runs.at("waiting").at(0).at("queue").at("position"), 1);
}

TEST_F(OperationsContract, AnAcknowledgedAnswerIsNoLongerUndelivered) {
  start(quick_setup());
  start_run(kId);
  finished_run(kId);
  Console console(port());
  auto answers = console.topic("answers", "snapshot");
  while (answers.is_null() || answers.at("undelivered") != 1) answers = console.topic("answers");
  EXPECT_EQ(answers.at("more"), false);
  EXPECT_FALSE(answers.at("oldest_undelivered_seconds").is_null());
  post("/v1/runs/" + kId + "/ack", "");
  while (answers.at("undelivered") != 0) answers = console.topic("answers");
  EXPECT_TRUE(answers.at("oldest_undelivered_seconds").is_null());
}

TEST_F(OperationsContract, WhatHappenedBeforeIsAmongTheMarks) {
  auto setup = quick_setup();
  setup.open_store = [this] {
    auto store = journal::open_sqlite_store(directory_ / "journal.db", system_clock());
    journal::Incident old{.at = system_clock().wall() - 3'600'000, .instance = "one", .kind = "started"};
    journal::Incident young{.at = system_clock().wall() - 60'000, .instance = "one", .kind = "relief_walked"};
    EXPECT_TRUE((*store)->note_incidents(std::vector{old, young}));
    return store;
  };
  start(std::move(setup));
  Console console(port());
  auto marks = console.next("snapshot").at("marks").as_array();
  while (marks.empty()) marks = console.next("change").at("marks").as_array();
  ASSERT_EQ(marks.size(), 1U) << "the other is older than the samples";
  EXPECT_EQ(marks[0].at("kind"), "relief_walked");
  EXPECT_TRUE(console.next("change").at("marks").as_array().empty()) << "none twice";
}

TEST_F(OperationsContract, ConsolesAreBounded) {
  start(quick_setup());
  std::vector<std::unique_ptr<Console>> open;
  for (std::size_t i = 0; i < gateway::kMostAdminConsoles; ++i) {
    open.push_back(std::make_unique<Console>(port()));
    ASSERT_EQ(open.back()->status(), 200);
    open.back()->next("snapshot");
  }
  const auto refused = get(kStream);
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.header("Retry-After"), "30");
  EXPECT_EQ(text_of(object_of(refused), "type"), "/problems/too-many-consoles");
  EXPECT_THAT(get("/metrics").body, HasSubstr("\nholdfast_consoles 16\n"));
  EXPECT_THAT(get("/metrics").body, HasSubstr("\nholdfast_consoles_refused_total 1\n"));
  open.pop_back();
  for (int tries = 0; tries < 2000; ++tries) {
    Console again(port());
    if (again.status() == 200) return;
    std::this_thread::sleep_for(5ms);
  }
  ADD_FAILURE() << "the place of a closed console is not given back";
}

TEST_F(OperationsContract, TheHeadOfAStreamIsAllThatHeadGets) {
  start(quick_setup());
  HttpClient client(port());
  const auto reply = client.ask("HEAD", kStream);
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->header("Content-Type"), "text/event-stream; charset=utf-8");
  EXPECT_EQ(client.ask("GET", "/livez")->status, 200);
}

TEST_F(OperationsContract, AStoppingServerTellsItsConsoles) {
  start(quick_setup());
  Console console(port());
  console.next("snapshot");
  stop(50ms);
  EXPECT_FALSE(console.next("draining").empty());
}

class OperationsOfUsers : public ApiKeyContract {
 protected:
  [[nodiscard]] HeaderList as(const std::string& user) const { return bearer(keys_.at(user)); }
};

TEST_F(OperationsOfUsers, WhoIsNoAdministratorSeesOnlyTheirOwnRuns) {
  start_with_keys(quick_setup());
  EXPECT_EQ(get(kStream).status, 401);
  ask_as_ada();
  wait_for_the_answer();
  ask_as("bob", R"({"prompt":"What of it?"})");
  Console ada(port(), as("ada"));
  const auto all = ada.next("snapshot");
  EXPECT_EQ(all.at("admin"), false);
  EXPECT_EQ(text_of(all, "subject"), "ada");
  for (const auto* name : {"samples", "marks", "settings", "instance"}) EXPECT_FALSE(all.contains(name)) << name;
  const auto& topics = all.at("topics").as_object();
  EXPECT_EQ(topics.size(), 2U) << "her runs, and those that have ended";
  ASSERT_EQ(topics.at("ended").as_array().size(), 1U);
  EXPECT_EQ(text_of(topics.at("ended").at(0).as_object(), "run_id"), kId);
  Console root(port(), as("root"));
  auto ended = root.topic("ended", "snapshot").as_array();
  while (ended.size() < 2) ended = root.topic("ended").as_array();
  EXPECT_EQ(ended[0].at("owner"), "bob");
}

TEST_F(OperationsOfUsers, OneUserCannotTakeEveryPlace) {
  start_with_keys(quick_setup());
  std::vector<std::unique_ptr<Console>> open;
  for (std::size_t i = 0; i < gateway::kMostConsolesOfUser; ++i) {
    open.push_back(std::make_unique<Console>(port(), as("ada")));
    ASSERT_EQ(open.back()->status(), 200);
  }
  EXPECT_EQ(get_as("ada", kStream).status, 503);
  EXPECT_EQ(Console(port(), as("bob")).status(), 200);
  EXPECT_EQ(Console(port(), as("root")).status(), 200);
}

TEST_F(OperationsOfUsers, AnAdministratorStopsTheRunOfAUserAndNobodyElseDoes) {
  start_with_keys(quick_setup("--sleep-ms 30000"));
  ask_as_ada();
  const auto cancel = "/v1/runs/" + kId + "/cancel";
  EXPECT_EQ(post_as("bob", cancel).status, 404);
  const auto stopped = post_as("root", cancel);
  ASSERT_EQ(stopped.status, 202) << stopped.body;
  EXPECT_EQ(text_of(object_of(stopped), "status"), "cancelled");
  EXPECT_EQ(text_of(object_of(get_as("ada", "/v1/runs/" + kId)), "status"), "cancelled");
}

}  // namespace
}  // namespace holdfast::testing
