// Names that are stored, cursors that are sent, and the fold that every store shares.
#include "journal/record.hpp"

#include <gtest/gtest.h>

#include "journal/cursor.hpp"
#include "journal/fold.hpp"
#include "journal/migrations.hpp"
#include "tests/support/journal_writes.hpp"

namespace holdfast::journal {
namespace {

using namespace holdfast::testing;

TEST(RecordTest, StatusNamesAreThoseOfTheContractAndReadBack) {
  const std::vector<std::string_view> names{"queued", "running", "completed", "failed", "cancelled", "expired"};
  for (const auto name : names) {
    const auto status = parse_run_status(name);
    ASSERT_TRUE(status) << name;
    EXPECT_EQ(to_string(*status), name);
    EXPECT_EQ(is_terminal(*status), name != "queued" && name != "running");
  }
  EXPECT_FALSE(parse_run_status(""));
  EXPECT_FALSE(parse_run_status("Queued"));
}

TEST(RecordTest, EntryKindNamesReadBack) {
  const std::vector<std::string_view> names{"accepted",  "started",      "progress",  "checkpoint",
                                            "delta",     "attempt_lost", "completed", "failed",
                                            "cancelled", "expired",      "delivered"};
  for (const auto name : names) {
    const auto kind = parse_entry_kind(name);
    ASSERT_TRUE(kind) << name;
    EXPECT_EQ(to_string(*kind), name);
  }
  EXPECT_FALSE(parse_entry_kind("queued"));
}

TEST(CursorTest, ACursorNamesTheRunItWasMadeFor) {
  journal::Run run{.id = RunId::parse("01890a5d-ac96-774b-bcce-b302099a8057").value()};
  run.created_at = 1'767'225'600'123;
  const auto cursor = parse_cursor(Store::cursor_after(run)).value();
  EXPECT_EQ(cursor.created_at, run.created_at);
  EXPECT_EQ(cursor.id, run.id);
}

TEST(FoldTest, ARefusedAppendLeavesTheRunAsItWas) {
  auto run = new_run(RunId::make()).run;
  (void)fold_accept(run, new_run(run.id), 10);
  auto completion = completion_of(run.id);
  EXPECT_EQ(fold_append(run, completion, 20).error().code(), ErrorCode::conflict);
  EXPECT_EQ(run.status, RunStatus::queued);
  EXPECT_EQ(run.last_seq, 1);
  EXPECT_EQ(run.result, "");
  EXPECT_FALSE(run.finished_at);
}

TEST(FoldTest, AnEntryCarriesTheAttemptItBelongsTo) {
  auto run = new_run(RunId::make()).run;
  EXPECT_EQ(fold_accept(run, new_run(run.id), 10).front().attempt, 0);
  EXPECT_EQ(fold_append(run, start_of(run.id), 20)->attempt, 1);
  EXPECT_EQ(fold_append(run, loss_of(run.id), 30)->attempt, 1);
  EXPECT_EQ(fold_append(run, start_of(run.id, 1), 40)->attempt, 2);
  EXPECT_EQ(run.started_at, 40);
  EXPECT_EQ(run.crashes, 1);
}

TEST(MigrationTest, TheVersionIsTheNumberOfSteps) { EXPECT_EQ(migrations().size(), std::size_t{kSchemaVersion}); }

}  // namespace
}  // namespace holdfast::journal
