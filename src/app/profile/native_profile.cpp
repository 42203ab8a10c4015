#include "app/profile/native_profile.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <csignal>

#include "app/commands.hpp"
#include "workers/command.hpp"
#include "workers/process.hpp"

namespace holdfast::app {
namespace {

// It gives itself 3 s for the names, of which 0.1 s are usual.
constexpr std::chrono::seconds kPatience{6};

}  // namespace

awaitable<Result<void>> name_stacks(NativeDump dump) {
  const auto program = sibling_program("holdfast-symbols");
  if (::access(program.c_str(), X_OK) != 0) co_return fail(ErrorCode::not_found, program + " is missing");
  workers::Launch launch;
  launch.shell_text =
      fmt::format("exec {} {} {}", workers::shell_word(program), dump.pid, workers::shell_word(dump.path));
  launch.account = std::move(dump.account);
  const auto executor = co_await asio::this_coro::executor;
  const auto process = workers::Process::spawn(executor, launch);
  if (!process) co_return std::unexpected(process.error());
  const auto deadline = system_clock().steady() + kPatience;
  spawn(executor, "end naming stacks", [shared = *process, deadline]() -> awaitable<void> {
    co_await sleep_until(deadline);
    shared->signal_group(SIGKILL);
  });
  const auto exited = co_await (*process)->wait_exit();
  if (exited.status != 0) co_return fail(ErrorCode::unavailable, "holdfast-symbols " + describe(exited));
  co_return Result<void>();
}

std::string why_no_profile(const memory::AgentFigures& figures, bool sampling) {
  constexpr std::string_view kRecord = "worker.heap_profile = on records it from the start of the worker";
  if (figures.runtime == agent::kCPython) return "this Python is older than 3.7";
  if (figures.runtime == agent::kNode) return fmt::format("where Node allocates is not recorded: {}", kRecord);
  if (figures.allocator != agent::kJemalloc) {
    return fmt::format(
        "the memory of this program is from {} malloc, which does not record where it is allocated: worker.agent = "
        "jemalloc together with worker.heap_profile = on does, unless the program brings an allocator of its own",
        figures.allocator == agent::kGlibc ? "the C library's" : "another");
  }
  if (!sampling) return fmt::format("where jemalloc allocates is not recorded: {}", kRecord);
  return "the jemalloc in this program cannot record where it allocates, or MALLOC_CONF says prof:false; "
         "worker.agent = jemalloc brings one that can";
}

}  // namespace holdfast::app
