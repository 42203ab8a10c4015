// The agent with both planners: every run gives a result object of the promised shape, from any checkpoint.
#include "text2sql/agent.hpp"

#include <gtest/gtest.h>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include "tests/support/scripted_model.hpp"
#include "tests/support/text2sql_data_file.hpp"
#include "text2sql/catalogue_reader.hpp"
#include "text2sql/model_planner.hpp"
#include "text2sql/offline_planner.hpp"

namespace holdfast::text2sql {
namespace {

using std::chrono::milliseconds;
using testing::ScriptedModel;

constexpr const char* kData =
    "CREATE TABLE sales(city TEXT, year INT, amount INT); INSERT INTO sales VALUES "
    "('Brno',2020,10),('Brno',2021,12),('Praha',2021,30);";

class RecordingSink final : public EventSink {
 public:
  Result<void> progress(Step step, std::string_view) override {
    steps.emplace_back(to_string(step));
    return {};
  }
  Result<void> checkpoint(Step, const json::object& state) override {
    checkpoints.push_back(state);
    return {};
  }
  Result<void> delta(std::string_view text) override {
    deltas += text;
    return {};
  }
  std::vector<std::string> steps;
  std::vector<json::object> checkpoints;
  std::string deltas;
};

class AgentTest : public ::testing::Test {
 protected:
  AgentTest()
      : database_(Database::open(file_.path()).value()),
        catalogue_(read_catalogue(database_, system_clock()).value()),
        grounding_(catalogue_),
        offline_(grounding_) {
    EXPECT_TRUE(database_.guard());
  }
  Result<json::object> run(Planner& planner, const AgentTask& task) {
    sink_ = {};
    Agent agent(planner, database_, grounding_, system_clock(), milliseconds(0));
    DeadlineCheck stop(system_clock(), system_clock().steady() + std::chrono::seconds(20));
    return agent.run(task, sink_, stop);
  }
  Result<json::object> run_model(ScriptedModel& model, const std::string& prompt) {
    ChatConfig config;
    config.base_url = model.base_url();
    config.model = "m";
    config.backoff = {.base = milliseconds(1), .cap = milliseconds(2)};
    config.attempts = 2;
    ModelPlanner planner(config, catalogue_, system_clock());
    return run(planner, {prompt, {}, std::nullopt});
  }
  static std::string text(const json::object& result, std::string_view key) {
    return std::string(find_string(result, key).value_or("(none)"));
  }

