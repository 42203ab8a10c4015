// A journal that other instances use: what we accepted ourselves may come back to us as a claim.
#include <algorithm>

#include "tests/contract/runs/coordinator_harness.hpp"

namespace holdfast::testing {
namespace {

using enum EntryKind;

class OwnClaim : public CoordinatorTest {
 protected:
  /// Accepts the run without an idle worker; then two become idle, and our claim of it stands in the journal's queue
  /// behind the acceptance, and before the start for which the second worker is taken.
  LiveCoordinator& claim_before_start(const std::string& worker_flags) {
    auto& live =
        serve_without_workers(worker_flags, {.poll = 5ms, .claims_at_once = 1}, {.workers = 2, .shared_journal = true});
    live.store().gate.close();
    spawn(live.executor(), "accept", [this, &live]() -> asio::awaitable<void> {
      runs::Submission submission{.owner = "ada",
                                  .thread_id = "t",
                                  .id = id_,
                                  .prompt = "hello",
                                  .request = R"({"prompt":"hello","thread_id":"t"})",
                                  .traceparent = ""};
      const auto answer = co_await live.coordinator().submit(std::move(submission));
      accepted_ = answer.has_value();
    });
    live.run_until([&] { return live.store().gate.has_arrival(); });
    live.start_workers();
    const auto in_state = [&live](std::string_view state) {
      return std::ranges::count(live.pool().status().workers, state, &workers::WorkerStatus::state);
    };
    live.run_until([&] { return in_state("busy") == 1 && in_state("idle") == 1; });
    live.store().gate.open();
    live.run_until([&] { return accepted_; });
    return live;
  }

  bool accepted_ = false;
};

TEST_F(OwnClaim, ARunThatWeClaimBeforeItsStartIsWrittenIsExecutedOnce) {
  auto& live = claim_before_start("");
  const auto run = live.finish(id_);
  EXPECT_EQ(run.status, RunStatus::completed);
  EXPECT_EQ(run.attempt, 1);
  EXPECT_EQ(live.history(id_), (std::vector{accepted, started, completed}));
}

TEST_F(OwnClaim, ARunThatWeClaimBeforeItsStartIsWrittenCanBeCancelled) {
  auto& live = claim_before_start("--sleep-ms 60000");
  const auto works = [&] {
    return std::ranges::any_of(live.pool().status().workers, [](const auto& worker) { return !worker.run_id.empty(); });
  };
  live.run_until(works);
  EXPECT_TRUE(live.await(live.coordinator().cancel("ada", id_)));
  live.run_until([&] { return !works(); });
  EXPECT_EQ(live.history(id_), (std::vector{accepted, started, cancelled}));
}

}  // namespace
}  // namespace holdfast::testing
