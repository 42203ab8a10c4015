#include "tests/contract/runs/coordinator_harness.hpp"

#include "runs/stored_request.hpp"

#include <sys/stat.h>

#include <filesystem>

namespace holdfast::testing {
namespace {

FaultyStore* open_store(const std::string& directory, const Clock& clock, bool shared) {
  auto store = journal::open_sqlite_store(directory + "/journal.sqlite", clock);
  if (!store) throw std::runtime_error(store.error().message());
  auto faulty = std::make_unique<FaultyStore>(std::move(*store));
  if (shared) faulty->pretend_to_be_shared();
  return faulty.release();
}

workers::PoolConfig pool_config(const std::string& directory, const std::string& flags, int workers) {
  const auto sockets = directory + "/workers";
  ::mkdir(sockets.c_str(), 0700);
  const auto program = std::filesystem::read_symlink("/proc/self/exe").parent_path() / "scripted_worker";
  return {.command = program.string() + " --socket {socket} " + flags,
          .socket_dir = sockets,
          .size = workers,
          .start_timeout = 20s,
          .grace_period = 500ms,
          .restart_backoff = {10ms, 100ms}};
}

}  // namespace

LiveCoordinator::LiveCoordinator(const std::string& directory, const std::string& worker_flags,
                                 runs::CoordinatorConfig config, HarnessConfig harness)
    : store_(open_store(directory, *harness.journal_clock, harness.shared_journal)),
      journal_(io_.get_executor(), std::unique_ptr<journal::Store>(store_), {.probe_interval = 20ms}),
      pool_(io_.get_executor(), pool_config(directory, worker_flags, harness.workers), [this] { coordinator_.pump(); }),
      coordinator_(io_.get_executor(), journal_, pool_, system_clock(), std::move(config)) {}

LiveCoordinator::~LiveCoordinator() = default;

void LiveCoordinator::await(asio::awaitable<void> operation) {
  bool done = false;
  spawn(io_.get_executor(), "test", [&]() -> asio::awaitable<void> {
    co_await std::move(operation);
    done = true;
  });
  while (!done) io_.run_one();
}

void LiveCoordinator::run_until(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + 30s;
  while (!condition()) {
    ASSERT_LT(std::chrono::steady_clock::now(), deadline) << "the condition never held";
    io_.run_one_for(20ms);
  }
}

int LiveCoordinator::recover() {
  auto recovered = await(coordinator_.recover());
  EXPECT_TRUE(recovered) << recovered.error().message();
  return recovered.value_or(-1);
}

Result<runs::Accepted> LiveCoordinator::submit(const RunId& id, const std::string& prompt, const std::string& owner) {
  runs::Submission submission{.owner = owner,
                              .thread_id = "t",
                              .id = id,
                              .prompt = prompt,
                              .request = R"({"prompt":")" + prompt + R"(","thread_id":"t"})",
                              .traceparent = ""};
  return await(coordinator_.submit(std::move(submission)));
}

Result<runs::Accepted> LiveCoordinator::submit_kept(const RunId& id) {
  const std::string body = R"({"prompt":"hello"})";
  const auto head = "POST /kept HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: " +
                    std::to_string(body.size()) + "\r\n";
  runs::Submission submission{.owner = "ada",
                              .thread_id = "t",
                              .id = id,
                              .prompt = "POST /kept",
                              .route = "POST /kept",
                              .request = to_json(runs::StoredRequest{.head = head, .body = body}),
                              .traceparent = ""};
  return await(coordinator_.submit(std::move(submission)));
}

runs::Run LiveCoordinator::finish(const RunId& id, const std::string& owner) {
  auto run = await(coordinator_.wait_terminal(owner, id, system_clock().steady() + 30s));
  EXPECT_TRUE(run) << run.error().message();
  EXPECT_TRUE(journal::is_terminal(run->status)) << "still " << to_string(run->status);
  return *run;
}

std::vector<EntryKind> LiveCoordinator::history(const RunId& id) {
  auto entries = await(coordinator_.entries(id, 0, 1000));
  EXPECT_TRUE(entries);
  std::vector<EntryKind> kinds;
  std::int64_t seq = 0;
  for (const auto& entry : *entries) {
    EXPECT_EQ(entry.seq, ++seq) << "entries are numbered without a gap";
    kinds.push_back(entry.kind);
  }
  return kinds;
}

void LiveCoordinator::stop(std::chrono::milliseconds patience) {
  await(coordinator_.drain(system_clock().steady() + patience));
  await(pool_.stop());
}

LiveCoordinator& CoordinatorTest::serve_without_workers(const std::string& worker_flags, runs::CoordinatorConfig config,
                                                        HarnessConfig harness) {
  live_.reset();
  harness.shared_journal |= shared_;
  harness.journal_clock = journal_clock_;
  live_ = std::make_unique<LiveCoordinator>(directory_.path(), worker_flags, std::move(config), harness);
  live_->recover();
  return *live_;
}

LiveCoordinator& CoordinatorTest::serve(const std::string& worker_flags, runs::CoordinatorConfig config,
                                        HarnessConfig harness) {
  auto& live = serve_without_workers(worker_flags, std::move(config), harness);
  live.start_workers();
  return live;
}

}  // namespace holdfast::testing
