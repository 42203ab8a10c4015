/// A Coordinator with a real journal file, a real pool and scripted workers, driven from the test's thread.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <memory>

#include "base/json.hpp"
#include "runs/coordinator.hpp"
#include "tests/support/faulty_store.hpp"
#include "tests/support/temporary_directory.hpp"

namespace holdfast::testing {

using namespace std::chrono_literals;
using journal::EntryKind;
using journal::RunStatus;

/// Around the coordinator.
struct HarnessConfig {
  int workers = 1;
  bool shared_journal = false;                   ///< As if other instances used it.
  const Clock* journal_clock = &system_clock();  ///< Of the store. Not null.
};

/// What one server process holds. Destroy it without stop() to play a death.
class LiveCoordinator {
 public:
  LiveCoordinator(const std::string& directory, const std::string& worker_flags, runs::CoordinatorConfig config,
                  HarnessConfig harness);
  ~LiveCoordinator();

  /// Runs the loop until the coroutine has ended.
  template <class T>
  T await(asio::awaitable<T> operation) {
    std::optional<T> value;
    spawn(io_.get_executor(), "test", [&]() -> asio::awaitable<void> { value.emplace(co_await std::move(operation)); });
    while (!value) io_.run_one();
    return std::move(*value);
  }
  void await(asio::awaitable<void> operation);

  /// Runs the loop until the condition holds; fails the test after 30 s.
  void run_until(const std::function<bool()>& condition);

  void start_workers() { pool_.start(); }
  int recover();
  Result<runs::Accepted> submit(const RunId& id, const std::string& prompt = "hello", const std::string& owner = "ada");
  /// A request of a guaranteed route; the scripted worker takes it as it takes any.
  Result<runs::Accepted> submit_kept(const RunId& id);
  runs::Run finish(const RunId& id, const std::string& owner = "ada");
  std::vector<EntryKind> history(const RunId& id);
  void stop(std::chrono::milliseconds patience = 10s);

  runs::Coordinator& coordinator() { return coordinator_; }
  workers::Pool& pool() { return pool_; }
  journal::Journal& journal() { return journal_; }
  asio::any_io_executor executor() { return io_.get_executor(); }
  FaultyStore& store() { return *store_; }

 private:
  asio::io_context io_{1};
  asio::executor_work_guard<asio::io_context::executor_type> work_{io_.get_executor()};
  FaultyStore* store_;  ///< Owned by the journal.
  journal::Journal journal_;
  workers::Pool pool_;
  runs::Coordinator coordinator_;
};

class CoordinatorTest : public ::testing::Test {
 protected:
  /// Starts the coordinator, recovers, and starts its workers.
  LiveCoordinator& serve(const std::string& worker_flags = "", runs::CoordinatorConfig config = {},
                         HarnessConfig harness = {});
  /// The same without workers.
  LiveCoordinator& serve_without_workers(const std::string& worker_flags = "", runs::CoordinatorConfig config = {},
                                         HarnessConfig harness = {});

  void TearDown() override {
    if (live_) live_->stop();
  }

  TemporaryDirectory directory_;
  const Clock* journal_clock_ = &system_clock();
  bool shared_ = false;
  std::unique_ptr<LiveCoordinator> live_;
  RunId id_ = RunId::make();
};

}  // namespace holdfast::testing
