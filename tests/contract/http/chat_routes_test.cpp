// Conversations in the forms of the original backend: shapes, order, times, limits, and whose they are.
#include <gmock/gmock.h>

#include <set>

#include "tests/contract/http/gateway_fixture.hpp"
#include "tests/contract/http/stored_runs.hpp"

namespace holdfast::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

const std::string kOne = "/chat/all-messages-for-one-thread/";

std::vector<std::string> members_of(const json::object& object) {
  std::vector<std::string> names;
  for (const auto& member : object) names.emplace_back(member.key());
  std::ranges::sort(names);
  return names;
}

class ChatRoutesContract : public GatewayFixture {
 protected:
  void store(const std::vector<StoredRun>& runs, std::optional<UnixMillis> at = {}) {
    store_runs(directory_ / "journal.db", runs, at);
  }
  json::array list(const std::string& target, std::string_view member) {
    const auto reply = get(target);
    EXPECT_EQ(reply.status, 200) << target << reply.body;
    return object_of(reply).at(member).as_array();
  }
};

TEST_F(ChatRoutesContract, AConversationHasOneObjectATurnWithTheTimesOfItsRun) {
  start(quick_setup());
  const auto id = numbered_id(1).text();
  start_run(id, "one");
  const auto run = finished_run(id);
  const auto reply = get(kOne + "t1");
  ASSERT_EQ(reply.status, 200) << reply.body;
  EXPECT_EQ(reply.header("Holdfast-Truncated"), "");
  const auto body = object_of(reply);
  EXPECT_THAT(members_of(body), ElementsAre("messages", "runIds", "sentiments"));
  ASSERT_EQ(body.at("messages").as_array().size(), 1U);
  const auto& turn = body.at("messages").as_array().front().as_object();
  EXPECT_THAT(members_of(turn),
              ElementsAre("createdAt", "datasets_used", "error", "final_answer", "finishedAt", "followup_prompts", "id",
                          "isError", "isLoading", "prompt", "queries_and_results", "run_id", "sql_query", "startedAt",
                          "status", "threadId", "top_chunks", "user"));
  EXPECT_EQ(text_of(turn, "run_id"), id);
  EXPECT_EQ(text_of(turn, "prompt"), "one");
  EXPECT_EQ(text_of(turn, "final_answer"), "one");
  EXPECT_EQ(turn.at("createdAt"), run.at("created_at"));
  EXPECT_EQ(turn.at("startedAt"), run.at("started_at"));
  EXPECT_EQ(turn.at("finishedAt"), run.at("finished_at"));
  EXPECT_EQ(turn.at("isLoading"), false);
  EXPECT_EQ(turn.at("isError"), false);
  EXPECT_TRUE(turn.at("error").is_null());
  const auto& line = body.at("runIds").as_array().front().as_object();
  EXPECT_THAT(members_of(line), ElementsAre("prompt", "run_id", "timestamp"));
  EXPECT_TRUE(body.at("sentiments").as_object().empty());
}

TEST_F(ChatRoutesContract, TurnsComeOldestFirstWithTrueTimesWhateverTheirIds) {
  store({{.id = numbered_id(9), .prompt = "first"}}, 1'769'860'800'000);
  store({{.id = numbered_id(2), .prompt = "second"}}, 1'769'860'801'500);
  start(quick_setup());
  const auto body = object_of(get(kOne + "t1"));
  const auto& turns = body.at("messages").as_array();
  ASSERT_EQ(turns.size(), 2U);
  EXPECT_EQ(turns.at(0).at("prompt"), "first");
  EXPECT_EQ(turns.at(0).at("createdAt"), 1'769'860'800'000);
  EXPECT_EQ(turns.at(1).at("prompt"), "second");
  EXPECT_EQ(turns.at(1).at("finishedAt"), 1'769'860'801'500);
  EXPECT_EQ(body.at("runIds").at(0).at("timestamp"), "2026-01-31T12:00:00.000Z");
  EXPECT_EQ(body.at("runIds").at(1).at("timestamp"), "2026-01-31T12:00:01.500Z");
  const auto lines = list("/chat/t1/run-ids", "run_ids");
  EXPECT_EQ(json::value(lines), body.at("runIds"));
  const auto messages = parse_json(get("/chat/t1/messages").body)->as_array();
  ASSERT_EQ(messages.size(), 4U);
  EXPECT_EQ(messages.at(0).at("content"), "first");
  EXPECT_EQ(messages.at(3).at("createdAt"), 1'769'860'801'500);
}

