// What remains after a lost acknowledgement, a failed commit and a killed process.
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "tests/contract/journal/store_contract.hpp"

namespace holdfast::journal {
namespace {

using namespace holdfast::testing;

TEST_P(StoreContractAlsoAway, ARetryAfterALostAcknowledgementIsAConflictNotADuplicate) {
  const auto id = accepted();
  auto owned = std::make_unique<FaultyStore>(std::move(store_));
  auto& faulty = *owned;
  store_ = std::move(owned);

  faulty.lost_ack.arm(1);
  EXPECT_THAT(write(start_of(id)), FailsWith(ErrorCode::unavailable));
  EXPECT_THAT(write(start_of(id)), FailsWith(ErrorCode::conflict));
  faulty.lost_ack.arm(1);
  EXPECT_THAT(write(completion_of(id)), FailsWith(ErrorCode::unavailable));
  EXPECT_THAT(write(completion_of(id)), FailsWith(ErrorCode::conflict));
  EXPECT_EQ(history(id).size(), 3U);

  faulty.lost_ack.arm(1);
  const auto other = RunId::make();
  EXPECT_THAT(write(new_run(other)), FailsWith(ErrorCode::unavailable));
  EXPECT_FALSE(write(new_run(other)).value().changed);
}

TEST_P(StoreContractAlsoAway, ACommitThatFailsChangesNothingAndTheNextOneWorks) {
  const auto id = accepted();
  auto owned = std::make_unique<FaultyStore>(std::move(store_));
  auto& faulty = *owned;
  store_ = std::move(owned);

  faulty.fail_before_commit.arm(1);
  const std::vector<Write> writes{start_of(id), new_run(RunId::make()), Deliver{RunId::make()}};
  const auto results = store_->commit(writes);
  ASSERT_EQ(results.size(), 3U);
  for (const auto& result : results) EXPECT_THAT(result, FailsWith(ErrorCode::unavailable));
  EXPECT_EQ(find(id).status, RunStatus::queued);
  EXPECT_TRUE(write(start_of(id)));
}

// Writes without end and reports each acknowledged run's last sequence number.
[[noreturn]] void write_until_killed(Store& store, const RunId& id, int report_to) {
  const std::vector<Write> birth{new_run(id), start_of(id)};
  if (!store.commit(birth).at(1)) ::_exit(1);
  while (true) {
    const std::vector<Write> writes{progress_of(id), new_run(RunId::make()), progress_of(id)};
    const auto results = store.commit(writes);
    if (!results.at(2)) ::_exit(2);
    const auto acked = results[2]->run.last_seq;
    if (::write(report_to, &acked, sizeof acked) != sizeof acked) ::_exit(3);
  }
}

TEST_P(StoreContractAlsoAway, NothingAcknowledgedIsLostWhenTheWriterIsKilled) {
  const auto id = RunId::make();
  std::int64_t acked = 0;
  for (int round = 0; round < 3; ++round) {
    const auto target = round == 0 ? id : RunId::make();
    std::array<int, 2> pipe_fds{};
    ASSERT_EQ(::pipe(pipe_fds.data()), 0);
    store_.reset();
    const pid_t child = ::fork();
    if (child == 0) {
      ::close(pipe_fds[0]);
      auto store = GetParam().open(path_, clock_);
      if (!store) ::_exit(4);
      write_until_killed(**store, target, pipe_fds[1]);
    }
    ::close(pipe_fds[1]);
    acked = 0;
    for (int reports = 0; reports < 40 + 17 * round; ++reports) {
      ASSERT_EQ(::read(pipe_fds[0], &acked, sizeof acked), static_cast<ssize_t>(sizeof acked));
    }
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    // Acknowledgements still in the pipe count too.
    while (::read(pipe_fds[0], &acked, sizeof acked) > 0) continue;
    ::close(pipe_fds[0]);

    reopen();
    const auto entries = history(target);
    ASSERT_GE(static_cast<std::int64_t>(entries.size()), acked);
    for (std::size_t i = 0; i < entries.size(); ++i) ASSERT_EQ(entries[i].seq, static_cast<std::int64_t>(i + 1));
    EXPECT_EQ(find(target).last_seq, static_cast<std::int64_t>(entries.size()));
    EXPECT_EQ(entries.size() % 2, 0U) << "half a transaction is visible";
    // After the fault, work goes on.
    EXPECT_TRUE(write(completion_of(target)));
  }
}

}  // namespace
}  // namespace holdfast::journal
