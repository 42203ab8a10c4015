// Which files are taken for a journal, and what is said about the others.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "journal/migrations.hpp"
#include "tests/support/journal_writes.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/temporary_directory.hpp"

namespace holdfast::journal {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using namespace holdfast::testing;

class SqliteOpenTest : public ::testing::Test {
 protected:
  Result<std::unique_ptr<Store>> open() { return open_sqlite_store(path_, clock_); }

  Error refusal() {
    auto opened = open();
    if (opened) return Error(ErrorCode::internal, "it was opened");
    return opened.error();
  }

  void with_sqlite(const std::string& sql) {
    sqlite3* db = nullptr;
    ASSERT_EQ(sqlite3_open(path_.c_str(), &db), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(db);
    sqlite3_close(db);
  }

  std::string ask(const std::string& sql) {
    sqlite3* db = nullptr;
    EXPECT_EQ(sqlite3_open(path_.c_str(), &db), SQLITE_OK);
    std::string answer;
    auto keep = [](void* out, int, char** values, char**) {
      *static_cast<std::string*>(out) += values[0] == nullptr ? "NULL" : values[0];
      return 0;
    };
    EXPECT_EQ(sqlite3_exec(db, sql.c_str(), keep, &answer, nullptr), SQLITE_OK) << sqlite3_errmsg(db);
    sqlite3_close(db);
    return answer;
  }

  TemporaryDirectory directory_;
  std::string path_ = directory_ / "journal.db";
  ManualClock clock_;
};

TEST_F(SqliteOpenTest, ANewJournalIsReadableByItsOwnerOnly) {
  const auto old_umask = ::umask(0);
  auto store = open();
  ::umask(old_umask);
  ASSERT_TRUE(store);
  const std::vector<Write> writes{new_run(RunId::make())};
  ASSERT_TRUE((*store)->commit(writes).at(0));
  for (const char* suffix : {"", "-wal", "-shm"}) {
    struct stat status{};
    ASSERT_EQ(::stat((path_ + suffix).c_str(), &status), 0) << suffix;
    EXPECT_EQ(status.st_mode & 0777U, 0600U) << suffix;
  }
}

TEST_F(SqliteOpenTest, ANewJournalCarriesItsMarksAndVersion) {
  ASSERT_TRUE(open());
  EXPECT_EQ(ask("PRAGMA application_id"), std::to_string(0x48464A31));
  EXPECT_EQ(ask("SELECT version FROM schema_version"), std::to_string(kSchemaVersion));
  EXPECT_EQ(ask("PRAGMA journal_mode"), "wal");
}

TEST_F(SqliteOpenTest, AnEmptyFileBecomesAJournal) {
  std::ofstream(path_).close();
  EXPECT_TRUE(open());
}

TEST_F(SqliteOpenTest, AJournalWithoutIncidentsGetsTheirTableAndKeepsItsRuns) {
  const auto id = RunId::make();
  {
    auto store = open();
    const std::vector<Write> writes{new_run(id)};
    ASSERT_TRUE((*store)->commit(writes).at(0));
  }
  with_sqlite(
      "DROP INDEX runs_not_acknowledged; "
      "DROP TABLE incidents; DROP TABLE kept_threads; DROP TABLE thread_checkpoints; DROP TABLE thread_parts; DROP "
      "TABLE thread_writes; DROP TABLE request_bodies; DROP TABLE request_pieces; "
      "UPDATE schema_version SET version = 2");
  auto store = open();
  ASSERT_TRUE(store);
  EXPECT_TRUE((*store)->find(id).value());
  Incident incident;
  incident.kind = "started";
  ASSERT_TRUE((*store)->note_incidents(std::vector{incident}));
  EXPECT_EQ((*store)->incidents({}).value().incidents.size(), 1U);
}

TEST_F(SqliteOpenTest, AStartThatWasCutOffBeforeTheTablesIsTakenUp) {
  with_sqlite("PRAGMA journal_mode = WAL");
  EXPECT_TRUE(open());
}

TEST_F(SqliteOpenTest, TheFileOfAnotherProgramIsRefusedAndLeftAlone) {
  with_sqlite("CREATE TABLE bookmarks (url TEXT); INSERT INTO bookmarks VALUES ('x')");
  const auto error = refusal();
  EXPECT_EQ(error.code(), ErrorCode::data_loss);
  EXPECT_THAT(error.message(), AllOf(HasSubstr(path_), HasSubstr("another program")));
  EXPECT_EQ(ask("SELECT group_concat(name) FROM sqlite_schema"), "bookmarks");
  EXPECT_EQ(ask("PRAGMA journal_mode"), "delete");
}

TEST_F(SqliteOpenTest, AnEmptyFileMarkedByAnotherProgramIsRefused) {
  with_sqlite("PRAGMA application_id = 1234");
  EXPECT_EQ(refusal().code(), ErrorCode::data_loss);
}

TEST_F(SqliteOpenTest, AFileThatIsNotSqliteIsRefused) {
  std::ofstream(path_) << std::string(5000, 'x');
  const auto error = refusal();
  EXPECT_EQ(error.code(), ErrorCode::data_loss);
  EXPECT_THAT(error.message(), AllOf(HasSubstr(path_), HasSubstr("not a Holdfast journal")));
}

TEST_F(SqliteOpenTest, AJournalOfANewerHoldfastIsRefusedWithBothVersions) {
  ASSERT_TRUE(open());
  with_sqlite("UPDATE schema_version SET version = 99");
  const auto error = refusal();
  EXPECT_EQ(error.code(), ErrorCode::failed_precondition);
  EXPECT_THAT(error.message(), AllOf(HasSubstr(path_), HasSubstr("99"), HasSubstr("newer Holdfast")));
}

TEST_F(SqliteOpenTest, ADamagedJournalSaysSoAndNamesTheFile) {
  {
    auto store = open();
    std::vector<Write> writes;
    for (int i = 0; i < 200; ++i) writes.emplace_back(new_run(RunId::make()));
    ASSERT_TRUE((*store)->commit(writes).at(0));
  }
  // Everything after the first page.
  const auto size = std::filesystem::file_size(path_);
  std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(4096);
  file << std::string(size - 4096, '\xA5');
  file.close();
  auto opened = open();
  const auto error = opened ? (*opened)->unfinished().error() : opened.error();
  EXPECT_EQ(error.code(), ErrorCode::data_loss);
  EXPECT_THAT(error.message(), AllOf(HasSubstr(path_), HasSubstr("damaged")));
}

TEST_F(SqliteOpenTest, AMissingDirectoryIsNamed) {
  path_ = directory_ / "missing/journal.db";
  const auto error = refusal();
  EXPECT_EQ(error.code(), ErrorCode::unavailable);
  EXPECT_THAT(error.message(), AllOf(HasSubstr(path_), HasSubstr("directory must exist")));
}

TEST_F(SqliteOpenTest, ADirectoryInPlaceOfTheFileIsUnavailable) {
  path_ = directory_.path();
  EXPECT_EQ(refusal().code(), ErrorCode::unavailable);
}

TEST_F(SqliteOpenTest, AWriterThatHoldsTheFileTooLongIsReportedAsALock) {
  auto store = open();
  ASSERT_TRUE(store);
  sqlite3* other = nullptr;
  ASSERT_EQ(sqlite3_open(path_.c_str(), &other), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK);
  const std::vector<Write> writes{new_run(RunId::make())};
  const auto results = (*store)->commit(writes);
  EXPECT_EQ(results.at(0).error().code(), ErrorCode::unavailable);
  EXPECT_THAT(results.at(0).error().message(), HasSubstr("locked by another program"));
  sqlite3_close(other);
  EXPECT_TRUE((*store)->commit(writes).at(0));
}

TEST_F(SqliteOpenTest, ReadsOfAnotherProgramDoNotStopWrites) {
  auto store = open();
  ASSERT_TRUE(store);
  sqlite3* other = nullptr;
  ASSERT_EQ(sqlite3_open(path_.c_str(), &other), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(other, "BEGIN; SELECT count(*) FROM runs", nullptr, nullptr, nullptr), SQLITE_OK);
  const std::vector<Write> writes{new_run(RunId::make())};
  EXPECT_TRUE((*store)->commit(writes).at(0));
  sqlite3_close(other);
}

}  // namespace
}  // namespace holdfast::journal
