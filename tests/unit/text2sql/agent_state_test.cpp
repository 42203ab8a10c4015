#include "text2sql/agent_state.hpp"

#include <gtest/gtest.h>

#include <boost/json/serialize.hpp>

namespace holdfast::text2sql {
namespace {

AgentState full_state() {
  AgentState state;
  state.next = Step::reflect;
  state.prompt = "and \"France\"?";
  state.question = "population of France";
  state.tables = {"gapminder", "t2"};
  state.schema = "TABLE";
  state.sql = "SELECT 1";
  state.rows = Rows{{"a", "b"}, {{json::value(1), json::value("x")}, {json::value(nullptr), json::value(1.5)}}, true};
  state.failure = "no";
  state.tried = {{"SELECT", "error"}, {"SELECT 1", "1"}};
  state.iteration = 2;
  state.declined = "because";
  state.suggestions = {"s"};
  state.answer = "a";
  state.followups = {"f1", "f2"};
  return state;
}

TEST(AgentStateTest, ComesBackFromItsJsonTextAsItWas) {
  const auto text = json::serialize(full_state().to_json());
  EXPECT_EQ(AgentState::from_json(parse_json(text).value()), full_state());
  EXPECT_EQ(AgentState::from_json(json::value(AgentState{}.to_json())), AgentState{});
}

TEST(AgentStateTest, AStateOfAnotherVersionOrShapeIsNotUsed) {
  auto other = full_state().to_json();
  other["version"] = 1;
  EXPECT_FALSE(AgentState::from_json(other));
  for (const auto& [key, value] : full_state().to_json()) {
    auto missing = full_state().to_json();
    missing.erase(key);
    EXPECT_FALSE(AgentState::from_json(missing)) << key;
    auto mistyped = full_state().to_json();
    mistyped[key] = json::object{{"x", 1}};
    EXPECT_FALSE(AgentState::from_json(mistyped)) << key;
  }
  EXPECT_FALSE(AgentState::from_json(json::value("text")));
}

TEST(GraphTest, EveryStepHasAWayToTheEndAndANameThatComesBack) {
  for (int i = 0; i < static_cast<int>(Step::finished); ++i) {
    const auto step = static_cast<Step>(i);
    EXPECT_TRUE(next_step(step, Outcome::done)) << to_string(step);
    EXPECT_EQ(step_named(to_string(step)), step);
  }
  EXPECT_FALSE(next_step(Step::finished, Outcome::done));
  EXPECT_FALSE(next_step(Step::answer, Outcome::retry));
  EXPECT_FALSE(step_named("nonsense"));
}

}  // namespace
}  // namespace holdfast::text2sql
