#include "runs/worker_tokens.hpp"

#include <gtest/gtest.h>

namespace holdfast::runs {
namespace {

TEST(WorkerTokensTest, ATokenOpensWhatItWasIssuedForUntilItIsGivenBack) {
  WorkerTokens tokens;
  std::string token;
  {
    const auto hold = tokens.issue({"ann", "t1"});
    token = hold.token();
    ASSERT_NE(tokens.find(token), nullptr);
    EXPECT_EQ(tokens.find(token)->owner, "ann");
    EXPECT_EQ(tokens.find(token)->thread_id, "t1");
  }
  EXPECT_EQ(tokens.find(token), nullptr);
}

TEST(WorkerTokensTest, NoOtherTextOpensAnything) {
  WorkerTokens tokens;
  const auto hold = tokens.issue({"ann", "t1"});
  const auto& token = hold.token();
  EXPECT_TRUE(token.starts_with(WorkerTokens::kPrefix));
  EXPECT_EQ(tokens.find(""), nullptr);
  EXPECT_EQ(tokens.find(WorkerTokens::kPrefix), nullptr);
  EXPECT_EQ(tokens.find(token + "0"), nullptr);
  for (std::size_t i = 0; i < token.size(); ++i) {
    EXPECT_EQ(tokens.find(token.substr(0, i)), nullptr);
    auto changed = token;
    changed[i] = changed[i] == '0' ? '1' : '0';
    EXPECT_EQ(tokens.find(changed), nullptr);
  }
}

TEST(WorkerTokensTest, AHoldThatMovesIsGivenBackOnce) {
  WorkerTokens tokens;
  auto first = tokens.issue({"ann", "t1"});
  const auto token = first.token();
  const auto second = std::move(first);
  EXPECT_NE(tokens.find(token), nullptr);
  EXPECT_EQ(second.token(), token);
}

TEST(WorkerTokensTest, NoTwoTokensAreAlike) {
  WorkerTokens tokens;
  const auto one = tokens.issue({"ann", "t1"});
  const auto other = tokens.issue({"bob", "t1"});
  EXPECT_NE(one.token(), other.token());
  EXPECT_EQ(tokens.find(other.token())->owner, "bob");
}

}  // namespace
}  // namespace holdfast::runs
