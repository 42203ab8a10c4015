// Durable runs per second through the journal: writes committed in groups, beside one commit per write on the
// same file, beside the disk's own fdatasync. How to read the table: docs/decisions/0003-sqlite-journal.md.
//
//   journal_bench DIRECTORY [SECONDS_PER_CELL] [ROUNDS]
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <cstdlib>
#include <filesystem>

#include "base/check.hpp"
#include "journal/journal.hpp"

namespace {

using namespace holdfast;
using namespace holdfast::journal;
using Seconds = std::chrono::duration<double>;

/// What one cell of the table measured in one round.
struct Measured {
  double per_second = 0;
  double p50_us = 0;
  double p99_us = 0;
  double writes_per_commit = 1;
  double cpu_us = 0;  ///< Processor time per run or sync.
};

/// One line of the table.
struct Cell {
  std::string name;
  int writers = 1;
  std::size_t batch_limit = 256;
  int writes_per_run = 3;
  std::vector<Measured> rounds;
};

double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double quantile(std::vector<double>& values, double q) {
  if (values.empty()) return 0;
  const auto nth = values.begin() + static_cast<std::ptrdiff_t>(q * static_cast<double>(values.size() - 1));
  std::ranges::nth_element(values, nth);
  return *nth;
}

/// Counts runs and the time of every write while it is under way.
class Stopwatch {
 public:
  explicit Stopwatch(Seconds limit)
      : begin_(system_clock().steady()),
        end_(begin_ + std::chrono::duration_cast<SteadyTime::duration>(limit)),
        cpu_begin_(cpu_seconds()) {}

  [[nodiscard]] bool running() const { return system_clock().steady() < end_; }
  void write_took(SteadyTime since) { micros_.push_back(Seconds(system_clock().steady() - since).count() * 1e6); }
  void unit_done() { ++units_; }

  Measured result(double writes_per_commit) {
    const auto units = static_cast<double>(units_);
    return {units / Seconds(system_clock().steady() - begin_).count(), quantile(micros_, 0.5), quantile(micros_, 0.99),
            writes_per_commit, (cpu_seconds() - cpu_begin_) * 1e6 / units};
  }

