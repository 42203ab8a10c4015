#include "app/mask_password.hpp"

#include <gtest/gtest.h>

namespace holdfast::app {
namespace {

TEST(MaskPasswordTest, NoPasswordIsShown) {
  EXPECT_EQ(mask_password("postgres://ada:s3cret@db:5432/j"), "postgres://ada:***@db:5432/j");
  EXPECT_EQ(mask_password("postgres://ada:a@b/c:d@db/j?x=1"), "postgres://ada:***@db/j?x=1");
  EXPECT_EQ(mask_password("postgres://db/j?user=ada&password=s3cret&x=1"), "postgres://db/j?user=ada&password=***&x=1");
  EXPECT_EQ(mask_password("host=db password=s3cret user=ada"), "host=db password=*** user=ada");
  EXPECT_EQ(mask_password("PASSWORD = 'a \\' b' user=ada"), "PASSWORD = *** user=ada");
}

TEST(MaskPasswordTest, TheRestStays) {
  for (const auto* url : {"", "sqlite:/var/lib/journal.sqlite", "postgres://ada@db/j", "postgres://db:5432/j", "a:b@c",
                          "sqlite:/home/password/x"}) {
    EXPECT_EQ(mask_password(url), url);
  }
  EXPECT_EQ(mask_password(mask_password("postgres://ada:x@db/j?password=y")), "postgres://ada:***@db/j?password=***");
}

}  // namespace
}  // namespace holdfast::app
