#include "governor/result_cache.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <tuple>

namespace holdfast::governor {
namespace {

using memory::Level;

ResultKey key_of(std::string_view prompt, std::string_view user = "ada") {
  return ResultKey::make({prompt, "/analyze", "v1", user, ""});
}
ResultKey key_of(int number) { return key_of("question " + std::to_string(number)); }

constexpr std::uint64_t kKilobyte = 1024;

// 100 KB: some 70 answers of 1 KB with their overhead.
class ResultCacheTest : public ::testing::Test {
 protected:
  bool put(int number, std::size_t size = kKilobyte) { return cache_.put(key_of(number), std::string(size, 'a')); }
  void put_many(int from, int to) {
    for (int i = from; i < to; ++i) put(i);
  }
  bool has(int number) { return cache_.find(key_of(number)) != nullptr; }

  ResultCache cache_{{Bytes(100 * kKilobyte), Bytes(20 * kKilobyte)}};
};

TEST(ResultKeyTest, EveryPartCounts) {
  const ResultKeyParts parts{"p", "r", "d", "u", "c"};
  const auto key = ResultKey::make(parts);
  EXPECT_EQ(key, ResultKey::make(parts));
  const std::array others{ResultKeyParts{"x", "r", "d", "u", "c"}, ResultKeyParts{"p", "x", "d", "u", "c"},
                          ResultKeyParts{"p", "r", "x", "u", "c"}, ResultKeyParts{"p", "r", "d", "x", "c"},
                          ResultKeyParts{"p", "r", "d", "u", "x"}};
  for (const auto& other : others) EXPECT_FALSE(key == ResultKey::make(other));
}

TEST(ResultKeyTest, PartsDoNotRunIntoEachOther) {
  EXPECT_FALSE(ResultKey::make({"a", "bc", "", "", ""}) == ResultKey::make({"ab", "c", "", "", ""}));
  EXPECT_FALSE(ResultKey::make({"a", "1:b", "", "", ""}) == ResultKey::make({"a1:1:b", "", "", "", ""}));
  EXPECT_FALSE(ResultKey::make({"", "a", "", "", ""}) == ResultKey::make({"", "", "a", "", ""}));
}

TEST(ResultKeyTest, OnlyWhatCannotMeanAnythingIsNormalised) {
  EXPECT_EQ(key_of("  how many?\r\n"), key_of("how many?"));
  EXPECT_EQ(key_of("a\r\nb"), key_of("a\nb"));
  EXPECT_FALSE(key_of("how  many?") == key_of("how many?"));
  EXPECT_FALSE(key_of("How many?") == key_of("how many?"));
  EXPECT_FALSE(key_of("a\rb") == key_of("ab"));
}

TEST_F(ResultCacheTest, WhatWasPutIsFound) {
  EXPECT_TRUE(cache_.put(key_of("q"), "answer"));
  ASSERT_TRUE(cache_.find(key_of("q")));
  EXPECT_EQ(*cache_.find(key_of("q")), "answer");
  EXPECT_FALSE(cache_.find(key_of("q", "bob"))) << "somebody else's answer";
  EXPECT_EQ(cache_.counts().hits, 2U);
  EXPECT_EQ(cache_.counts().misses, 1U);
}

TEST_F(ResultCacheTest, TheLastPutCounts) {
  cache_.put(key_of("q"), "old");
  cache_.put(key_of("q"), "new");
  EXPECT_EQ(*cache_.find(key_of("q")), "new");
  EXPECT_EQ(cache_.entries(), 1U);
}

TEST_F(ResultCacheTest, WhatIsTooLargeIsNotKeptAndTheOldOneNotServed) {
  cache_.put(key_of("q"), "old");
  EXPECT_FALSE(cache_.put(key_of("q"), std::string(20 * kKilobyte, 'a')));
  EXPECT_FALSE(cache_.find(key_of("q")));
  EXPECT_EQ(cache_.counts().refused, 1U);
  EXPECT_EQ(cache_.bytes(), Bytes());
}

TEST_F(ResultCacheTest, AnAnswerAskedForAgainSurvivesManyAskedOnce) {
  put(0);
  EXPECT_TRUE(has(0));
  for (int i = 1; i < 2000; ++i) {
    put(i);
    if (i % 50 == 0) EXPECT_TRUE(has(0)) << i;
  }
  EXPECT_TRUE(has(0));
  EXPECT_FALSE(has(1));
}

TEST_F(ResultCacheTest, AnAnswerThatComesBackSoonGoesToTheMainQueue) {
  put_many(0, 80);
  ASSERT_FALSE(has(0));
  put(0);
  put_many(100, 160);
  EXPECT_TRUE(has(0));
}

TEST_F(ResultCacheTest, TheBudgetFollowsTheLevel) {
  put_many(0, 200);
  const auto full = cache_.bytes();
  EXPECT_GT(full.count(), 90 * kKilobyte);
  const auto given_back = cache_.set_level(Level::warning);
  EXPECT_LE(cache_.bytes().count(), 50 * kKilobyte);
  EXPECT_EQ(given_back.count(), full.count() - cache_.bytes().count());
  cache_.set_level(Level::critical);
  EXPECT_EQ(cache_.bytes(), Bytes());
  EXPECT_EQ(cache_.entries(), 0U);
  EXPECT_FALSE(put(1));
  EXPECT_EQ(cache_.set_level(Level::normal), Bytes());
  EXPECT_TRUE(put(1));
  EXPECT_EQ(cache_.counts().given_back_bytes, full.count());
}

TEST_F(ResultCacheTest, ShrinkingGivesBackAtOnceAndLeavesTheBudget) {
  put_many(0, 50);
  const auto before = cache_.bytes();
  const auto given_back = cache_.shrink_to(Bytes(10 * kKilobyte));
  EXPECT_LE(cache_.bytes().count(), 10 * kKilobyte);
  EXPECT_EQ(given_back.count(), before.count() - cache_.bytes().count());
  EXPECT_EQ(cache_.shrink_to(Bytes(10 * kKilobyte)), Bytes());
  EXPECT_EQ(cache_.budget().count(), 100 * kKilobyte);
}

TEST_F(ResultCacheTest, AValueInUseOutlivesItsEntry) {
  cache_.put(key_of("q"), "answer");
  const auto value = cache_.find(key_of("q"));
  cache_.shrink_to(Bytes());
  EXPECT_EQ(*value, "answer");
}

// Against a model that never forgets: a hit is the last value put under just these parts; nothing over the budget.
TEST_F(ResultCacheTest, OverRandomUseThereIsNoWrongHit) {
  for (const unsigned seed : {1U, 2U, 3U, 4U}) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    ResultCache cache({Bytes(40 * kKilobyte), Bytes(8 * kKilobyte)});
    std::map<std::tuple<std::string, std::string, std::string>, std::string> model;
    const auto below = [&](unsigned bound) { return static_cast<unsigned>(random() % bound); };
    // Parts that spell the same text in several ways.
    const auto part = [&] { return std::string(below(4), "ab"[below(2)]); };
    for (int turn = 0; turn < 8'000; ++turn) {
      const auto parts = std::tuple(part() + std::to_string(below(6)), part(), part());
      const auto& [prompt, route, user] = parts;
      const auto key = ResultKey::make({prompt, route, "v1", user, ""});
      const auto choice = below(100);
      if (choice < 55) {
        if (const auto value = cache.find(key)) ASSERT_EQ(*value, model.at(parts));
      } else if (choice < 95) {
        auto value = std::to_string(turn) + std::string(below(9 * kKilobyte), 'x');
        model[parts] = value;
        const bool kept = cache.put(key, std::move(value));
        ASSERT_EQ(kept, cache.find(key) != nullptr);
      } else if (choice < 98) {
        cache.set_level(static_cast<Level>(below(4)));
      } else {
        const Bytes target(below(40 * kKilobyte));
        cache.shrink_to(target);
        ASSERT_LE(cache.bytes(), target);
      }
      ASSERT_LE(cache.bytes(), cache.budget());
    }
    EXPECT_GT(cache.counts().hits, 100U);
    cache.shrink_to(Bytes());
    EXPECT_EQ(cache.bytes(), Bytes()) << "nothing is counted that is not there";
  }
}

}  // namespace
}  // namespace holdfast::governor
