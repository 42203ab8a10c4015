// What users say of answers, by run; and stopping a run in the form of the original backend.
#include <gmock/gmock.h>

#include <boost/json/serialize.hpp>

#include "tests/contract/http/gateway_fixture.hpp"
#include "tests/contract/http/stored_runs.hpp"

namespace holdfast::testing {
namespace {

const std::string kMine = numbered_id(1).text();
const std::string kHers = numbered_id(2).text();
const std::string kNobodys = numbered_id(3).text();

std::string body_of(const std::string& run_id, const std::string& members) {
  return R"({"run_id":")" + run_id + "\"" + (members.empty() ? "" : "," + members) + "}";
}

class RatingRoutesContract : public GatewayFixture {
 protected:
  void start_with_runs(const std::string& worker_flags = "") {
    store_runs(directory_ / "journal.db", {{.id = numbered_id(1)}, {.id = numbered_id(2), .owner = "ann"}});
    start(quick_setup(worker_flags));
  }
  json::object sentiments() { return object_of(get("/chat/t1/sentiments")); }
};

TEST_F(RatingRoutesContract, FeedbackAndCommentAreKeptByRunAndChangedOneByOne) {
  start_with_runs();
  auto reply = post("/feedback", body_of(kMine, R"("feedback":1,"comment":"good ř")"));
  ASSERT_EQ(reply.status, 200) << reply.body;
  EXPECT_EQ(object_of(reply).at("feedback"), 1);
  reply = post("/feedback", body_of(kMine, R"("feedback":0,"comment":null)"));
  EXPECT_EQ(object_of(reply).at("feedback"), 0);
  EXPECT_EQ(text_of(object_of(reply), "comment"), "good ř") << "what was not said stays";
  reply = post("/feedback", body_of(kMine, R"("comment":"better")"));
  EXPECT_EQ(object_of(reply).at("feedback"), 0);
  EXPECT_EQ(text_of(object_of(reply), "comment"), "better");
  EXPECT_EQ(text_of(object_of(reply), "run_id"), kMine);
}

TEST_F(RatingRoutesContract, FeedbackThatSaysNothingIsRefused) {
  start_with_runs();
  for (const auto* members : {"", R"("feedback":null)", R"("comment":"")", R"("feedback":null,"comment":null)"}) {
    EXPECT_EQ(post("/feedback", body_of(kMine, members)).status, 400) << members;
  }
}

TEST_F(RatingRoutesContract, ASentimentIsSetChangedAndTakenBack) {
  start_with_runs();
  const auto say = [this](const std::string& value) {
    const auto reply = post("/sentiment", body_of(kMine, "\"sentiment\":" + value));
    EXPECT_EQ(reply.status, 200) << reply.body;
    EXPECT_EQ(object_of(reply).at("sentiment"), *parse_json(value));
  };
  say("true");
  EXPECT_EQ(sentiments().at(kMine), true);
  say("false");
  EXPECT_EQ(sentiments().at(kMine), false);
  EXPECT_EQ(object_of(get("/chat/all-messages-for-one-thread/t1")).at("sentiments").at(kMine), false);
  say("null");
  EXPECT_TRUE(sentiments().empty());
}

TEST_F(RatingRoutesContract, ARunOfSomebodyElseIsAsUnknownAsOneThatNeverWas) {
  start_with_runs();
  const std::string stop = R"("thread_id":"t1")";
  for (const auto& [path, members] : std::vector<std::pair<std::string, std::string>>{
           {"/feedback", R"("feedback":1)"}, {"/sentiment", R"("sentiment":true)"}, {"/stop-execution", stop}}) {
    const auto hers = post(path, body_of(kHers, members));
    const auto nobodys = post(path, body_of(kNobodys, members));
    EXPECT_EQ(hers.status, 404) << path;
    EXPECT_EQ(hers.body, nobodys.body) << path;
  }
}

TEST_F(RatingRoutesContract, AWrongBodyIsRefusedWithWhereAndWhy) {
  start_with_runs();
  const std::string run = R"("run_id":")" + kMine + "\"";
  struct Wrong {
    std::string path;
    std::string body;
    std::string type;
  };
  const std::vector<Wrong> wrong{
      {"/feedback", " ", "json_invalid"},
      {"/feedback", "[]", "object_type"},
      {"/feedback", "{\"comment\":\"\xff\"}", "json_invalid"},
      {"/feedback", R"({"feedback":1})", "missing"},
      {"/feedback", R"({"run_id":null,"feedback":1})", "string_type"},
      {"/feedback", R"({"run_id":7,"feedback":1})", "string_type"},
      {"/feedback", R"({"run_id":"7","feedback":1})", "uuid_parsing"},
      {"/feedback", "{" + run + R"(,"feedback":2})", "literal_error"},
      {"/feedback", "{" + run + R"(,"feedback":-1})", "literal_error"},
      {"/feedback", "{" + run + R"(,"feedback":18446744073709551615})", "literal_error"},
      {"/feedback", "{" + run + R"(,"feedback":true})", "int_type"},
      {"/feedback", "{" + run + R"(,"feedback":"1"})", "int_type"},
      {"/feedback", "{" + run + R"(,"feedback":0.5})", "int_type"},
      {"/feedback", "{" + run + R"(,"comment":7})", "string_type"},
      {"/feedback", "{" + run + R"(,"comment":"a\u0000"})", "string_characters"},
      {"/feedback", "{" + run + R"(,"comment":")" + std::string(1001, 'c') + "\"}", "string_too_long"},
      {"/sentiment", "{" + run + "}", "missing"},
      {"/sentiment", "{" + run + R"(,"sentiment":1})", "bool_type"},
      {"/sentiment", "{" + run + R"(,"sentiment":"true"})", "bool_type"},
      {"/sentiment", R"({"run_id":"x","sentiment":true})", "uuid_parsing"},
      {"/stop-execution", "{" + run + "}", "missing"},
      {"/stop-execution", "{" + run + R"(,"thread_id":null})", "string_type"},
      {"/stop-execution", "{" + run + R"(,"thread_id":""})", "string_too_short"},
      {"/stop-execution", R"({"thread_id":"t1","run_id":"x"})", "uuid_parsing"},
  };
  for (const auto& [path, body, type] : wrong) {
    const auto reply = post(path, body);
    ASSERT_EQ(reply.status, 422) << path << body << reply.body;
    const auto problem = object_of(reply);
    EXPECT_TRUE(problem.at("detail").is_string());
    EXPECT_EQ(text_of(problem.at("errors").at(0).as_object(), "type"), type) << body;
  }
  EXPECT_TRUE(sentiments().empty());
}

