#include "app/data_dir.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace holdfast::app {
namespace {

class DataDirTest : public ::testing::Test {
 protected:
  DataDirTest() : root_(::testing::TempDir() + "data_dir_test_" + std::to_string(::getpid())) {}
  ~DataDirTest() override { std::filesystem::remove_all(root_); }
  std::string root_;
};

TEST_F(DataDirTest, AMissingDirectoryIsMadeForItsOwnerOnly) {
  const auto dir = DataDir::open(root_ + "/a/b");
  ASSERT_TRUE(dir) << dir.error().message();
  struct stat status{};
  ASSERT_EQ(::stat(dir->path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0700U);
  EXPECT_TRUE(std::filesystem::is_directory(dir->socket_dir()));
}

TEST_F(DataDirTest, ASecondServerIsRefusedAndToldWhoHoldsIt) {
  const auto first = DataDir::open(root_);
  ASSERT_TRUE(first);
  const auto second = DataDir::open(root_);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code(), ErrorCode::failed_precondition);
  EXPECT_NE(second.error().message().find(std::to_string(::getpid())), std::string::npos);
  EXPECT_NE(second.error().message().find("--data"), std::string::npos);
}

TEST_F(DataDirTest, TheLockEndsWithItsHolder) {
  {
    const auto first = DataDir::open(root_);
  }
  EXPECT_TRUE(DataDir::open(root_));
}

TEST_F(DataDirTest, AFileInThePlaceOfTheDirectoryIsAClearError) {
  std::ofstream(root_) << "not a directory";
  const auto dir = DataDir::open(root_);
  ASSERT_FALSE(dir);
  EXPECT_NE(dir.error().message().find("--data"), std::string::npos) << dir.error().message();
}

TEST_F(DataDirTest, SocketsOfAnEarlierServerAreGone) {
  {
    ASSERT_TRUE(DataDir::open(root_));
  }
  std::ofstream(root_ + "/workers/old.sock") << "";
  const auto dir = DataDir::open(root_);
  ASSERT_TRUE(dir);
  EXPECT_TRUE(std::filesystem::is_empty(dir->socket_dir()));
}

}  // namespace
}  // namespace holdfast::app
