#include "app/data_dir.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>

#include <filesystem>
#include <fstream>

namespace holdfast::app {
namespace {

namespace fs = std::filesystem;

// What a worker that was killed leaves behind.
void leave_socket(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  ASSERT_LT(path.size(), sizeof address.sun_path);
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  EXPECT_EQ(::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  ::close(fd);
}

unsigned mode_of(const std::string& path) {
  struct stat status{};
  EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
  return status.st_mode & 07777U;
}

class DataDirTest : public ::testing::Test {
 protected:
  DataDirTest() : root_(::testing::TempDir() + "data_dir_test_" + std::to_string(::getpid())) {}
  ~DataDirTest() override { std::filesystem::remove_all(root_); }
  std::string root_;
};

TEST_F(DataDirTest, AMissingDirectoryIsMadeForItsOwnerOnly) {
  const auto dir = DataDir::open(root_ + "/a/b");
  ASSERT_TRUE(dir) << dir.error().message();
  EXPECT_EQ(mode_of(dir->path()), 0700U);
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
  leave_socket(root_ + "/workers/w1-1.sock");
  leave_socket(root_ + "/workers/w12-345.sock");
  const auto dir = DataDir::open(root_);
  ASSERT_TRUE(dir);
  EXPECT_TRUE(fs::is_empty(dir->socket_dir()));
}

TEST_F(DataDirTest, ADirectoryThatWasThereKeepsItsModeAndItsContents) {
  fs::create_directories(root_ + "/workers/keep");
  ASSERT_EQ(::chmod((root_ + "/workers").c_str(), 0700), 0);
  ASSERT_EQ(::chmod(root_.c_str(), 01777), 0);
  std::ofstream(root_ + "/workers/w1-1.sock") << "a file of somebody's";
  leave_socket(root_ + "/workers/other.sock");
  const auto dir = DataDir::open(root_);
  ASSERT_TRUE(dir) << dir.error().message();
  EXPECT_EQ(mode_of(root_), 01777U);
  EXPECT_TRUE(fs::is_directory(root_ + "/workers/keep"));
  EXPECT_TRUE(fs::is_regular_file(root_ + "/workers/w1-1.sock"));
  EXPECT_TRUE(fs::exists(root_ + "/workers/other.sock"));
}

TEST_F(DataDirTest, ASocketDirectoryThatOnlyHoldsOurSocketsIsClosedToOthers) {
  fs::create_directories(root_ + "/workers");
  ASSERT_EQ(::chmod((root_ + "/workers").c_str(), 0755), 0);
  leave_socket(root_ + "/workers/w1-1.sock");
  const auto dir = DataDir::open(root_);
  ASSERT_TRUE(dir) << dir.error().message();
  EXPECT_EQ(mode_of(dir->socket_dir()), 0700U);
}

TEST_F(DataDirTest, AnOpenWorkersDirectoryOfSomebodyElseIsNamedAndLeftAlone) {
  fs::create_directories(root_ + "/workers/keep");
  ASSERT_EQ(::chmod((root_ + "/workers").c_str(), 0755), 0);
  const auto dir = DataDir::open(root_);
  ASSERT_FALSE(dir);
  EXPECT_NE(dir.error().message().find(root_ + "/workers"), std::string::npos) << dir.error().message();
  EXPECT_NE(dir.error().message().find("--data"), std::string::npos) << dir.error().message();
  EXPECT_EQ(mode_of(root_ + "/workers"), 0755U);
  EXPECT_TRUE(fs::is_directory(root_ + "/workers/keep"));
}

TEST_F(DataDirTest, ALinkInPlaceOfTheSocketDirectoryIsNotFollowed) {
  fs::create_directories(root_ + "/elsewhere");
  fs::create_directory_symlink(root_ + "/elsewhere", root_ + "/workers");
  EXPECT_FALSE(DataDir::open(root_));
}

TEST_F(DataDirTest, AJournalIsLockedHoweverItIsNamed) {
  const auto dir = DataDir::open(root_);
  ASSERT_TRUE(dir);
  const auto first = lock_journal(dir->journal_path());
  ASSERT_TRUE(first) << first.error().message();
  ASSERT_TRUE(first->has_value());
  fs::create_directory_symlink(root_, root_ + "-link");
  for (const auto& name : {dir->journal_path(), root_ + "/workers/../journal.sqlite", root_ + "-link/journal.sqlite"}) {
    const auto second = lock_journal(name);
    ASSERT_FALSE(second) << name;
    EXPECT_EQ(second.error().code(), ErrorCode::failed_precondition);
    EXPECT_NE(second.error().message().find(std::to_string(::getpid())), std::string::npos);
    EXPECT_NE(second.error().message().find("--database"), std::string::npos);
  }
  fs::remove(root_ + "-link");
}

TEST_F(DataDirTest, AFileOfAnotherProgramGetsNoLockBesideIt) {
  fs::create_directories(root_);
  std::ofstream(root_ + "/passwd") << "root:x:0:0::/root:/bin/sh";
  const auto lock = lock_journal(root_ + "/passwd");
  ASSERT_TRUE(lock);
  EXPECT_FALSE(lock->has_value());
  EXPECT_FALSE(fs::exists(root_ + "/passwd.lock"));
}

TEST_F(DataDirTest, WorkersOfAnotherUserHaveTheirSocketsInADirectoryOfTheirs) {
  auto dir = DataDir::open(root_);
  ASSERT_TRUE(dir);
  const auto theirs = dir->socket_dir_of(65534);
  if (::geteuid() != 0) {
    EXPECT_FALSE(theirs) << "/run is root's";
    return;
  }
  ASSERT_TRUE(theirs) << theirs.error().message();
  EXPECT_EQ(mode_of(*theirs), 0700U);
  struct stat status{};
  ASSERT_EQ(::stat(theirs->c_str(), &status), 0);
  EXPECT_EQ(status.st_uid, 65534U);
  leave_socket(*theirs + "/w1-1.sock");
  EXPECT_EQ(dir->socket_dir_of(65534).value(), *theirs) << "the same after a restart";
  EXPECT_TRUE(fs::is_empty(*theirs));
  fs::remove_all(*theirs);
}

}  // namespace
}  // namespace holdfast::app
