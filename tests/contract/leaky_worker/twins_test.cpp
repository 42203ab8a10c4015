// The leaky worker in Python and its native twin: what one answers and keeps, the other does.
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/json/parse.hpp>
#include <chrono>
#include <csignal>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/http_client.hpp"
#include "tests/support/tree_watch.hpp"

namespace holdfast::testing {
namespace {

using namespace std::chrono_literals;
constexpr std::uint64_t kMb = 1ULL << 20U;

struct Twin {
  const char* name;
  std::vector<std::string> command;
};

class LeakyWorker : public ::testing::TestWithParam<Twin> {
 protected:
  LeakyWorker() {
    auto words = GetParam().command;
    words.insert(words.end(), {"--retain-mb", "0", "--port", std::to_string(port_)});
    pid_ = ::fork();
    if (pid_ == 0) execute(words);
    group_ = pid_;
    ::setpgid(pid_, group_);
    for (int i = 0; i < 500 && !HttpClient(port_).connected(); ++i) std::this_thread::sleep_for(20ms);
  }

  // A grandchild lives on in the process group.
  ~LeakyWorker() override {
    ::kill(-group_, SIGKILL);
    if (pid_ > 0) wait_for_end();
  }

  [[noreturn]] static void execute(std::vector<std::string>& words) {
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    std::vector<char*> arguments;
    for (auto& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    ::execvp(arguments.front(), arguments.data());
    ::_exit(127);
  }

  int end_by(int signal) {
    ::kill(pid_, signal);
    return wait_for_end();
  }

  int wait_for_end() {
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }

  [[nodiscard]] boost::json::value result_of(const std::string& request) const {
    const auto reply = http_post(port_, "/analyze", request);
    EXPECT_EQ(reply.status, 200) << reply.body;
    return boost::json::parse(reply.body).at("result");
  }

  [[nodiscard]] std::uint64_t held() const {
    const TreeWatch watch({.root = pid_});
    while (watch.seen().looks == 0) std::this_thread::sleep_for(1ms);
    return watch.seen().now;
  }

  // Below the range from which the system takes ports for outgoing connections.
  std::uint16_t port_ = static_cast<std::uint16_t>(20'000 + (::getpid() % 12'000));
  pid_t pid_ = 0;
  pid_t group_ = 0;
};

TEST_P(LeakyWorker, AnswersWithThePromptOfTheRequest) {
  EXPECT_EQ(result_of(R"({"prompt":"plain"})"), "plain");
  EXPECT_EQ(result_of(R"({"other":[{"prompt":1}],"prompt" : "kůň, \"quoted\" \n" })"), "kůň, \"quoted\" \n");
  EXPECT_EQ(result_of(R"({"prompt":5})"), 5);
  EXPECT_EQ(result_of("{}"), nullptr);
}

TEST_P(LeakyWorker, RefusesWhatIsNoAnalysis) {
  for (const auto* body : {"", "x", "[]", R"({"prompt":"cut)", R"({"leaky":null})"}) {
    EXPECT_EQ(http_post(port_, "/analyze", body).status, 422) << body;
  }
}

TEST_P(LeakyWorker, ServesOneRequestAfterTheOtherOnAConnection) {
  HttpClient client(port_);
  for (const auto* prompt : {R"("one")", R"("two")"}) {
    const auto reply = client.ask("POST", "/analyze", R"({"prompt":)" + std::string(prompt) + "}");
    ASSERT_TRUE(reply);
    EXPECT_EQ(boost::json::parse(reply->body).at("result"), boost::json::parse(prompt));
  }
}

TEST_P(LeakyWorker, KeepsWhatARequestTellsItToAndGivesBackTheRest) {
  const auto before = held();
  EXPECT_EQ(result_of(R"({"prompt":"p","leaky":{"retain_mb":20,"alloc_mb":60,"native_leak_mb":10}})"), "p");
  const auto grown = held() - before;
  EXPECT_GE(grown, 30 * kMb);
  EXPECT_LT(grown, 36 * kMb);
}

TEST_P(LeakyWorker, LeavesAGrandchildThatHoldsMemoryToo) {
  const auto before = held();
  EXPECT_EQ(result_of(R"({"prompt":"p","leaky":{"grandchild_mb":20}})"), "p");
  EXPECT_GE(held() - before, 20 * kMb);
}

TEST_P(LeakyWorker, FinishesWhatRunsWhenItIsToldToEnd) {
  const auto before = held();
  HttpClient client(port_);
  client.send(request_text("POST", "/analyze", R"({"prompt":"last","leaky":{"retain_mb":20,"hold_ms":500}})"));
  for (int i = 0; i < 500 && held() - before < 20 * kMb; ++i) std::this_thread::sleep_for(10ms);
  EXPECT_EQ(end_by(SIGTERM), 0);
  const auto reply = client.read();
  ASSERT_TRUE(reply);
  EXPECT_EQ(boost::json::parse(reply->body).at("result"), "last");
}

INSTANTIATE_TEST_SUITE_P(Twins, LeakyWorker,
                         ::testing::Values(Twin{"Python", {"python3", HOLDFAST_LEAKY_WORKER_PY}},
                                           Twin{"C", {HOLDFAST_LEAKY_WORKER_C}}),
                         [](const auto& twin) { return std::string(twin.param.name); });

}  // namespace
}  // namespace holdfast::testing
