// Attempts a second through the worker pool, without journal and HTTP front: what a dispatch itself costs.
//
//   dispatch_bench COMMAND [RUNS] [WORKERS]
//   dispatch_bench "$PWD/build/release/bin/scripted_worker --socket {socket}" 50000 1
#include <fmt/format.h>
#include <sys/resource.h>

#include <boost/asio/io_context.hpp>
#include <cstdlib>
#include <filesystem>

#include "workers/pool.hpp"

namespace {

using namespace holdfast;

double processor_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

struct Tally {
  int left = 0;
  int failed = 0;
  int events = 0;
  int running = 0;
};

awaitable<void> client(workers::Pool* pool, Tally* tally) {
  while (tally->left > 0) {
    auto slot = pool->acquire();
    if (!slot) break;
    --tally->left;
    workers::Attempt attempt;
    attempt.run_id = "00000000-0000-7000-8000-000000000001";
    attempt.route = "POST /analyze";
    attempt.body = R"({"prompt":"What was the life expectancy in Japan in 1995?","thread_id":"t1"})";
    attempt.deadline = system_clock().steady() + std::chrono::seconds(60);
    workers::EventSink sink = [tally](workers::WorkerEvent) -> awaitable<Result<void>> {
      ++tally->events;
      co_return Result<void>();
    };
    const auto outcome = co_await slot->dispatch(std::move(attempt), std::move(sink));
    if (!outcome || !std::holds_alternative<workers::Answered>(*outcome)) ++tally->failed;
  }
  --tally->running;
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 2) {
    fmt::print(stderr, "usage: dispatch_bench COMMAND [RUNS] [WORKERS]\n");
    return 64;
  }
  const int runs = count > 2 ? std::atoi(arguments[2]) : 50'000;
  std::string dir = "/tmp/hbXXXXXX";
  if (::mkdtemp(dir.data()) == nullptr) return 1;

  asio::io_context io;
  workers::PoolConfig config;
  config.command = arguments[1];
  config.socket_dir = dir;
  config.size = count > 3 ? std::atoi(arguments[3]) : 1;
  workers::Pool pool(io.get_executor(), config, [] {});
  pool.start();
  while (pool.status().ready < config.size) io.run_one();

  Tally tally{.left = runs, .running = config.size};
  const auto begun = system_clock().steady();
  const double used_before = processor_seconds();
  for (int clients = 0; clients < config.size; ++clients) {
    auto task = [&] { return client(&pool, &tally); };
    spawn(io.get_executor(), "bench.client", task);
  }
  while (tally.running > 0) io.run_one();
  const std::chrono::duration<double> took = system_clock().steady() - begun;
  const double used = processor_seconds() - used_before;
  fmt::print(
      "{} runs, {} workers: {:.0f} a second, {:.1f} us of supervisor processor time a run, {} events, {} failed\n",
      runs, config.size, runs / took.count(), used * 1e6 / runs, tally.events, tally.failed);

  auto stop = [&]() -> awaitable<void> { co_await pool.stop(); };
  spawn(io.get_executor(), "bench.stop", stop);
  io.restart();
  io.run();
  std::filesystem::remove_all(dir);
  return tally.failed == 0 ? 0 : 1;
}
