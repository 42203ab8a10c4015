// What a worker's process is started with: environment, directory, user, limits, and where its output goes.
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/local/stream_protocol.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/contract/workers/pool_fixture.hpp"

namespace holdfast::workers {
namespace {

using testing::HasSubstr;
using testing::Not;

class WorkerLaunch : public PoolFixture {
 protected:
  WorkerLaunch() { ::setenv("HOLDFAST_TEST_TOKEN_SECRET", "hush", 1), ::setenv("DATABASE_URL", "postgresql://h", 1); }
  ~WorkerLaunch() override { ::unsetenv("HOLDFAST_TEST_TOKEN_SECRET"), ::unsetenv("DATABASE_URL"); }

  /// A worker that first writes down what `shell` prints.
  PoolConfig telling(const std::string& shell) {
    told_ = dir_ + "/told";
    auto config = scripted("");
    config.command = "(" + shell + ") > " + told_ + " 2>&1 ; exec " + config.command;
    return config;
  }
  std::string told() const {
    std::ifstream file(told_);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  }
  std::string told_;
};

TEST_F(WorkerLaunch, SecretsStayHereAndWhatIsChosenGoes) {
  auto config = telling("env");
  config.environment = {"MODE=a b=c", "DATABASE_URL"};
  start(config);
  expect_that_work_goes_on();
  EXPECT_THAT(told(), Not(HasSubstr("hush")));
  EXPECT_THAT(told(), HasSubstr("\nMODE=a b=c\n"));
  EXPECT_THAT(told(), HasSubstr("DATABASE_URL=postgresql://h\n"));
  EXPECT_THAT(told(), HasSubstr("PATH="));
}

TEST_F(WorkerLaunch, ItsDirectoryIsTheOneThatWasNamed) {
  std::filesystem::create_directory(dir_ + "/place");
  auto config = telling("pwd -P");
  config.directory = dir_ + "/place";
  ASSERT_TRUE(check(config));
  start(config);
  expect_that_work_goes_on();
  EXPECT_EQ(told(), std::filesystem::canonical(dir_ + "/place").string() + "\n");
}

TEST_F(WorkerLaunch, ADirectoryThatIsNoneIsFoundBeforeTheFirstStart) {
  auto config = scripted("");
  config.directory = dir_ + "/missing";
  EXPECT_THAT(check(config).error().message(), HasSubstr("worker.directory " + dir_ + "/missing: No such file"));
  config.directory = "/dev/null";
  EXPECT_THAT(check(config).error().message(), HasSubstr("is not a directory"));
}

TEST_F(WorkerLaunch, ADirectoryThatGoesLaterIsTheReasonOfTheFailedStart) {
  auto config = scripted("");
  config.directory = dir_ + "/gone";
  start(config);
  EXPECT_TRUE(until([&] { return !pool_->status().last_failure.empty(); }));
  EXPECT_THAT(pool_->status().last_failure,
              HasSubstr("its last output: holdfast: cannot enter worker.directory: No such file or directory"));
  std::filesystem::create_directory(dir_ + "/gone");
  expect_that_work_goes_on();
}

TEST_F(WorkerLaunch, LimitsAreSet) {
  auto config = telling("ulimit -n; ulimit -c; ulimit -d");
  config.limits.open_files = 77;
  config.limits.data = Bytes(std::uint64_t{1} << 45U);  // Room for what sanitizers ask for.
  start(config);
  expect_that_work_goes_on();
  EXPECT_EQ(told(), "77\n0\n34359738368\n");
}

TEST_F(WorkerLaunch, WithoutALimitOpenFilesAreAsTheServerWasStarted) {
  auto config = telling("ulimit -Sn");
  config.limits.inherited_open_files = rlimit{.rlim_cur = 123, .rlim_max = 456};
  start(config);
  expect_that_work_goes_on();
  EXPECT_EQ(told(), "123\n");
}

TEST_F(WorkerLaunch, AnotherUserHasItsGroupsItsHomeAndNothingOfOurs) {
  const auto account = find_account("nobody", "");
  if (::geteuid() != 0) {
    EXPECT_THAT(account.error().message(), HasSubstr("only root may run workers as another user"));
    return;
  }
  ASSERT_TRUE(account && *account) << "root can be nobody";
  auto config =
      telling("id -un; id -G; printenv HOME USER; touch /root-only 2>&1; cat /proc/self/status | grep CapEff");
  // The program must be reachable for it, wherever this was built.
  const auto program = dir_ + "/worker";
  std::filesystem::copy_file(HOLDFAST_SCRIPTED_WORKER, program);
  config.command = config.command.substr(0, config.command.find("exec ")) + "exec " + program + " --socket {socket}";
  config.account = *account;
  ASSERT_EQ(::chown(dir_.c_str(), (*account)->user, static_cast<gid_t>(-1)), 0);
  start(config);
  expect_that_work_goes_on();
  EXPECT_THAT(told(), testing::StartsWith("nobody\n" + std::to_string((*account)->group) + "\n"));
  EXPECT_THAT(told(), HasSubstr("\nnobody\n"));
  EXPECT_THAT(told(), HasSubstr("CapEff:\t0000000000000000"));
  EXPECT_FALSE(std::filesystem::exists("/root-only"));
  stop();
  EXPECT_FALSE(has_children()) << "who is another user ends with us all the same";
}

TEST_F(WorkerLaunch, ASocketThatSomebodyElseListensOnIsNotSpokenTo) {
  if (::geteuid() != 0) {
    EXPECT_FALSE(find_account("nobody", ""));
    return;
  }
  auto config = scripted("");
  config.account = **find_account("nobody", "");
  // The directory is the worker's, but it is root who listens there: as if a link led to a service of root's.
  config.start_timeout = std::chrono::milliseconds(500);
  const auto other = dir_ + "/other.sock";
  asio::local::stream_protocol::acceptor roots(io_, asio::local::stream_protocol::endpoint(other));
  config.command = "ln -s " + other + " {socket}; sleep 60";
  ASSERT_EQ(::chown(dir_.c_str(), config.account->user, static_cast<gid_t>(-1)), 0);
  start(config);
  EXPECT_TRUE(until([&] { return !pool_->status().last_failure.empty(); }));
  EXPECT_EQ(pool_->status().ready, 0);
  EXPECT_THAT(pool_->status().last_failure, HasSubstr("did not listen in time"));
}

}  // namespace
}  // namespace holdfast::workers
