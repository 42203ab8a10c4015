// A journal that other instances use: what we accepted ourselves may come back to us as a claim.
#include "tests/contract/runs/coordinator_harness.hpp"

namespace holdfast::testing {
namespace {

using enum EntryKind;

class OwnClaim : public CoordinatorTest {
 protected:
  /// Our claim of the run stands in the journal's queue behind its acceptance, and before its start.
  LiveCoordinator& claim_before_start(const std::string& worker_flags) {
    auto& live = serve(worker_flags, {.poll = 5ms, .claims_at_once = 1}, {.workers = 2, .shared_journal = true});
    live.run_until([&] { return live.pool().status().ready == 2; });
    live.store().gate.close();
    bool accepted = false;
    spawn(live.executor(), "accept", [&]() -> asio::awaitable<void> {
      runs::Submission submission{.owner = "ada",
                                  .thread_id = "t",
                                  .id = id_,
                                  .prompt = "hello",
                                  .request = R"({"prompt":"hello","thread_id":"t"})",
                                  .traceparent = ""};
      auto answer = co_await live.coordinator().submit(std::move(submission));
      accepted = answer.has_value();
    });
    int turns = 0;
    live.run_until([&] { return ++turns > 20; });
    live.store().gate.await_arrival();
    live.store().gate.open();
    live.run_until([&] { return accepted; });
    return live;
  }
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
