// Watches the memory of a process and all below it from outside, until it is told to end (SIGTERM, or the end of its
// input), and writes what it saw as one line of JSON. With --kill it plays the kernel's part at the limit.
#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <csignal>
#include <cstdio>
#include <memory>
#include <string>

#include "tests/support/tree_watch.hpp"

namespace {

using holdfast::testing::TreeWatch;
using holdfast::testing::TreeWatchOptions;

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

// Before any thread is started, so that all of them leave the signals to us.
int block_signals() {
  sigset_t ends;
  ::sigemptyset(&ends);
  ::sigaddset(&ends, SIGTERM);
  ::sigaddset(&ends, SIGINT);
  ::sigprocmask(SIG_BLOCK, &ends, nullptr);
  return ::signalfd(-1, &ends, SFD_CLOEXEC);
}

// What comes in is of no interest, only that it ends.
void wait_for_the_end(int signals) {
  std::array<pollfd, 2> sources{pollfd{STDIN_FILENO, POLLIN, 0}, pollfd{signals, POLLIN, 0}};
  std::array<char, 256> ignored{};
  while (::poll(sources.data(), sources.size(), -1) >= 0) {
    if (sources[1].revents != 0) return;
    if (sources[0].revents != 0 && ::read(STDIN_FILENO, ignored.data(), ignored.size()) <= 0) return;
  }
}

}  // namespace

int main(int argc, char** argv) {
  TreeWatchOptions options;
  int period_ms = 5;
  std::string trace;
  CLI::App app("Watches the memory of a process tree; writes what it saw when it is told to end.");
  app.add_option("--root", options.root, "Process at the top of the tree")->required();
  app.add_option("--limit", options.limit, "Bytes")->required();
  app.add_flag("--kill", options.kills, "Kill the largest process whenever the tree passes the limit");
  app.add_option("--period", period_ms, "Milliseconds between two looks")->check(CLI::Range(1, 1000));
  app.add_option("--trace", trace, "A file for every look: microseconds since 1970, bytes");
  CLI11_PARSE(app, argc, argv);
  options.period = std::chrono::milliseconds(period_ms);

  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const int signals = block_signals();
  std::unique_ptr<std::FILE, CloseFile> file;
  if (!trace.empty()) {
    file.reset(std::fopen(trace.c_str(), "w"));
    if (!file) {
      std::perror(trace.c_str());
      return 1;
    }
    options.trace = [to = file.get()](std::int64_t at, std::uint64_t bytes) { fmt::print(to, "{} {}\n", at, bytes); };
  }
  const TreeWatch watch(options);
  wait_for_the_end(signals);
  const auto seen = watch.seen();
  fmt::print("{{\"peak\":{},\"looks\":{},\"over_limit\":{},\"kills\":{},\"longest_gap_us\":{}}}\n", seen.peak,
             seen.looks, seen.over_limit, seen.kills, seen.longest_gap.count());
  return 0;
}
