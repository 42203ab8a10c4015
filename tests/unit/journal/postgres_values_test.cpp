// What is said to and heard from PostgreSQL, without one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "journal/change_notice.hpp"
#include "journal/postgres_error.hpp"

namespace holdfast::journal {
namespace {

using ::testing::HasSubstr;

TEST(DatabaseErrors, TellWhatHappenedAndWhatToDo) {
  struct Case {
    const char* sqlstate;
    ErrorCode code;
    const char* says;
  };
  for (const auto& [sqlstate, code, says] :
       {Case{"53100", ErrorCode::unavailable, "free space"}, Case{"53300", ErrorCode::unavailable, "max_connections"},
        Case{"25006", ErrorCode::unavailable, "read-only"}, Case{"57014", ErrorCode::unavailable, "too slow"},
        Case{"57P01", ErrorCode::unavailable, "close this connection"}, Case{"57P03", ErrorCode::unavailable, "starts"},
        Case{"40P01", ErrorCode::unavailable, "collided"}, Case{"08006", ErrorCode::unavailable, "lost"},
        Case{"", ErrorCode::unavailable, "lost"}, Case{"XX001", ErrorCode::data_loss, "restore"},
        Case{"42501", ErrorCode::failed_precondition, "grant"},
        Case{"42601", ErrorCode::internal, "statement of ours"}}) {
    const auto error = postgres_error(sqlstate, "the server's words\n");
    EXPECT_EQ(error.code(), code) << sqlstate;
    EXPECT_THAT(error.message(), HasSubstr(says));
    EXPECT_THAT(error.message(), HasSubstr("the server's words"));
  }
}

TEST(DatabaseErrors, ARefusalForGoodIsToldFromAServerThatIsAway) {
  EXPECT_EQ(postgres_connect_error("connection failed: FATAL:  28P01: password authentication failed").code(),
            ErrorCode::failed_precondition);
  EXPECT_EQ(postgres_connect_error("connection failed: FEHLER:  3D000: Datenbank").code(),
            ErrorCode::failed_precondition);
  EXPECT_EQ(postgres_connect_error("connection failed: FATAL:  57P03: starting up").code(), ErrorCode::unavailable);
  EXPECT_EQ(postgres_connect_error("connection refused").code(), ErrorCode::unavailable);
  EXPECT_EQ(postgres_connect_error("").code(), ErrorCode::unavailable);
}

TEST(ChangeNotice, ComesBackAsItWasToOthersOnly) {
  Change change{.runs = {}, .queued = true};
  for (int i = 0; i < 450; ++i) change.runs.push_back(RunId::make());
  const auto notices = notices_of("me:1", change);
  ASSERT_EQ(notices.size(), 4U);
  Change heard;
  for (const auto& notice : notices) {
    EXPECT_LT(notice.size(), 8000U);
    EXPECT_FALSE(parse_notice(notice, "me:1"));
    auto part = parse_notice(notice, "you");
    ASSERT_TRUE(part);
    heard.queued |= part->queued;
    heard.runs.insert(heard.runs.end(), part->runs.begin(), part->runs.end());
  }
  EXPECT_TRUE(heard.queued);
  EXPECT_EQ(heard.runs, change.runs);
  EXPECT_TRUE(notices_of("me", {}).empty());
}

TEST(ChangeNotice, NoiseIsNotANotice) {
  for (const char* noise : {"", "x", "x:", "x:y", ":", "x:queued2", "x:01890a5d-ac96-774b-bcce-b302099a8057,"}) {
    const auto parsed = parse_notice(noise, "me");
    if (parsed) EXPECT_EQ(parsed->runs.size(), 1U) << noise;
  }
  EXPECT_FALSE(parse_notice("x:y", "me"));
}

}  // namespace
}  // namespace holdfast::journal
