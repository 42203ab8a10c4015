#include "app/profile/heap_profile.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "app/profile/flame_graph.hpp"
#include "app/profile/kept_profiles.hpp"
#include "app/profile/pprof_text.hpp"
#include "tests/support/temporary_directory.hpp"

namespace holdfast::app {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

const std::string kTold = R"({"runtime":"cpython 3.11.2","kind":"objects","truncated":false,"total_bytes":3145728,
  "stacks":[{"frames":["app","CACHE","dict"],"count":2,"bytes":2097152},
            {"frames":["app","CACHE","<str>"],"count":9,"bytes":1048576}]})";

TEST(HeapProfileTest, WhatAWorkerTellsIsReadAndCounted) {
  const auto profile = parse_heap_profile(kTold);
  ASSERT_TRUE(profile);
  EXPECT_EQ(profile->runtime, "cpython 3.11.2");
  EXPECT_EQ(profile->total, 3145728);
  EXPECT_EQ(profile->stacks.at(1).frames.at(2), "<str>");
}

TEST(HeapProfileTest, WhatIsNoneIsRefused) {
  for (const auto* text :
       {"", "[]", "{}", R"({"stacks":1})", R"({"stacks":[1]})", R"({"stacks":[{"frames":[1],"bytes":1}]})",
        R"({"stacks":[{"frames":["a"],"bytes":-1}]})", R"({"stacks":[{"frames":["a"]}]})"}) {
    const auto profile = parse_heap_profile(text);
    ASSERT_FALSE(profile) << text;
    EXPECT_EQ(profile.error().code(), ErrorCode::data_loss);
  }
  EXPECT_FALSE(parse_heap_profile(std::string(kLargestProfile + 1, ' ')));
}

TEST(HeapProfileTest, ThePictureIsAsWideAsWhatIsHeldAndEscapesNames) {
  const auto svg = to_flame_graph(parse_heap_profile(kTold).value(), "Run <1>");
  EXPECT_THAT(svg, HasSubstr("Run &lt;1&gt;"));
  EXPECT_THAT(svg, HasSubstr("<title>CACHE: 3.0 MB (100.0 %)</title>"));
  EXPECT_THAT(svg, HasSubstr("<title>&lt;str&gt;: 1.0 MB (33.3 %)</title>"));
  EXPECT_THAT(svg, HasSubstr("width=\"786.2\"")) << "two thirds of 1180, less the gap";
  EXPECT_THAT(svg, Not(HasSubstr("<script")));
  EXPECT_THAT(to_flame_graph(HeapProfile(), ""), HasSubstr("</svg>"));
}

// Of the form of profile.proto: fields of one message, lengths that fit.
TEST(HeapProfileTest, WhatIsWrittenForPprofIsAWholeMessage) {
  const auto bytes = to_pprof(parse_heap_profile(kTold).value());
  std::size_t at = 0;
  const auto varint = [&bytes, &at] {
    std::uint64_t value = 0;
    for (unsigned shift = 0; at < bytes.size(); shift += 7) {
      const auto byte = static_cast<unsigned char>(bytes[at++]);
      value |= std::uint64_t{byte & 0x7FU} << shift;
      if (byte < 0x80) break;
    }
    return value;
  };
  std::map<std::uint64_t, int> fields;
  std::vector<std::string> texts;
  while (at < bytes.size()) {
    const auto tag = varint();
    ++fields[tag >> 3U];
    const auto value = varint();
    if ((tag & 7U) != 2U) continue;
    ASSERT_LE(at + value, bytes.size());
    if ((tag >> 3U) == 6U) texts.push_back(bytes.substr(at, value));
    at += value;
  }
  EXPECT_EQ(fields[1], 2) << "objects and bytes";
  EXPECT_EQ(fields[2], 2) << "stacks";
  EXPECT_EQ(fields[4], 4) << "a location for each name";
  EXPECT_EQ(fields[5], 4);
  EXPECT_EQ(texts.front(), "");
  EXPECT_THAT(texts, ::testing::IsSupersetOf({"inuse_space", "bytes", "app", "CACHE", "<str>"}));
}

class KeptProfilesTest : public ::testing::Test {
 protected:
  std::string left(const std::string& text = kTold) {
    std::ofstream(directory_ / "left") << text;
    return directory_ / "left";
  }
  ::testing::AssertionResult keep(const RunId& run, std::uint64_t megabytes) {
    const auto kept = profiles_.keep(run, Bytes(megabytes << 20U), left());
    return kept ? ::testing::AssertionSuccess() : ::testing::AssertionFailure() << kept.error().message();
  }

  holdfast::testing::TemporaryDirectory directory_;
  KeptProfiles profiles_{directory_ / "profiles"};
};

TEST_F(KeptProfilesTest, TheMostTellingStay) {
  std::vector<RunId> runs;
  for (std::uint64_t i = 1; i <= kMostProfiles + 5; ++i) {
    runs.push_back(RunId::make());
    ASSERT_TRUE(keep(runs.back(), i));
  }
  EXPECT_FALSE(profiles_.find(runs.at(4)));
  EXPECT_EQ(profiles_.find(runs.at(5)).value_or(""), kTold);
  EXPECT_TRUE(profiles_.find(runs.back()));
  EXPECT_FALSE(profiles_.is_worth(Bytes(5U << 20U), SteadyTime{}));
  EXPECT_TRUE(profiles_.is_worth(Bytes(50U << 20U), SteadyTime{}));
}

TEST_F(KeptProfilesTest, OneIsTakenInTenMinutesAtMost) {
  const SteadyTime now{};
  EXPECT_TRUE(profiles_.is_worth(Bytes(1), now));
  profiles_.begin(now);
  EXPECT_FALSE(profiles_.is_worth(Bytes(1U << 30U), now + 9min));
  EXPECT_TRUE(profiles_.is_worth(Bytes(1), now + 10min));
}

TEST_F(KeptProfilesTest, WhyThereIsNoneIsRememberedOfTheLatest) {
  const auto first = RunId::make();
  profiles_.miss(first, "the reason");
  EXPECT_THAT(profiles_.find(first).error().message(), HasSubstr("the reason"));
  ASSERT_TRUE(keep(first, 1));
  EXPECT_TRUE(profiles_.find(first)) << "a later one may be kept";
  const auto second = RunId::make();
  profiles_.miss(second, "the reason");
  for (std::size_t i = 0; i < kMostProfiles; ++i) profiles_.miss(RunId::make(), "another");
  EXPECT_THAT(profiles_.find(second).error().message(), Not(HasSubstr("the reason")));
}

TEST_F(KeptProfilesTest, WhatAWorkerLeavesIsReadAsAStrangers) {
  const auto run = RunId::make();
  EXPECT_FALSE(profiles_.keep(run, Bytes(1), directory_ / "nothing"));
  EXPECT_FALSE(profiles_.keep(run, Bytes(1), left("garbage")));
  EXPECT_FALSE(profiles_.keep(run, Bytes(1), left(std::string(kLargestProfile + 1, ' '))));
  std::filesystem::create_symlink(left(), directory_ / "link");
  EXPECT_FALSE(profiles_.keep(run, Bytes(1), directory_ / "link"));
  std::filesystem::create_directory(directory_ / "directory");
  EXPECT_FALSE(profiles_.keep(run, Bytes(1), directory_ / "directory"));
  EXPECT_FALSE(profiles_.find(run));
}

}  // namespace
}  // namespace holdfast::app
