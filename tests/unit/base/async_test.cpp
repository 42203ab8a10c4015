// Tasks, deadlines, events: who is woken by what, and what an escaping exception does.
#include "base/async.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <csignal>
#include <thread>

#include "base/event.hpp"
#include "base/hook_point.hpp"
#include "base/mutex.hpp"

namespace holdfast {
namespace {

using ::testing::ElementsAre;
using namespace std::chrono_literals;

class AsyncTest : public ::testing::Test {
 protected:
  template <class Body>
  void task(Body body) {
    spawn(io_.get_executor(), "test", std::move(body));
  }
  void run() {
    io_.restart();
    io_.run();
  }
  static SteadyTime now() { return system_clock().steady(); }

  asio::io_context io_;
  std::vector<std::string> seen_;
};

awaitable<Result<int>> answer(int value) { co_return value; }

// Waits until it is cancelled, then says so.
awaitable<Result<int>> wait_for_ever() {
  const bool expired = co_await sleep_until(SteadyTime::max());
  if (!expired) co_return fail(ErrorCode::cancelled, "wait");
  co_return 0;
}

// Notices the cancellation, awaits again for its clean-up, and has a result all the same.
awaitable<Result<int>> finish_despite_cancellation(bool& cleaned_up) {
  co_await sleep_until(SteadyTime::max());
  auto executor = co_await asio::this_coro::executor;
  asio::steady_timer timer(executor, SteadyTime::min());
  auto [ec] = co_await timer.async_wait(kAwait);
  cleaned_up = !ec;
  co_return 7;
}

TEST_F(AsyncTest, AnOperationWithinItsDeadlineKeepsItsResult) {
  task([this]() -> awaitable<void> {
    auto result = co_await with_deadline(answer(5), now() + 1h);
    seen_.push_back(std::to_string(result.value()));
  });
  run();
  EXPECT_THAT(seen_, ElementsAre("5"));
}

TEST_F(AsyncTest, AnOperationPastItsDeadlineIsCancelledAndSaysDeadlineExceeded) {
  task([this]() -> awaitable<void> {
    auto result = co_await with_deadline(wait_for_ever(), now());
    seen_.emplace_back(to_string(result.error().code()));
  });
  run();
  EXPECT_THAT(seen_, ElementsAre("deadline_exceeded"));
}

TEST_F(AsyncTest, AnErrorBeforeTheDeadlineStaysThatError) {
  task([this]() -> awaitable<void> {
    auto failing = []() -> awaitable<Result<int>> { co_return fail(ErrorCode::not_found, "x"); };
    auto result = co_await with_deadline(failing(), now() + 1h);
    seen_.emplace_back(to_string(result.error().code()));
  });
  run();
  EXPECT_THAT(seen_, ElementsAre("not_found"));
}

TEST_F(AsyncTest, AnOperationThatSucceedsAfterTheDeadlineKeepsItsResultAndMayAwaitItsCleanUp) {
  bool cleaned_up = false;
  task([this, &cleaned_up]() -> awaitable<void> {
    auto result = co_await with_deadline(finish_despite_cancellation(cleaned_up), now());
    seen_.push_back(std::to_string(result.value()));
  });
  run();
  EXPECT_THAT(seen_, ElementsAre("7"));
  EXPECT_TRUE(cleaned_up);
}

TEST_F(AsyncTest, StoppingATaskCancelsItsWaitAndIsNotADeadline) {
  asio::cancellation_signal stop;
  auto body = [this]() -> awaitable<void> {
    auto result = co_await with_deadline(wait_for_ever(), now() + 1h);
    seen_.emplace_back(to_string(result.error().code()));
  };
  spawn(io_.get_executor(), "test", stop, body);
  task([&stop]() -> awaitable<void> {
    stop.emit(asio::cancellation_type::terminal);
    co_return;
  });
  run();
  EXPECT_THAT(seen_, ElementsAre("cancelled"));
}

TEST_F(AsyncTest, ASignalMayBelongToWhatTheTaskCaptured) {
  auto stop = std::make_shared<asio::cancellation_signal>();
  const std::weak_ptr<asio::cancellation_signal> alive = stop;
  auto& signal = *stop;
  bool ended = false;
  auto ends_without_waiting = [stop = std::move(stop), &ended]() -> awaitable<void> {
    ended = true;
    co_return;
  };
  spawn(io_.get_executor(), "test", signal, std::move(ends_without_waiting));
  while (!ended) io_.run_one();
  EXPECT_FALSE(alive.expired()) << "the end of the task is still to be told, with the signal at hand";
  run();
  EXPECT_TRUE(alive.expired());
}

TEST_F(AsyncTest, ANotifiedEventWakesEveryWaiter) {
  Event event(io_.get_executor());
  for (int i = 0; i < 3; ++i) {
    task([this, &event]() -> awaitable<void> {
      const auto wake = co_await event.wait_until(now() + 1h);
      seen_.emplace_back(wake == Wake::notified ? "notified" : "other");
    });
  }
  task([&event]() -> awaitable<void> {
    event.notify_all();
    co_return;
  });
  run();
  EXPECT_THAT(seen_, ElementsAre("notified", "notified", "notified"));
}

TEST_F(AsyncTest, AnEventThatDoesNotHappenEndsTheWaitAtTheDeadline) {
  Event event(io_.get_executor());
  task([this, &event]() -> awaitable<void> {
    const auto wake = co_await event.wait_until(now());
    seen_.emplace_back(wake == Wake::deadline ? "deadline" : "other");
  });
  run();
  EXPECT_THAT(seen_, ElementsAre("deadline"));
}

TEST_F(AsyncTest, AnotherWaitAfterANotificationWaitsForTheNextOne) {
  Event event(io_.get_executor());
  task([this, &event]() -> awaitable<void> {
    const auto first = co_await event.wait_until(now() + 1h);
    seen_.emplace_back(first == Wake::notified ? "notified" : "other");
    const auto second = co_await event.wait_until(now());
    seen_.emplace_back(second == Wake::deadline ? "deadline" : "other");
  });
  task([&event]() -> awaitable<void> {
    event.notify_all();
    co_return;
  });
  run();
  EXPECT_THAT(seen_, ElementsAre("notified", "deadline"));
}

TEST_F(AsyncTest, StoppingATaskEndsItsWaitForAnEvent) {
  Event event(io_.get_executor());
  asio::cancellation_signal stop;
  auto body = [this, &event]() -> awaitable<void> {
    const auto wake = co_await event.wait_until(now() + 1h);
    seen_.emplace_back(wake == Wake::cancelled ? "cancelled" : "other");
  };
  spawn(io_.get_executor(), "test", stop, body);
  task([&stop]() -> awaitable<void> {
    stop.emit(asio::cancellation_type::terminal);
    co_return;
  });
  run();
  EXPECT_THAT(seen_, ElementsAre("cancelled"));
}

TEST_F(AsyncTest, ATaskThatWasStoppedEarlierWaitsForNothingAnyMore) {
  Event event(io_.get_executor());
  asio::cancellation_signal stop;
  auto body = [this, &event]() -> awaitable<void> {
    const bool before = co_await cancel_requested();
    EXPECT_FALSE(before);
    co_await sleep_until(SteadyTime::max());
    const bool after = co_await cancel_requested();
    EXPECT_TRUE(after);
    const bool slept = co_await sleep_until(now() + 1h);
    EXPECT_FALSE(slept);
    const auto wake = co_await event.wait_until(now() + 1h);
    EXPECT_EQ(wake, Wake::cancelled);
    auto result = co_await with_deadline(answer(1), now() + 1h);
    seen_.emplace_back(to_string(result.error().code()));
  };
  spawn(io_.get_executor(), "test", stop, body);
  task([&stop]() -> awaitable<void> {
    stop.emit(asio::cancellation_type::terminal);
    co_return;
  });
  run();
  EXPECT_THAT(seen_, ElementsAre("cancelled"));
}

TEST_F(AsyncTest, PeerFailuresTellAStopFromATrouble) {
  EXPECT_EQ(peer_failure(asio::error::operation_aborted, "read").error().code(), ErrorCode::cancelled);
  const auto reset = peer_failure(asio::error::connection_reset, "read").error();
  EXPECT_EQ(reset.code(), ErrorCode::unavailable);
  EXPECT_EQ(reset.message(), "read: Connection reset by peer");
}

using AsyncDeathTest = AsyncTest;

TEST_F(AsyncDeathTest, AnExceptionThatLeavesATaskEndsTheProcessAndNamesTheTask) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto run_a_throwing_task = [this] {
    spawn(io_.get_executor(), "boiler", []() -> awaitable<void> {
      throw std::runtime_error("too hot");
      co_return;
    });
    run();
  };
  EXPECT_DEATH(run_a_throwing_task(), "task boiler failed: too hot");
}

#ifdef HOLDFAST_HOOK_POINTS
TEST_F(AsyncDeathTest, TheThirdPassOfAnArmedHookPointKills) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto pass_five_times = [] {
    ::setenv("HOLDFAST_HOOK", "here:3", 1);
    for (int i = 1; i <= 5; ++i) {
      HOLDFAST_HOOK_POINT("elsewhere");
      std::fprintf(stderr, "pass %d\n", i);
      HOLDFAST_HOOK_POINT("here");
    }
  };
  EXPECT_EXIT(pass_five_times(), ::testing::KilledBySignal(SIGKILL), "pass 3\n$");
}
#endif

TEST(MutexTest, AWaitEndsAtItsLimitOrWhenNotified) {
  Mutex mutex;
  Condition condition;
  bool ready = false;
  {
    MutexLock lock(mutex);
    EXPECT_FALSE(condition.wait_for(mutex, 0ms));
  }
  std::thread notifier([&] {
    MutexLock lock(mutex);
    ready = true;
    condition.notify_all();
  });
  {
    MutexLock lock(mutex);
    while (!ready) condition.wait(mutex);
  }
  notifier.join();
  EXPECT_TRUE(ready);
}

}  // namespace
}  // namespace holdfast
