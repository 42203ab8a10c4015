// How long the write-ahead log becomes, and who waits for its copying.
#include <gtest/gtest.h>
#include <sqlite3.h>

#include "tests/support/journal_writes.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/temporary_directory.hpp"

namespace holdfast::journal {
namespace {

using namespace holdfast::testing;

constexpr std::uintmax_t kMegabyte = 1 << 20;

class SqliteWalTest : public ::testing::Test {
 protected:
  SqliteWalTest() : store_(open_sqlite_store(path_, clock_).value()) {}

  /// A commit of about 1 MB.
  void commit_one_megabyte() {
    auto accept = new_run(RunId::make());
    accept.run.request = std::string(kMegabyte, 'r');
    const std::vector<Write> writes{std::move(accept)};
    ASSERT_TRUE(store_->commit(writes).at(0));
  }

  [[nodiscard]] std::uintmax_t wal_size() const { return std::filesystem::file_size(path_ + "-wal"); }
  [[nodiscard]] std::uintmax_t main_size() const { return std::filesystem::file_size(path_); }

  TemporaryDirectory directory_;
  std::string path_ = directory_ / "journal.db";
  ManualClock clock_;
  std::unique_ptr<Store> store_;
};

TEST_F(SqliteWalTest, ACommitLeavesTheCopyingToSettle) {
  for (int i = 0; i < 6; ++i) commit_one_megabyte();
  EXPECT_LT(main_size(), kMegabyte);
  store_->settle();
  EXPECT_GT(main_size(), 6 * kMegabyte);
}

TEST_F(SqliteWalTest, TheLogIsUsedAgainAfterSettling) {
  for (int i = 0; i < 15; ++i) {
    commit_one_megabyte();
    store_->settle();
  }
  EXPECT_LT(wal_size(), 6 * kMegabyte);
  EXPECT_GT(main_size(), 10 * kMegabyte);
}

TEST_F(SqliteWalTest, TheLogStaysBoundedWhenNobodySettles) {
  for (int i = 0; i < 30; ++i) commit_one_megabyte();
  EXPECT_LT(wal_size(), 20 * kMegabyte);
}

TEST_F(SqliteWalTest, TheLogShrinksAgainAfterOneLargeCommit) {
  std::vector<Write> writes;
  for (int i = 0; i < 24; ++i) {
    auto accept = new_run(RunId::make());
    accept.run.request = std::string(kMegabyte, 'r');
    writes.emplace_back(std::move(accept));
  }
  ASSERT_TRUE(store_->commit(writes).at(23));
  EXPECT_GT(wal_size(), 23 * kMegabyte);
  store_->settle();
  commit_one_megabyte();
  EXPECT_LE(wal_size(), 17 * kMegabyte);
}

TEST_F(SqliteWalTest, ALongReadOfAnotherProgramDelaysTheCopyingAndNothingElse) {
  commit_one_megabyte();
  sqlite3* reader = nullptr;
  ASSERT_EQ(sqlite3_open(path_.c_str(), &reader), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(reader, "BEGIN; SELECT count(*) FROM runs", nullptr, nullptr, nullptr), SQLITE_OK);
  for (int i = 0; i < 10; ++i) {
    commit_one_megabyte();
    store_->settle();
  }
  EXPECT_GT(wal_size(), 10 * kMegabyte);
  sqlite3_close(reader);
  for (int i = 0; i < 10; ++i) {
    commit_one_megabyte();
    store_->settle();
  }
  EXPECT_GT(main_size(), 15 * kMegabyte);
}

}  // namespace
}  // namespace holdfast::journal
