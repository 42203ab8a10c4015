// Every bad habit of a worker, through the real server: the client gets its answer, or a clear end, and work goes on.
#include "tests/e2e/workers/worker_server.hpp"

namespace holdfast::testing {
namespace {

using ::testing::HasSubstr;

constexpr const char* kRun = "00000000-0000-7000-8000-00000000000a";

struct Habit {
  std::string name;
  std::string flags;
  std::map<std::string, std::string> settings;
};

void PrintTo(const Habit& habit, std::ostream* out) { *out << habit.flags; }

class HabitsOfWorkers : public WorkerServer, public ::testing::WithParamInterface<Habit> {};

// Bad in the first process: the attempt is lost, or the start, and the next one answers.
TEST_P(HabitsOfWorkers, CostNoAnswer) {
  start(scripted_once(GetParam().flags), GetParam().settings);
  const auto reply = ask("the question");
  EXPECT_EQ(reply.status, 200) << reply.body << server_->log();
  EXPECT_THAT(reply.body, HasSubstr(R"("result":"the question")"));
  expect_that_work_goes_on();
}

INSTANTIATE_TEST_SUITE_P(
    All, HabitsOfWorkers,
    ::testing::Values(Habit{"NeverReady", "--never-ready", {{"worker.start_timeout", "1s"}}},
                      Habit{"ReadyThenDead", "--ready-then-dead", {}}, Habit{"Daemonizes", "--daemonize", {}},
                      Habit{"SickAtStart", "--sick 5", {{"worker.health_path", "/healthz"}}},
                      Habit{"Closes", "--close", {}}, Habit{"Garbage", "--garbage", {}},
                      Habit{"HalfABody", "--half-body", {}}, Habit{"WrongLength", "--long-length", {}},
                      Habit{"TenGigabytes", "--endless", {}}, Habit{"InvalidLine", "--invalid-line", {}},
                      Habit{"NoFinal", "--no-final", {}}, Habit{"SwitchesProtocols", "--switch", {}},
                      Habit{"Dies", "--die", {}}, Habit{"DiesInItsAnswer", "--die-mid-answer", {}},
                      Habit{"AnswersTwice", "--twice", {}}, Habit{"TrailingGarbage", "--trailing", {}},
                      Habit{"Http10", "--http10", {}},
                      Habit{"StopsListening", "--deaf", {{"worker.liveness", "100ms"}}},
                      Habit{"StopsListeningUnseen", "--deaf", {{"worker.liveness", "0"}}},
                      Habit{"BecomesIll", "--ill", {{"worker.health_path", "/healthz"}, {"worker.liveness", "100ms"}}},
                      Habit{"PrintsALot", "--print-kb 20000 --print-lines 20000", {}}),
    [](const auto& info) { return info.param.name; });

TEST_F(WorkerServer, OneThatNeverAnswersMeetsTheDeadlineAlthoughItIgnoresSigterm) {
  start(scripted_once("--no-answer --ignore-sigterm"), {{"runs.deadline", "1s"}, {"worker.grace_period", "100ms"}});
  submit(kRun, "the question");
  EXPECT_EQ(status_at_end(kRun), "expired");
  expect_that_work_goes_on();
}

TEST_F(WorkerServer, OneThatIgnoresACancelIsReplaced) {
  start(scripted_once("--no-answer --ignore-sigterm"), {{"worker.grace_period", "100ms"}});
  submit(kRun, "the question");
  run_when(kRun, [](const json::object& run) { return find_string(run, "status") == "running"; });
  EXPECT_EQ(http_post(server_->port(), "/v1/runs/" + std::string(kRun) + "/cancel", "").status, 202);
  EXPECT_EQ(status_at_end(kRun), "cancelled");
  expect_that_work_goes_on();
}

TEST_F(WorkerServer, OneThatLeaksDescriptorsEndsAtItsOwnLimit) {
  start(scripted_once("--leak-descriptors 20"), {{"worker.limits.open_files", "64"}, {"runs.deadline", "2s"}});
  int lost = 0;
  for (int asked = 0; asked < 8; ++asked) lost += ask("the question").status == 200 ? 0 : 1;
  EXPECT_LE(lost, 1) << "the one that met the limit";
  expect_that_work_goes_on();
}

}  // namespace
}  // namespace holdfast::testing
