#include "workers/account.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace holdfast::workers {
namespace {

using testing::Contains;
using testing::HasSubstr;

TEST(AccountTest, WithoutAUserWorkersRunAsWeDo) { EXPECT_EQ(find_account("", "")->has_value(), false); }

TEST(AccountTest, OurOwnUserIsNobodyElse) {
  const auto own = find_account(std::to_string(::geteuid()), std::to_string(::getegid()));
  ASSERT_TRUE(own) << own.error().message();
  EXPECT_FALSE(own->has_value());
}

TEST(AccountTest, AnUnknownNameIsRefusedWithItsSetting) {
  EXPECT_THAT(find_account("no-such-user", "").error().message(),
              HasSubstr("worker.user: there is no \"no-such-user\""));
  EXPECT_THAT(find_account("", "no-such-group").error().message(), HasSubstr("worker.group: there is no"));
}

// Both halves are real: who may not is told so, who may gets the account.
TEST(AccountTest, OnlyRootMayRunWorkersAsSomebodyElse) {
  const auto other = find_account("nobody", "");
  if (::geteuid() != 0) {
    ASSERT_FALSE(other);
    EXPECT_EQ(other.error().code(), ErrorCode::failed_precondition);
    EXPECT_THAT(other.error().message(), HasSubstr("leave worker.user and worker.group empty"));
    return;
  }
  ASSERT_TRUE(other) << other.error().message();
  ASSERT_TRUE(other->has_value());
  EXPECT_NE((*other)->user, 0U);
  EXPECT_THAT((*other)->groups, Contains((*other)->group));
  EXPECT_THAT((*other)->environment, Contains("USER=nobody"));
  const auto number = find_account("61234", "61235");
  ASSERT_TRUE(number) << number.error().message();
  EXPECT_EQ((*number)->user, 61234U);
  EXPECT_EQ((*number)->groups, std::vector<gid_t>{61235});
}

}  // namespace
}  // namespace holdfast::workers
