// A pool whose workers have agents.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <thread>

#include "agent_host.hpp"
#include "workers/pool.hpp"

namespace holdfast::workers {
namespace {

class AgentInPool : public ::testing::Test {
 protected:
  AgentInPool() {
    char name[] = "/tmp/holdfast-agent-XXXXXX";
    directory_ = ::mkdtemp(name);
  }
  ~AgentInPool() override {
    pool_.reset();
    std::filesystem::remove_all(directory_);
  }

  void start(AgentConfig agent) {
    PoolConfig config;
    config.command =
        "exec /usr/bin/python3 -c 'import socket, sys; s = socket.socket(socket.AF_UNIX); "
        "s.bind(sys.argv[1]); s.listen()\nwhile True: s.accept()[0].close()' {socket}";
    config.socket_dir = directory_;
    config.size = 1;
    config.agent = std::move(agent);
    pool_.emplace(io_.get_executor(), std::move(config), [] {});
    pool_->start(1);
  }

  bool until(const std::function<bool()>& condition) {
    const auto deadline = system_clock().steady() + std::chrono::seconds(20);
    while (!condition() && system_clock().steady() < deadline) {
      io_.run_for(std::chrono::milliseconds(10));
      io_.restart();
    }
    return condition();
  }

  WorkerStatus worker() { return pool_->status().workers.at(0); }

  asio::io_context io_;
  std::string directory_;
  std::optional<Pool> pool_;
};

TEST_F(AgentInPool, EachLifeHasAPageOfItsOwn) {
  start(AgentHost::default_config());
  ASSERT_TRUE(until([&] { return worker().state == "idle" && worker().agent; }));
  const auto first = worker();
  EXPECT_EQ(first.agent->pid, first.pid);
  pool_->recycle(1, true);
  ASSERT_TRUE(until([&] { return worker().pid != first.pid && worker().state == "idle" && worker().agent; }));
  EXPECT_EQ(worker().agent->pid, worker().pid);
}

TEST_F(AgentInPool, AWorkerThatIsHeldCanBeAsked) {
  start(AgentHost::default_config());
  ASSERT_TRUE(until([&] { return worker().state == "idle" && worker().agent; }));
  const auto slot = pool_->acquire();
  ASSERT_TRUE(slot && slot->agent());
  std::optional<Result<memory::AgentAnswer>> answer;
  const auto deadline = system_clock().steady() + std::chrono::seconds(10);
  spawn(io_.get_executor(), "ask",
        [&]() -> awaitable<void> { answer = co_await AgentLink::ask(slot->agent(), agent::kCollect, deadline); });
  ASSERT_TRUE(until([&] { return answer.has_value(); }));
  ASSERT_TRUE(*answer) << answer->error().message();
  EXPECT_EQ((*answer)->status, agent::kDone);
}

TEST_F(AgentInPool, WithoutALibraryThereIsNone) {
  start({});
  ASSERT_TRUE(until([&] { return worker().state == "idle"; }));
  EXPECT_FALSE(worker().agent);
  EXPECT_FALSE(pool_->acquire()->agent());
}

TEST_F(AgentInPool, APathThatCannotBePreloadedCostsTheAgentAndNotTheWorker) {
  auto config = AgentHost::default_config();
  config.library = "/with space/a.so";
  start(config);
  ASSERT_TRUE(until([&] { return worker().state == "idle"; }));
  EXPECT_FALSE(worker().agent);
}

}  // namespace
}  // namespace holdfast::workers
