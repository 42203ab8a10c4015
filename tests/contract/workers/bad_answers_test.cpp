// Every bad answer ends the attempt once, with a reason that a person understands, and work goes on.
#include "tests/contract/workers/pool_fixture.hpp"

namespace holdfast::workers {
namespace {

using namespace std::chrono_literals;

enum class End : unsigned char { answered, refused, lost };

struct BadAnswer {
  std::string name;
  std::string flags;
  End end;
  std::string says;  ///< Part of the reason, or the whole answer.
};

void PrintTo(const BadAnswer& habit, std::ostream* out) { *out << habit.flags; }

class BadAnswerContract : public PoolFixture, public testing::WithParamInterface<BadAnswer> {};

TEST_P(BadAnswerContract, EndsTheAttemptOnceAndWorkGoesOn) {
  start(scripted_once(GetParam().flags));
  const auto served = serve("hello");
  ASSERT_TRUE(served.outcome) << served.outcome.error().message();
  if (GetParam().end == End::answered) {
    EXPECT_EQ(answer_of(served), GetParam().says);
  } else if (GetParam().end == End::refused) {
    ASSERT_NE(refused(served), nullptr);
    EXPECT_THAT(refused(served)->message, testing::HasSubstr(GetParam().says));
    EXPECT_FALSE(refused(served)->retryable);
  } else {
    ASSERT_NE(lost(served), nullptr);
    EXPECT_THAT(lost(served)->reason, testing::HasSubstr(GetParam().says));
    EXPECT_THAT(lost(served)->reason, testing::StartsWith("worker 1 (pid "));
    // A connection that ends too early may be the first sign of a death; what came complete and wrong is a habit.
    const auto& says = GetParam().says;
    const bool stopped = says.contains("killed") || says.contains("closed") || says.contains("in the middle");
    EXPECT_EQ(lost(served)->broke_protocol, !stopped);
  }
  const bool once = GetParam().end == End::lost;
  if (once) expect_that_work_goes_on();
  EXPECT_TRUE(until([&] { return pool_->status().ready == 1; }));
}

const std::string kHello = R"({"result":"hello"})";

INSTANTIATE_TEST_SUITE_P(
    Habits, BadAnswerContract,
    testing::Values(
        BadAnswer{"Close", "--close", End::lost, "closed the connection without an answer"},
        BadAnswer{"Garbage", "--garbage", End::lost, "not an HTTP response"},
        BadAnswer{"HalfABody", "--half-body", End::lost, "in the middle of its answer"},
        BadAnswer{"TooLongContentLength", "--long-length", End::lost, "in the middle of its answer"},
        BadAnswer{"TooShortContentLength", "--short-length", End::refused, "invalid JSON"},
        BadAnswer{"HugeBody", "--huge-body-mb 65", End::lost, "more than 67108864 bytes"},
        BadAnswer{"HugeLine", "--huge-line", End::lost, "line of more than 1048576 bytes"},
        BadAnswer{"InvalidLine", "--invalid-line", End::lost, "broke the protocol"},
        BadAnswer{"StreamWithoutResult", "--no-final", End::lost, "ended its stream without a result"},
        BadAnswer{"UnknownLines", "--unknown-lines", End::answered, kHello},
        BadAnswer{"Twice", "--twice", End::answered, kHello},
        BadAnswer{"TwiceInAStream", "--stream --twice", End::answered, kHello},
        BadAnswer{"Http10", "--http10", End::answered, kHello},
        BadAnswer{"LargeBody", "--huge-body-mb 1", End::answered, R"({"result":")" + std::string(1 << 20, 'x') + "\"}"},
        BadAnswer{"Status500", "--status 500", End::refused, "answered 500 Scripted: the tables are on strike"},
        BadAnswer{"Html", "--not-json", End::refused, "content type text/html"},
        BadAnswer{"TrailingGarbage", "--trailing", End::answered, kHello},
        BadAnswer{"SwitchesProtocols", "--switch", End::lost, "in the middle of its answer"},
        BadAnswer{"TenGigabytes", "--endless", End::lost, "more than"},
        BadAnswer{"EmptyBody", "--empty", End::refused, "empty body"},
        BadAnswer{"EarlyRefusal", "--early", End::refused, "answered 413"},
        BadAnswer{"Dies", "--die", End::lost, "was killed by signal 9 (SIGKILL)"},
        BadAnswer{"DiesInABody", "--die-mid-answer", End::lost, "was killed by signal 9 (SIGKILL)"},
        BadAnswer{"DiesInAStream", "--stream --die-mid-answer", End::lost, "was killed by signal 9 (SIGKILL)"},
        BadAnswer{"DiesAfterTheAnswer", "--die-after-answer", End::answered, kHello}),
    [](const auto& info) { return info.param.name; });

class PoolContract : public PoolFixture {};

TEST_F(PoolContract, ARefusalKeepsStatusAndBody) {
  start(scripted("--status 503"));
  const auto served = serve("hello");
  ASSERT_NE(refused(served), nullptr);
  EXPECT_EQ(refused(served)->code, "worker_status");
  EXPECT_EQ(refused(served)->detail, R"({"status":503,"body":{"detail":"the tables are on strike"}})");
}

TEST_F(PoolContract, ARefusalDoesNotCostTheWorker) {
  start(scripted("--status 500"));
  serve("one");
  serve("two");
  EXPECT_EQ(pool_->status().workers[0].starts, 1u);
}

TEST_F(PoolContract, ADeathLeavesItsEvidence) {
  start(scripted_once("--die"));
  const auto served = serve("hello");
  ASSERT_NE(lost(served), nullptr);
  ASSERT_TRUE(lost(served)->exited);
  EXPECT_EQ(lost(served)->exited->signal, 9);
  EXPECT_GT(lost(served)->exited->pid, 0);
  EXPECT_GT(lost(served)->exited->peak_rss_bytes, 100 * 1024);
  expect_that_work_goes_on();
}

TEST_F(PoolContract, EventsBeforeADeathAreDelivered) {
  start(scripted_once("--stream --die-mid-answer"));
  const auto served = serve("hello");
  ASSERT_EQ(served.events.size(), 2u);
  EXPECT_EQ(std::get<ProgressEvent>(served.events[0]).message, "Step 1 of 3");
  EXPECT_EQ(std::get<CheckpointEvent>(served.events[1]).state, R"({"done":1})");
  expect_that_work_goes_on();
}

TEST_F(PoolContract, ADeadlineEndsTheAttemptAndTheWorker) {
  start(scripted_once("--no-answer"));
  const auto served = serve(attempt("hello", 100ms));
  ASSERT_FALSE(served.outcome);
  EXPECT_EQ(served.outcome.error().code(), ErrorCode::deadline_exceeded);
  expect_that_work_goes_on();
  EXPECT_EQ(pool_->status().workers[0].starts, 2u);
}

TEST_F(PoolContract, AnAnswerAfterTheDeadlineIsNotTakenForTheNextRuns) {
  start(scripted_once("--sleep-ms 150"));
  const auto served = serve(attempt("late", 50ms));
  ASSERT_FALSE(served.outcome);
  EXPECT_EQ(served.outcome.error().code(), ErrorCode::deadline_exceeded);
  expect_that_work_goes_on();
}

TEST_F(PoolContract, ACancelEndsTheAttemptAndTheWorker) {
  start(scripted_once("--no-answer"));
  asio::cancellation_signal cancel;
  const auto served = begin(attempt("hello"), cancel);
  EXPECT_TRUE(until([&] { return pool_->status().workers[0].state == "busy"; }));
  pass(20ms);
  cancel.emit(asio::cancellation_type::terminal);
  EXPECT_TRUE(until([&] { return served->ended; }));
  ASSERT_FALSE(served->outcome);
  EXPECT_EQ(served->outcome.error().code(), ErrorCode::cancelled);
  expect_that_work_goes_on();
}

TEST_F(PoolContract, AnErrorOfTheSinkEndsTheAttemptWithThatError) {
  start(scripted("--stream"));
  auto slot = std::make_shared<Slot>(acquire());
  auto outcome = std::make_shared<std::optional<Result<DispatchOutcome>>>();
  auto task = [slot, outcome, tried = attempt("hello")]() -> awaitable<void> {
    EventSink sink = [](WorkerEvent) -> awaitable<Result<void>> {
      co_return fail(ErrorCode::resource_exhausted, "the journal is full");
    };
    auto ended = co_await slot->dispatch(tried, std::move(sink));
    outcome->emplace(std::move(ended));
  };
  spawn(io_.get_executor(), "test.dispatch", std::move(task));
  EXPECT_TRUE(until([&] { return outcome->has_value(); }));
  ASSERT_FALSE(outcome->value());
  EXPECT_EQ(outcome->value().error().message(), "the journal is full");
  expect_that_work_goes_on();
  EXPECT_EQ(pool_->status().workers[0].starts, 2u);
}

TEST_F(PoolContract, WhatIsSentArrives) {
  start(scripted("--report"));
  auto sent = attempt("Kolik je v Česku \\\"obcí\\\"?");
  sent.number = 3;
  sent.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  sent.body.insert(sent.body.size() - 1, R"(,"holdfast":{"checkpoint":{"step":"execute","state":{"rows":[1,2]}}})");
  const auto answer = answer_of(serve(sent));
  EXPECT_THAT(answer, testing::HasSubstr(R"("result":"Kolik je v Česku \"obcí\"?")"));
  EXPECT_THAT(answer, testing::HasSubstr(R"("run_id":"00000000-0000-7000-8000-000000000001")"));
  EXPECT_THAT(answer, testing::HasSubstr(R"("attempt":3)"));
  EXPECT_THAT(answer, testing::HasSubstr(sent.traceparent));
  EXPECT_THAT(answer, testing::HasSubstr(R"("checkpoint":{"step":"execute","state":{"rows":[1,2]}})"));
}

TEST_F(PoolContract, AStreamBringsEveryEventInOrder) {
  start(scripted("--stream --steps 200"));
  const auto served = serve("hello");
  ASSERT_EQ(served.events.size(), 400u);
  for (int step = 1; step <= 200; ++step) {
    const auto& checkpoint = std::get<CheckpointEvent>(served.events[static_cast<std::size_t>(2 * step - 1)]);
    ASSERT_EQ(checkpoint.step, "step" + std::to_string(step));
  }
  EXPECT_TRUE(answered(served));
}

TEST_F(PoolContract, AWorkerOnALoopbackPortServes) {
  auto config = scripted("");
  config.command = std::string(HOLDFAST_SCRIPTED_WORKER) + " --port {port}";
  start(config);
  expect_that_work_goes_on();
  expect_that_work_goes_on();
}

}  // namespace
}  // namespace holdfast::workers
