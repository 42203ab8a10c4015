// Text, run ids, JSON at the edges, log lines and error texts.
#include "base/text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/json.hpp"
#include "base/log.hpp"
#include "base/run_id.hpp"

namespace holdfast {
namespace {

using ::testing::HasSubstr;

TEST(TextTest, TrimTakesWhiteSpaceFromTheEndsOnly) {
  EXPECT_EQ(trim("  a b\t\r\n"), "a b");
  EXPECT_EQ(trim(" \n "), "");
  EXPECT_EQ(trim(""), "");
  EXPECT_EQ(trim("\u00A0x"), "\u00A0x") << "only ASCII";
}

TEST(TextTest, LowerCaseLeavesOtherAlphabetsAlone) { EXPECT_EQ(to_lower_ascii("AbČ1"), "abČ1"); }

TEST(TextTest, CodePointsAreCountedNotBytes) {
  EXPECT_EQ(count_code_points(""), 0U);
  EXPECT_EQ(count_code_points("aČ😀"), 3U);
}

TEST(TextTest, ACutNeverSplitsACharacter) {
  const std::string_view text = "aČ😀";  // 1 + 2 + 4 bytes.
  const std::vector<std::string_view> cuts{"", "a", "a", "aČ", "aČ", "aČ", "aČ", "aČ😀", "aČ😀"};
  for (std::size_t limit = 0; limit < cuts.size(); ++limit) EXPECT_EQ(truncate_utf8(text, limit), cuts[limit]) << limit;
}

TEST(TextTest, TheNearestNameIsFoundAndNothingWhenNoneIsNear) {
  const std::vector<std::string_view> names{"listen", "data", "worker", "database"};
  EXPECT_EQ(nearest("lisen", names), "listen");
  EXPECT_EQ(nearest("wroker", names), "worker");
  EXPECT_EQ(nearest("databse", names), "database");
  EXPECT_EQ(nearest("zzzzzz", names), "");
  EXPECT_EQ(nearest("x", {}), "");
}

TEST(RunIdTest, AUuidIsReadInAnyCaseAndKeptInLowerCase) {
  const auto id = RunId::parse("01890A5D-AC96-774B-BCCE-B302099A8057");
  ASSERT_TRUE(id);
  EXPECT_EQ(id->text(), "01890a5d-ac96-774b-bcce-b302099a8057");
  EXPECT_EQ(*id, RunId::parse("01890a5d-ac96-774b-bcce-b302099a8057").value());
}

TEST(RunIdTest, AnythingElseIsRefused) {
  for (const char* text : {"", "x", "01890a5dac96774bbcceb302099a8057", "{01890a5d-ac96-774b-bcce-b302099a8057}",
                           "01890a5d-ac96-774b-bcce-b302099a805", "01890a5d-ac96-774b-bcce-b302099a80577",
                           "01890a5d-ac96-774b-bcce-b302099a805g", "01890a5d_ac96_774b_bcce_b302099a8057",
                           " 1890a5d-ac96-774b-bcce-b302099a8057", "0189-0a5dac96-774b-bcce-b302099a8057"}) {
    EXPECT_FALSE(RunId::parse(text)) << text;
  }
}

TEST(RunIdTest, NewIdsAreVersionSevenUniqueAndSortByTime) {
  std::set<std::string> seen;
  const auto before = system_clock().wall();
  for (int i = 0; i < 1000; ++i) {
    const auto id = RunId::make();
    EXPECT_EQ(id.text()[14], '7');
    EXPECT_THAT(std::string("89ab"), HasSubstr(id.text().substr(19, 1)));
    EXPECT_TRUE(seen.insert(id.text()).second);
    EXPECT_EQ(RunId::parse(id.text()).value(), id);
  }
  const auto after = system_clock().wall();
  for (const auto& text : seen) {
    const auto milliseconds = std::stoll(text.substr(0, 8) + text.substr(9, 4), nullptr, 16);
    EXPECT_GE(milliseconds, before);
    EXPECT_LE(milliseconds, after);
  }
}

std::string nested(int depth) {
  return std::string(static_cast<std::size_t>(depth), '[') + std::string(static_cast<std::size_t>(depth), ']');
}

TEST(JsonTest, DepthIsBounded) {
  EXPECT_TRUE(parse_json(nested(32)));
  EXPECT_FALSE(parse_json(nested(33)));
  EXPECT_FALSE(parse_json(std::string(1'000'000, '[')));
}

TEST(JsonTest, BrokenTextIsRefused) {
  for (const std::string text :
       {"", " ", "{", "{}x", "{\"a\":}", "nul", "'a'", "{a:1}", "[1,]", "\"\x01\"", "\"a", "// c\n{}", "NaN", "01"}) {
    const auto value = parse_json(text);
    ASSERT_FALSE(value) << text;
    EXPECT_EQ(value.error().code(), ErrorCode::invalid_argument);
  }
}

TEST(JsonTest, TextThatIsNotUtf8IsRefused) {
  for (const std::string inside : {"\xFF", "\xC3", "\xC0\x80", "\xED\xA0\x80", "\xF5\x80\x80\x80", "\x80"}) {
    EXPECT_FALSE(parse_json("\"" + inside + "\""));
  }
}

TEST(JsonTest, ALoneSurrogateIsRefusedAndAPairIsOneCharacter) {
  EXPECT_FALSE(parse_json(R"("\ud83d")"));
  EXPECT_FALSE(parse_json(R"("\ude00")"));
  EXPECT_FALSE(parse_json(R"("\ud83dx")"));
  EXPECT_EQ(parse_json(R"("\ud83d\ude00")")->as_string(), "😀");
}

TEST(JsonTest, TheLastOfTwoEqualKeysCounts) {
  EXPECT_EQ(find_int(parse_json_object(R"({"a":1,"a":2})").value(), "a"), 2);
}

TEST(JsonTest, AnEscapedZeroByteIsKept) {
  EXPECT_EQ(parse_json(R"("a\u0000b")")->as_string(), std::string_view("a\0b", 3));
}

TEST(JsonTest, OnlyAnObjectIsAnObject) {
  EXPECT_TRUE(parse_json_object(" {} "));
  for (const char* text : {"[]", "1", "null", "\"{}\""}) EXPECT_FALSE(parse_json_object(text)) << text;
}

TEST(JsonTest, LookUpsGiveNothingForAnotherType) {
  const auto object =
      parse_json_object(R"({"s":"x","i":3,"d":3.0,"f":3.5,"b":true,"o":{},"n":null,"big":1e30})").value();
  EXPECT_EQ(find_string(object, "s"), "x");
  EXPECT_FALSE(find_string(object, "i"));
  EXPECT_FALSE(find_string(object, "absent"));
  EXPECT_FALSE(find_string(object, "n"));
  EXPECT_EQ(find_int(object, "i"), 3);
  EXPECT_EQ(find_int(object, "d"), 3);
  EXPECT_FALSE(find_int(object, "f"));
  EXPECT_FALSE(find_int(object, "big"));
  EXPECT_FALSE(find_int(object, "s"));
  EXPECT_EQ(find_bool(object, "b"), true);
  EXPECT_FALSE(find_bool(object, "i"));
  EXPECT_NE(find_object(object, "o"), nullptr);
  EXPECT_EQ(find_object(object, "s"), nullptr);
}

TEST(JsonTest, StoredTextThatCannotBeReadIsNull) {
  EXPECT_TRUE(stored_json("").is_null());
  EXPECT_TRUE(stored_json("{").is_null());
  EXPECT_EQ(stored_json("[1]").as_array().size(), 1U);
}

TEST(LogTest, PlainValuesStandBareAndOthersAreQuoted) {
  EXPECT_EQ(log::format_line("runs.finished", {{"run_id", "r1"}, {"took_ms", 12}}),
            "runs.finished run_id=r1 took_ms=12");
  EXPECT_EQ(log::format_line("e", {{"k", ""}}), R"(e k="")");
  EXPECT_EQ(log::format_line("e", {{"k", "two words"}}), R"(e k="two words")");
  EXPECT_EQ(log::format_line("e", {{"k", "a=b"}}), R"(e k="a=b")");
  EXPECT_EQ(log::format_line("e", {{"k", "č"}}), "e k=č");
}

TEST(LogTest, NoValueCanBeginALineOrEndItsQuotes) {
  EXPECT_EQ(log::format_line("e", {{"k", "a\nb"}}), R"(e k="a\nb")");
  EXPECT_EQ(log::format_line("e", {{"k", "a\" x=\"1"}}), R"(e k="a\" x=\"1")");
  EXPECT_EQ(log::format_line("e", {{"k", R"(a\)"}}), R"(e k="a\\")");
  EXPECT_EQ(log::format_line("e", {{"k", std::string("\r\x1B\0\x7F", 4)}}), R"(e k="\x0d\x1b\x00\x7f")");
}

TEST(ErrorTest, EveryCodeHasAnExitStatusAndANameOfItsOwn) {
  std::set<std::string_view> names;
  for (int i = 0; i <= static_cast<int>(ErrorCode::internal); ++i) {
    const auto code = static_cast<ErrorCode>(i);
    EXPECT_TRUE(names.insert(to_string(code)).second);
    EXPECT_GT(exit_status(code), 0);
    EXPECT_LT(exit_status(code), 256);
  }
  EXPECT_EQ(names.size(), 10U);
}

TEST(ErrorTest, OnlyPassingTroubleIsRetryable) {
  EXPECT_TRUE(is_retryable(ErrorCode::unavailable));
  EXPECT_TRUE(is_retryable(ErrorCode::resource_exhausted));
  EXPECT_TRUE(is_retryable(ErrorCode::deadline_exceeded));
  EXPECT_FALSE(is_retryable(ErrorCode::conflict));
  EXPECT_FALSE(is_retryable(ErrorCode::data_loss));
  EXPECT_FALSE(is_retryable(ErrorCode::invalid_argument));
}

TEST(ErrorTest, TheFailedOperationStandsInFrontAndTheCauseIsKept) {
  Result<int> inner = fail_errno(ErrorCode::unavailable, "open", ENOENT);
  const Result<std::string> outer = fail(std::move(inner), "read settings");
  EXPECT_EQ(outer.error().message(), "read settings: open: No such file or directory");
  EXPECT_EQ(outer.error().code(), ErrorCode::unavailable);
  EXPECT_EQ(outer.error().cause().value(), ENOENT);
}

}  // namespace
}  // namespace holdfast
