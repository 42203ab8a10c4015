// A disk that fills up under the journal: refused with the reason, nothing half done, and it goes on when
// there is space again. Once on a real full file system where one can be mounted, and always with a limit
// on the size of files.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/resource.h>

#include <csignal>
#include <fstream>

#include "tests/support/journal_writes.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/temporary_directory.hpp"

namespace holdfast::journal {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using namespace holdfast::testing;

class DiskFullTest : public ::testing::Test {
 protected:
  static Accept large_run(RunId id) {
    auto accept = new_run(std::move(id));
    accept.run.request = std::string(20'000, 'r');
    return accept;
  }

  static std::vector<Result<Written>> commit_pair(Store& store, const RunId& first, const RunId& second) {
    const std::vector<Write> writes{large_run(first), large_run(second)};
    return store.commit(writes);
  }

  /// Writes until the disk is full, checks that nothing of the failed commit is there, and returns how
  /// many commits were durable.
  int fill(Store& store, const std::string& path) {
    for (int commits = 0; commits < 10'000; ++commits) {
      const auto first = RunId::make();
      const auto second = RunId::make();
      const auto results = commit_pair(store, first, second);
      if (results.at(0)) {
        kept_.push_back(first);
        kept_.push_back(second);
        continue;
      }
      for (const auto& result : results) {
        EXPECT_EQ(result.error().code(), ErrorCode::unavailable);
        EXPECT_THAT(result.error().message(),
                    AllOf(HasSubstr("disk full"), HasSubstr(path), HasSubstr("nothing was changed")));
      }
      EXPECT_FALSE(store.find(first).value());
      EXPECT_FALSE(store.find(second).value());
      return commits;
    }
    ADD_FAILURE() << "the disk never became full";
    return 0;
  }

  void expect_kept_and_working(Store& store) {
    for (const auto& id : kept_) EXPECT_TRUE(store.find(id).value());
    EXPECT_TRUE(store.probe());
    const auto results = commit_pair(store, RunId::make(), RunId::make());
    EXPECT_TRUE(results.at(1)) << results.at(1).error().message();
  }

  TemporaryDirectory directory_;
  ManualClock clock_;
  std::vector<RunId> kept_;
};

// The size limit of files stands for a full disk: the same path through SQLite, in every environment.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    old_handler_ = std::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &old_);
    const rlimit limit{bytes, old_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &old_);
    std::signal(SIGXFSZ, old_handler_);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  rlimit old_{};
  sighandler_t old_handler_ = nullptr;
};

TEST_F(DiskFullTest, AFileThatMayNotGrowRefusesWritesAndRecovers) {
  const auto path = directory_ / "journal.db";
  auto store = open_sqlite_store(path, clock_).value();
  {
    const FileSizeLimit limit(2U << 20);
    EXPECT_GT(fill(*store, path), 5);
    EXPECT_FALSE(store->probe());
    EXPECT_FALSE(kept_.empty());
    EXPECT_TRUE(store->find(kept_.front()).value()) << "reading goes on";
  }
  expect_kept_and_working(*store);
  store.reset();
  store = open_sqlite_store(path, clock_).value();
  expect_kept_and_working(*store);
}

class SmallDisk {
 public:
  // A journal needs room twice for what is in its WAL, until that is copied into the main file.
  explicit SmallDisk(const std::string& at) : at_(at) {
    mounted_ = ::mount("tmpfs", at.c_str(), "tmpfs", 0, "size=4m") == 0;
  }
  ~SmallDisk() {
    if (mounted_) ::umount2(at_.c_str(), MNT_DETACH);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  [[nodiscard]] bool mounted() const noexcept { return mounted_; }

 private:
  std::string at_;
  bool mounted_;
};

TEST_F(DiskFullTest, AFullDiskRefusesWritesAndRecoversWhenThereIsSpace) {
  const SmallDisk disk(directory_.path());
  if (!disk.mounted()) GTEST_SKIP() << "no right to mount; AFileThatMayNotGrow… covers the same path";
  const auto ballast = directory_ / "ballast";
  std::ofstream(ballast) << std::string(3 << 20, 'b');
  const auto path = directory_ / "journal.db";
  auto store = open_sqlite_store(path, clock_).value();
  EXPECT_GT(fill(*store, path), 2);
  EXPECT_FALSE(store->probe());

  std::filesystem::remove(ballast);
  expect_kept_and_working(*store);
  store.reset();
  store = open_sqlite_store(path, clock_).value();
  expect_kept_and_working(*store);
}

TEST_F(DiskFullTest, OpeningOnAFullDiskSaysSo) {
  const SmallDisk disk(directory_.path());
  if (!disk.mounted()) GTEST_SKIP() << "no right to mount";
  std::ofstream(directory_ / "ballast") << std::string(5 << 20, 'b');
  const auto path = directory_ / "journal.db";
  const auto opened = open_sqlite_store(path, clock_);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code(), ErrorCode::unavailable);
  EXPECT_THAT(opened.error().message(), AllOf(HasSubstr("disk full"), HasSubstr(path)));
}

}  // namespace
}  // namespace holdfast::journal
