#include "runs/answer_cache.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <deque>
#include <random>

namespace holdfast::runs {
namespace {

using journal::Run;
using memory::Level;

AnswerCacheConfig switched_on() {
  AnswerCacheConfig config;
  config.off_because.clear();
  return config;
}

Run run_of(std::string prompt, std::string owner = "ada", std::string_view others = "", std::string thread = "t") {
  auto request = fmt::format(R"({{"prompt":"{}","thread_id":"{}"{}}})", prompt, thread, others);
  return {.id = RunId::make(),
          .owner = std::move(owner),
          .thread_id = std::move(thread),
          .prompt = std::move(prompt),
          .route = "POST /analyze",
          .request = std::move(request)};
}

Run completed(Run run, std::string result) {
  run.status = journal::RunStatus::completed;
  run.result = std::move(result);
  return run;
}

bool keeps(AnswerCache& cache, const Run& run, std::string result) {
  return cache.keep(*cache.key_of(run), completed(run, std::move(result))).has_value();
}

TEST(AnswerCacheTest, AnAnswerIsFoundWithTheRunItComesFrom) {
  AnswerCache cache(switched_on());
  const auto first = run_of("how many?");
  ASSERT_TRUE(keeps(cache, first, R"({"result":"42"})"));
  const auto answer = cache.find(*cache.key_of(run_of("how many?", "ada", "", "another thread")));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->from(), first.id.text());
  EXPECT_EQ(answer->result(), R"({"result":"42"})");
  EXPECT_EQ(cache.status().counts.hits, 1U);
}

TEST(AnswerCacheTest, WhateverElseWasAskedForCounts) {
  AnswerCache cache(switched_on());
  const auto key = cache.key_of(run_of("q"));
  EXPECT_NE(key, cache.key_of(run_of("q", "bob")));
  EXPECT_NE(key, cache.key_of(run_of("Q")));
  EXPECT_NE(key, cache.key_of(run_of("q", "ada", R"(,"language":"cs")")));
  EXPECT_NE(cache.key_of(run_of("q", "ada", R"(,"n":1)")), cache.key_of(run_of("q", "ada", R"(,"n":1.0)")));
  auto elsewhere = run_of("q");
  elsewhere.route = "POST /other";
  EXPECT_NE(key, cache.key_of(elsewhere));
}

TEST(AnswerCacheTest, WhatIsTheSameForEverybodyIsSharedByAll) {
  auto config = switched_on();
  config.for_everybody = true;
  AnswerCache cache(config);
  EXPECT_EQ(cache.key_of(run_of("q", "ada")), cache.key_of(run_of("q", "bob")));
}

TEST(AnswerCacheTest, AnAnswerThatSaysItIsNoneIsNotKept) {
  AnswerCache cache(switched_on());
  for (const auto* result : {R"({"result":"no","answered":false})", R"( {"result":"","error":"timeout"})",
                             R"({"error":{"code":1}})", R"({"result":"partial","analysis_completed":false})"}) {
    EXPECT_FALSE(keeps(cache, run_of("q"), result)) << result;
  }
  for (const auto* result : {R"({"result":"yes","answered":true,"error":null})", R"({"error":""})", "[1]", "7"}) {
    EXPECT_TRUE(keeps(cache, run_of("q"), result)) << result;
  }
}

TEST(AnswerCacheTest, OffItSharesNothingAndSaysWhy) {
  AnswerCacheConfig config;
  config.off_because = "cache.mode is off";
  AnswerCache cache(config);
  EXPECT_FALSE(cache.key_of(run_of("q")));
  EXPECT_EQ(cache.status().off_because, "cache.mode is off");
}

TEST(AnswerCacheTest, DataThatCannotBeReadIsNotShared) {
  auto config = switched_on();
  config.read_data_version = [] { return std::optional<std::string>(); };
  AnswerCache cache(config);
  EXPECT_FALSE(cache.key_of(run_of("q")));
}

TEST(AnswerCacheTest, OnceTheDataHasChangedNothingIsSharedAnyMore) {
  std::optional<std::string> version = "one";
  auto config = switched_on();
  config.read_data_version = [&] { return version; };
  AnswerCache cache(config);
  const auto under_way = run_of("p");
  const auto key = cache.key_of(under_way);
  keeps(cache, run_of("q"), "1");
  version = "two";
  EXPECT_FALSE(cache.key_of(run_of("q")));
  EXPECT_EQ(cache.status().entries, 0U) << "its memory is given back";
  EXPECT_FALSE(cache.keep(*key, completed(under_way, "2"))) << "a worker may have read either";
  version = "one";
  EXPECT_FALSE(cache.key_of(run_of("q"))) << "a worker may have been started in between";
}

TEST(AnswerCacheTest, ClearingHoldsForWhatIsUnderWay) {
  AnswerCache cache(switched_on());
  const auto under_way = run_of("p");
  const auto before = cache.key_of(under_way);
  keeps(cache, run_of("q"), "1");
  const auto cleared = cache.clear();
  EXPECT_EQ(cleared.entries, 1U);
  EXPECT_GT(cleared.bytes, Bytes());
  EXPECT_FALSE(cache.keep(*before, completed(under_way, "2")));
  EXPECT_FALSE(cache.find(*cache.key_of(run_of("p"))));
  EXPECT_EQ(cache.clear().entries, 0U) << "again";
}

TEST(AnswerCacheTest, AnAnswerForWhoWaitsIsThereAlsoWhenMemoryIsTooShortToKeepIt) {
  AnswerCache cache(switched_on());
  cache.set_level(Level::critical);
  EXPECT_TRUE(keeps(cache, run_of("q"), "1"));
  EXPECT_EQ(cache.status().entries, 0U);
  EXPECT_EQ(cache.status().budget, Bytes());
  cache.set_level(Level::normal);
  keeps(cache, run_of("q"), "1");
  EXPECT_EQ(cache.status().entries, 1U);
}

// A worker that computes from the prompt, the other members, the user and the data; several answers under way; the data
// changes, and somebody clears the cache right after.
TEST(AnswerCacheTest, OverRandomTracesNoAnswerIsWrong) {
  for (const unsigned seed : {1U, 2U, 3U, 4U, 5U, 6U}) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    const auto below = [&](unsigned bound) { return static_cast<unsigned>(random() % bound); };
    auto config = switched_on();
    config.sizes = {Bytes(24 * 1024), Bytes(4 * 1024)};
    config.for_everybody = seed % 2 == 0;
    AnswerCache cache(config);
    int data = 0;
    const auto computed = [&](const journal::Run& run) {
      const auto user = config.for_everybody ? std::string() : run.owner;
      const auto n = run.request.substr(run.request.find("\"n\""));
      const auto prompt = governor::normalise_prompt(run.prompt);
      const std::string padding(std::hash<std::string>()(prompt) % 2000, 'x');
      return fmt::format("{}|{}|{}|{}|{}", prompt, n, user, data, padding);
    };
    struct UnderWay {
      journal::Run run;
      governor::ResultKey key;
      std::string answer;
    };
    std::deque<UnderWay> under_way;
    for (int turn = 0; turn < 6'000; ++turn) {
      const auto choice = below(100);
      if (choice < 60 && under_way.size() < 8) {
        const auto prompt = fmt::format("{}question {}", std::string(below(2), ' '), below(12));
        const auto run = run_of(prompt, fmt::format("user {}", below(3)), fmt::format(R"(,"n":{})", below(2)),
                                fmt::format("thread {}", below(5)));
        const auto key = cache.key_of(run);
        if (const auto answer = cache.find(*key)) {
          ASSERT_EQ(answer->result(), computed(run));
        } else {
          under_way.push_back({run, *key, computed(run)});
        }
      } else if (choice < 95 && !under_way.empty()) {
        const auto at = under_way.begin() + below(static_cast<unsigned>(under_way.size()));
        const auto ended = *at;
        under_way.erase(at);
        (void)cache.keep(ended.key, completed(ended.run, ended.answer));
      } else if (choice < 97) {
        cache.set_level(below(2) == 0 ? Level::normal : static_cast<Level>(below(4)));
      } else if (choice < 98) {
        ++data;
        cache.clear();
      }
      const auto status = cache.status();
      ASSERT_LE(status.bytes, status.budget);
    }
    EXPECT_GT(cache.status().counts.hits, 100U);
  }
}

}  // namespace
}  // namespace holdfast::runs