TEST_F(ChatRoutesContract, ATurnThatRunsIsLoadingAndOneThatFailedSaysWhy) {
  start(quick_setup("--sleep-ms 30000"));
  const auto id = numbered_id(1).text();
  start_run(id);
  auto turn = list(kOne + "t1", "messages").front().as_object();
  EXPECT_EQ(turn.at("isLoading"), true);
  EXPECT_TRUE(turn.at("final_answer").is_null());
  EXPECT_TRUE(turn.at("finishedAt").is_null());
  EXPECT_TRUE(turn.at("error").is_null());
  post("/v1/runs/" + id + "/cancel", "");
  turn = list(kOne + "t1", "messages").front().as_object();
  EXPECT_EQ(turn.at("isLoading"), false);
  EXPECT_EQ(turn.at("isError"), true);
  EXPECT_FALSE(text_of(turn, "error").empty());
  EXPECT_TRUE(turn.at("final_answer").is_null());
}

TEST_F(ChatRoutesContract, AllConversationsAreOneAnswerByThread) {
  store({{.id = numbered_id(1), .thread_id = "a"},
         {.id = numbered_id(2), .thread_id = "a"},
         {.id = numbered_id(3), .thread_id = "say \"b\""}});
  start(quick_setup());
  post("/sentiment", R"({"run_id":")" + numbered_id(3).text() + R"(","sentiment":false})");
  const auto all = get("/chat/all-messages");
  ASSERT_EQ(all.status, 200) << all.body;
  EXPECT_EQ(all.body, get("/chat/all-messages-for-all-threads").body);
  const auto body = object_of(all);
  EXPECT_THAT(members_of(body), ElementsAre("messages", "runIds", "sentiments"));
  EXPECT_EQ(body.at("messages").at("a").as_array().size(), 2U);
  EXPECT_EQ(body.at("runIds").at("say \"b\"").as_array().size(), 1U);
  EXPECT_EQ(body.at("sentiments").at("say \"b\"").at(numbered_id(3).text()), false);
  EXPECT_TRUE(body.at("sentiments").at("a").as_object().empty());
}

TEST_F(ChatRoutesContract, ThreadsComeInPagesLatestFirst) {
  for (int i = 1; i <= 5; ++i) {
    store({{.id = numbered_id(i), .thread_id = "t" + std::to_string(i), .prompt = std::string(100, 'q')}},
          1'769'860'800'000 + i * 1000);
  }
  start(quick_setup());
  std::vector<std::string> seen;
  for (int page = 1; page <= 3; ++page) {
    const auto body = object_of(get("/chat-threads?limit=2&page=" + std::to_string(page)));
    EXPECT_EQ(body.at("total_count"), 5);
    EXPECT_EQ(body.at("page"), page);
    EXPECT_EQ(body.at("limit"), 2);
    EXPECT_EQ(body.at("has_more"), page < 3);
    for (const auto& thread : body.at("threads").as_array()) seen.push_back(text_of(thread.as_object(), "thread_id"));
  }
  EXPECT_THAT(seen, ElementsAre("t5", "t4", "t3", "t2", "t1"));
  const auto first = object_of(get("/chat-threads")).at("threads").at(0).as_object();
  EXPECT_THAT(members_of(first), ElementsAre("full_prompt", "latest_timestamp", "run_count", "thread_id", "title"));
  EXPECT_EQ(text_of(first, "latest_timestamp"), "2026-01-31T12:00:05.000Z");
  EXPECT_EQ(text_of(first, "title"), std::string(80, 'q') + "...");
  EXPECT_EQ(text_of(first, "full_prompt"), std::string(100, 'q'));
  EXPECT_TRUE(object_of(get("/chat-threads?page=1000000&limit=100")).at("threads").as_array().empty());
}

TEST_F(ChatRoutesContract, AWrongPageIsRefusedWithWhereAndWhy) {
  start(quick_setup());
  for (const auto* query : {"page=0", "page=-1", "page=x", "page=", "page=1000001", "page=99999999999999999999",
                            "limit=0", "limit=101", "limit=1.5", "limit=0x10"}) {
    const auto reply = get(std::string("/chat-threads?") + query);
    EXPECT_EQ(reply.status, 422) << query;
    EXPECT_EQ(object_of(reply).at("errors").as_array().size(), 1U) << query;
  }
  EXPECT_EQ(object_of(get("/chat-threads?page=x&limit=x")).at("errors").as_array().size(), 2U);
}

TEST_F(ChatRoutesContract, AThreadOfSomebodyElseLooksLikeOneThatNeverWas) {
  store({{.id = numbered_id(1), .owner = "ann", .thread_id = "hers"}});
  start(quick_setup());
  for (const auto* end : {"messages", "run-ids", "sentiments"}) {
    const auto hers = get(std::string("/chat/hers/") + end);
    const auto none = get(std::string("/chat/none/") + end);
    EXPECT_EQ(hers.status, none.status) << end;
    EXPECT_EQ(hers.body, none.body) << end;
  }
  EXPECT_EQ(get(kOne + "hers").body, get(kOne + "none").body);
  EXPECT_EQ(get(kOne + "hers").body, R"({"messages":[],"runIds":[],"sentiments":{}})");
  EXPECT_EQ(get("/chat/all-messages").body, R"({"messages":{},"runIds":{},"sentiments":{}})");
  EXPECT_EQ(object_of(get("/chat-threads")).at("total_count"), 0);
  EXPECT_EQ(get("/debug/chat/hers/checkpoints").status, 404);
  EXPECT_EQ(get("/debug/chat/none/checkpoints").status, 404);
  EXPECT_EQ(get("/debug/run-id/" + numbered_id(2).text()).status, 404);
  // Without a login everybody is an administrator, who may look into any run whose id is known.
  EXPECT_EQ(object_of(get("/debug/run-id/" + numbered_id(1).text())).at("user_owns_run_id"), false);
}