TEST_F(RatingRoutesContract, ACommentMayHaveAThousandCharactersOfAnySizeAndNoBodyIsTooLarge) {
  start_with_runs();
  std::string comment;
  for (int i = 0; i < 1'000; ++i) comment += "ř";
  EXPECT_EQ(post("/feedback", body_of(kMine, R"("comment":")" + comment + "\"")).status, 200);
  EXPECT_EQ(post("/feedback", body_of(kMine, R"("comment":")" + std::string(2'000'000, 'c') + "\"")).status, 413);
  for (const auto* path : {"/feedback", "/sentiment", "/stop-execution"}) EXPECT_EQ(post(path, "").status, 422) << path;
}

TEST_F(RatingRoutesContract, StoppingEndsARunOnceAndSaysWhenThereIsNothingToStop) {
  start_with_runs("--sleep-ms 30000");
  const auto id = numbered_id(4).text();
  start_run(id);
  const auto stop = [&](const std::string& run_id, const std::string& thread_id) {
    return post("/stop-execution", body_of(run_id, R"("thread_id":")" + thread_id + "\""));
  };
  EXPECT_EQ(stop(id, "another").status, 404) << "the run is not in that thread";
  const auto stopped = stop(id, "t1");
  ASSERT_EQ(stopped.status, 200) << stopped.body;
  EXPECT_EQ(text_of(object_of(stopped), "status"), "success");
  EXPECT_EQ(text_of(object_of(stopped), "run_id"), id);
  EXPECT_EQ(text_of(object_of(stopped), "thread_id"), "t1");
  EXPECT_EQ(text_of(finished_run(id), "status"), "cancelled");
  EXPECT_EQ(text_of(object_of(stop(id, "t1")), "status"), "not_found");
  EXPECT_EQ(text_of(object_of(stop(kMine, "t1")), "status"), "not_found");
}

}  // namespace
}  // namespace holdfast::testing