 private:
  SteadyTime begin_;
  SteadyTime end_;
  double cpu_begin_;
  std::size_t units_ = 0;
  std::vector<double> micros_;
};

Measured measure_fdatasync(const std::string& directory, Seconds limit) {
  const auto path = directory + "/raw";
  const int fd = ::open(path.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_APPEND | O_CLOEXEC, 0600);
  HOLDFAST_CHECK(fd >= 0, "the directory can be written");
  const std::string block(4096, 'x');
  Stopwatch watch(limit);
  while (watch.running()) {
    const auto since = system_clock().steady();
    HOLDFAST_CHECK(::write(fd, block.data(), block.size()) == 4096 && ::fdatasync(fd) == 0, "the disk takes writes");
    watch.write_took(since);
    watch.unit_done();
  }
  ::close(fd);
  std::filesystem::remove(path);
  return watch.result(1);
}

/// A question of 100 characters, a request of 1 KB, an answer of 2 KB.
Accept new_run(RunId id) {
  Accept accept{.run = Run{.id = std::move(id)}};
  accept.run.owner = "someone@example.org";
  accept.run.thread_id = "thread-1";
  accept.run.prompt = std::string(100, 'q');
  accept.run.route = "POST /analyze";
  accept.run.request = "{\"prompt\":\"" + std::string(1000, 'r') + "\"}";
  return accept;
}

awaitable<void> write_runs(Journal& journal, const Cell& cell, Stopwatch& watch) {
  while (watch.running()) {
    const auto id = RunId::make();
    auto since = system_clock().steady();
    auto accept = new_run(id);
    auto accepted = co_await journal.accept(std::move(accept));
    HOLDFAST_CHECK(accepted.has_value(), "accept");
    watch.write_took(since);

    if (cell.writes_per_run == 3) {
      since = system_clock().steady();
      Append start{.id = id, .from = RunStatus::queued, .attempt = 0, .to = RunStatus::running};
      start.kind = EntryKind::started;
      start.body = R"({"worker":1})";
      start.starts_attempt = true;
      auto started = co_await journal.append(std::move(start));
      HOLDFAST_CHECK(started.has_value(), "start");
      watch.write_took(since);
    }

    since = system_clock().steady();
    Append finish{.id = id, .from = RunStatus::running, .attempt = 1, .to = RunStatus::completed};
    if (cell.writes_per_run == 2) {
      finish.from = RunStatus::queued;
      finish.attempt = 0;
    }
    finish.kind = EntryKind::completed;
    finish.result = "{\"result\":\"" + std::string(2000, 'a') + "\"}";
    auto finished = co_await journal.append(std::move(finish));
    HOLDFAST_CHECK(finished.has_value(), "finish");
    watch.write_took(since);
    watch.unit_done();
  }
}

Measured measure_journal(const std::string& path, const Cell& cell, Seconds limit) {
  auto store = open_sqlite_store(path, system_clock());
  HOLDFAST_CHECK(store.has_value(), "the journal opens");
  asio::io_context io(1);
  Journal journal(io.get_executor(), std::move(*store), JournalConfig{.batch_limit = cell.batch_limit});
  Stopwatch watch(limit);
  for (int i = 0; i < cell.writers; ++i) {
    spawn(io.get_executor(), "writer", [&] { return write_runs(journal, cell, watch); });
  }
  io.run();
  const auto health = journal.health();
  return watch.result(static_cast<double>(health.writes) / static_cast<double>(health.commits));
}

template <class Member>
std::vector<double> sorted(const Cell& cell, Member member) {
  std::vector<double> values;
  for (const auto& round : cell.rounds) values.push_back(round.*member);
  std::ranges::sort(values);
  return values;
}

void print_line(const Cell& cell) {
  const auto rates = sorted(cell, &Measured::per_second);
  const auto middle = rates.size() / 2;
  fmt::print("| {:<34} | {:>7} | {:>8.0f} | {:>6.0f} - {:<6.0f} | {:>7.0f} | {:>7.0f} | {:>6.1f} | {:>6.1f} |\n",
             cell.name, cell.writers, rates[middle], rates.front(), rates.back(),
             sorted(cell, &Measured::p50_us)[middle], sorted(cell, &Measured::p99_us)[middle],
             sorted(cell, &Measured::writes_per_commit)[middle], sorted(cell, &Measured::cpu_us)[middle]);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    fmt::print(stderr, "usage: journal_bench DIRECTORY [SECONDS_PER_CELL] [ROUNDS]\n");
    return 64;
  }
  const std::string directory = argv[1];
  const Seconds limit(argc > 2 ? std::atof(argv[2]) : 1.0);
  const int rounds = argc > 3 ? std::atoi(argv[3]) : 5;

  Cell raw{.name = "fdatasync after a 4 KB append"};
  std::vector<Cell> cells;
  for (const int writes : {3, 2}) {
    const std::string unit = writes == 3 ? "accept+start+finish" : "accept+finish";
    for (const int writers : {1, 16, 64}) {
      cells.push_back({.name = unit + ", grouped", .writers = writers, .writes_per_run = writes});
      cells.push_back(
          {.name = unit + ", one per commit", .writers = writers, .batch_limit = 1, .writes_per_run = writes});
    }
  }
  for (int round = 0; round < rounds; ++round) {
    const auto path = fmt::format("{}/journal-{}.db", directory, round);
    raw.rounds.push_back(measure_fdatasync(directory, limit));
    for (auto& cell : cells) cell.rounds.push_back(measure_journal(path, cell, limit));
    std::filesystem::remove(path);
  }

  fmt::print(
      "| what                               | writers | median/s |     min - max   | p50 µs  | p99 µs  | w/comm | CPU "
      "µs |\n");
  fmt::print("|---|---|---|---|---|---|---|---|\n");
  print_line(raw);
  for (const auto& cell : cells) print_line(cell);
}