  testing::DataFile file_{kData};
  Database database_;
  Catalogue catalogue_;
  Grounding grounding_;
  OfflinePlanner offline_;
  RecordingSink sink_;
};

TEST_F(AgentTest, AnAnsweredRunHasEveryPartOfTheResult) {
  const auto result = run(offline_, {"total amount in 2021", {}, std::nullopt});
  ASSERT_TRUE(result) << result.error().message();
  EXPECT_NE(text(*result, "result").find("42"), std::string::npos);
  EXPECT_EQ(sink_.deltas, text(*result, "result"));
  for (const auto* key :
       {"result", "sql", "queries_and_results", "datasets_used", "top_selection_codes", "datasetUrl", "top_chunks",
        "followup_prompts", "iteration", "max_iterations", "table", "sources", "planner", "question"}) {
    EXPECT_TRUE(result->contains(key)) << key;
  }
  EXPECT_EQ(result->at("datasets_used"), json::value(json::array{"sales"}));
  EXPECT_EQ(result->at("sources").at(0).at("rows_used"), json::value(2));
  EXPECT_EQ(result->at("followup_prompts").as_array().size(), 3U);
  EXPECT_EQ(sink_.steps, (std::vector<std::string>{"rewrite", "select_tables", "schema", "generate_sql", "execute",
                                                   "reflect", "answer", "followups"}));
  EXPECT_EQ(sink_.checkpoints.size(), sink_.steps.size());
}

TEST_F(AgentTest, ARunGoesOnFromEveryCheckpointToTheSameResult) {
  const AgentTask task{"total amount in 2021", {}, std::nullopt};
  const auto whole = run(offline_, task).value();
  const auto checkpoints = sink_.checkpoints;
  for (std::size_t i = 0; i < checkpoints.size(); ++i) {
    const auto resumed = run(offline_, {task.prompt, {}, json::value(checkpoints[i])});
    ASSERT_TRUE(resumed);
    EXPECT_EQ(*resumed, whole) << i;
    EXPECT_EQ(sink_.steps.size(), checkpoints.size() - 1 - i) << "no step is taken twice";
  }
}

TEST_F(AgentTest, AnUnusableCheckpointMeansStartingOver) {
  for (const auto* bad : {"null", "7", "{}", R"({"version":99})", R"({"version":1,"next":"nowhere"})"}) {
    ASSERT_TRUE(run(offline_, {"total amount", {}, parse_json(bad).value()})) << bad;
    EXPECT_EQ(sink_.steps.size(), 8U) << bad;
  }
  AgentState other;
  other.prompt = "another question";
  other.next = Step::answer;
  ASSERT_TRUE(run(offline_, {"total amount", {}, json::value(other.to_json())}));
  EXPECT_EQ(sink_.steps.size(), 8U);
}

TEST_F(AgentTest, ADeclinedRunSaysWhyAndOffersQuestions) {
  const auto result = run(offline_, {"What is the weather on Mars?", {}, std::nullopt}).value();
  EXPECT_EQ(result.at("answered"), json::value(false));
  EXPECT_FALSE(text(result, "result").empty());
  EXPECT_EQ(text(result, "sql"), "");
  EXPECT_EQ(result.at("followup_prompts").as_array().size(), 3U);
  EXPECT_EQ(sink_.steps, (std::vector<std::string>{"rewrite", "select_tables", "answer", "followups"}));
}

TEST_F(AgentTest, AModelAnswersWithItsSqlAndItsWords) {
  ScriptedModel model({testing::streamed(R"({"sql":"SELECT sum(amount) AS total FROM sales"})"),
                       testing::streamed("The total is 52.")});
  const auto result = run_model(model, "How much in all?").value();
  EXPECT_TRUE(text(result, "result").starts_with("The total is 52."));
  EXPECT_EQ(text(result, "planner"), "model");
  EXPECT_EQ(sink_.deltas, text(result, "result"));
}

TEST_F(AgentTest, ANumberThatIsNotInTheRowsIsPointedOut) {
  ScriptedModel model({testing::streamed(R"({"sql":"SELECT sum(amount) AS total FROM sales"})"),
                       testing::streamed("The total is 53.")});
  EXPECT_NE(
      text(run_model(model, "How much in all?").value(), "result").find("Not in the rows, so check before use: 53"),
      std::string::npos);
}

TEST_F(AgentTest, BadSqlOfAModelGoesBackWithTheReasonAtMostThreeTimes) {
  ScriptedModel model({testing::streamed(R"({"sql":"DROP TABLE sales"})"), testing::streamed("no json, no sql"),
                       testing::streamed(R"({"sql":"SELECT amount FROM sales WHERE year = 2020"})"),
                       testing::streamed("It was 10.")});
  const auto result = run_model(model, "2020?").value();
  EXPECT_EQ(result.at("iteration"), json::value(3));
  EXPECT_EQ(result.at("queries_and_results").as_array().size(), 3U);
  EXPECT_NE(model.requests().at(1).find("only SELECT"), std::string::npos);

  ScriptedModel hopeless({testing::streamed(R"({"sql":"DROP TABLE a"})"),
                          testing::streamed(R"({"sql":"DROP TABLE b"})"),
                          testing::streamed(R"({"sql":"DROP TABLE c"})")});
  const auto declined = run_model(hopeless, "2020?").value();
  EXPECT_EQ(declined.at("answered"), json::value(false));
  EXPECT_EQ(hopeless.requests().size(), 3U);
}

TEST_F(AgentTest, AModelThatFailsAtTheLastSentenceCostsNoRows) {
  ScriptedModel model({testing::streamed(R"({"sql":"SELECT sum(amount) AS total FROM sales"})"),
                       testing::status_reply(500), testing::status_reply(500)});
  EXPECT_NE(text(run_model(model, "How much?").value(), "result").find("52"), std::string::npos);
}

TEST_F(AgentTest, AModelThatSaysItCannotIsBelieved) {
  ScriptedModel model({testing::streamed(R"({"cannot":"There are no prices."})")});
  const auto result = run_model(model, "price?").value();
  EXPECT_TRUE(text(result, "result").starts_with("There are no prices."));
  EXPECT_EQ(result.at("answered"), json::value(false));
}

TEST_F(AgentTest, AnUnreachableModelFailsTheRun) {
  ScriptedModel model({});
  const auto result = run_model(model, "How much?");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), ErrorCode::unavailable);
}

TEST_F(AgentTest, SqlWithoutEndIsRefusedAndKeptShort) {
  const auto endless = R"({"sql":"SELECT 1 /* )" + std::string(500'000, 'x') + R"( */"})";
  ScriptedModel model({testing::whole(endless), testing::streamed(R"({"sql":"SELECT sum(amount) AS t FROM sales"})"),
                       testing::streamed("It is 52.")});
  const auto result = run_model(model, "How much?").value();
  EXPECT_TRUE(text(result, "result").starts_with("It is 52."));
  EXPECT_NE(model.requests().at(1).find("longer than 100,000 bytes"), std::string::npos);
  for (const auto& state : sink_.checkpoints) EXPECT_LT(json::serialize(state).size(), 300'000U);
  EXPECT_LT(json::serialize(result).size(), 100'000U);
}

TEST_F(AgentTest, TheSourcesAreTheTablesThatTheQueryRead) {
  ScriptedModel one(
      {testing::streamed(R"({"sql":"WITH s AS (SELECT amount FROM sales) SELECT max(amount) AS m FROM s"})"),
       testing::streamed("It is 30.")});
  const auto result = run_model(one, "Most?").value();
  EXPECT_EQ(result.at("datasets_used"), json::value(json::array{"sales"}));
  EXPECT_FALSE(result.at("sources").at(0).as_object().contains("rows_used")) << "nobody counted them";
  EXPECT_NE(text(result, "result").find("Source: table sales; result of 1 row."), std::string::npos);

  ScriptedModel none({testing::streamed(R"({"sql":"SELECT 30 AS m"})"), testing::streamed("It is 30.")});
  const auto invented = run_model(none, "Most?").value();
  EXPECT_EQ(invented.at("datasets_used"), json::value(json::array{}));
  EXPECT_NE(text(invented, "result").find("the query read no table"), std::string::npos);
}

}  // namespace
}  // namespace holdfast::text2sql