TEST_F(ChatRoutesContract, OfALongConversationTheLatestTurnsAreGiven) {
  std::vector<StoredRun> runs;
  for (int i = 1; i <= 501; ++i) runs.push_back({.id = numbered_id(i), .prompt = "q" + std::to_string(i)});
  store(runs);
  start(quick_setup());
  const auto reply = get(kOne + "t1");
  EXPECT_EQ(reply.header("Holdfast-Truncated"), "true");
  const auto body = object_of(reply);
  EXPECT_EQ(body.at("truncated"), true);
  const auto& turns = body.at("messages").as_array();
  ASSERT_EQ(turns.size(), 500U);
  EXPECT_EQ(turns.front().at("prompt"), "q2");
  EXPECT_EQ(turns.back().at("prompt"), "q501");
  EXPECT_EQ(object_of(get("/chat/t1/run-ids")).at("truncated"), true);
  EXPECT_EQ(get("/chat/t1/messages").header("Holdfast-Truncated"), "true");
  EXPECT_EQ(object_of(get("/chat/t1/messages?envelope=true")).at("truncated"), true);
  EXPECT_EQ(object_of(get("/v1/threads/t1/runs")).at("truncated"), true);
  const auto all = object_of(get("/chat/all-messages"));
  EXPECT_EQ(all.at("truncated"), true);
  EXPECT_EQ(all.at("messages").at("t1").as_array().size(), 100U);
}

TEST_F(ChatRoutesContract, AnswersTooLargeForOneResponseAreLeftOutFromTheOldEnd) {
  const auto large = R"({"result":")" + std::string(3'000'000, 'x') + "\"}";
  std::vector<StoredRun> runs;
  for (int i = 1; i <= 4; ++i) runs.push_back({.id = numbered_id(i), .result = large});
  runs.push_back(
      {.id = numbered_id(5), .thread_id = "huge", .result = R"({"result":")" + std::string(9'000'000, 'x') + "\"}"});
  store(runs);
  start(quick_setup());
  const auto reply = get(kOne + "t1");
  EXPECT_LT(reply.body.size(), 9'000'000U);
  const auto body = object_of(reply);
  EXPECT_EQ(body.at("truncated"), true);
  ASSERT_EQ(body.at("messages").as_array().size(), 2U);
  EXPECT_EQ(body.at("messages").at(1).at("run_id").as_string(), numbered_id(4).text());
  EXPECT_EQ(list(kOne + "huge", "messages").size(), 1U) << "one turn is always given";
  const auto all = get("/chat/all-messages");
  EXPECT_EQ(object_of(all).at("truncated"), true);
  EXPECT_LT(all.body.size(), 18'000'000U);
}

TEST_F(ChatRoutesContract, ANameThatNoThreadCanHaveIsRefused) {
  start(quick_setup());
  const auto name = std::string(101, 't');
  for (const auto& target : {kOne + name, "/chat/" + name + "/run-ids", "/chat/" + name + "/sentiments",
                             "/debug/chat/" + name + "/checkpoints"}) {
    EXPECT_EQ(get(target).status, 400) << target;
  }
  EXPECT_EQ(get(kOne + "%ff").status, 400) << "not UTF-8";
  EXPECT_EQ(get(kOne + "a%00").status, 400);
}

TEST_F(ChatRoutesContract, ARunAndItsCheckpointsAreShownToWhoeverLooksForAFault) {
  start(quick_setup("--stream --steps 1"));
  const auto id = numbered_id(1).text();
  start_run(id, "one");
  finished_run(id);
  const auto run = object_of(get("/debug/run-id/" + id));
  EXPECT_EQ(run.at("exists_in_database"), true);
  EXPECT_EQ(run.at("user_owns_run_id"), true);
  EXPECT_EQ(run.at("database_details").at("thread_id"), "t1");
  EXPECT_EQ(run.at("database_details").at("attempt"), 1);
  EXPECT_EQ(get("/debug/run-id/7").status, 400);
  const auto checkpoints = object_of(get("/debug/chat/t1/checkpoints"));
  EXPECT_EQ(checkpoints.at("total_checkpoints"), 1);
  EXPECT_EQ(checkpoints.at("checkpoints").at(0).at("run_id").as_string(), id);
  EXPECT_GT(checkpoints.at("checkpoints").at(0).at("state_bytes").as_int64(), 0);
}

}  // namespace
}  // namespace holdfast::testing
