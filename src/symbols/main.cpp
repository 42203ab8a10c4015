// holdfast-symbols PID FILE: makes the heap profile of a worker out of what jemalloc's profiler has written into FILE,
// in its place. First without names, which is certain to work; then with those of the functions. It reads files that
// are the worker's, so the server starts it as the worker's user, and it sets itself limits of time and memory. When it
// is ended in the middle, FILE is one or the other.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

#include "base/file_descriptor.hpp"
#include "base/untrusted_file.hpp"
#include "symbols/address_names.hpp"
#include "symbols/heap_dump.hpp"
#include "symbols/named_profile.hpp"

namespace holdfast::symbols {
namespace {

constexpr std::chrono::seconds kForNames{3};
constexpr rlim_t kProcessorSeconds = 5;
constexpr rlim_t kLargestFile = rlim_t{4} << 20U;
#ifdef HOLDFAST_SANITIZED  // Its runtime maps terabytes.
constexpr rlim_t kMostData = RLIM_INFINITY;
#else  // The files themselves are mapped, which does not count here.
constexpr rlim_t kMostData = rlim_t{256} << 20U;
#endif

void limit(__rlimit_resource_t resource, rlim_t most) {
  const rlimit wanted{most, most};
  ::setrlimit(resource, &wanted);
}

void limit_ourselves() {
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_CPU, kProcessorSeconds);
  limit(RLIMIT_FSIZE, kLargestFile);
  limit(RLIMIT_DATA, kMostData);
}

int report(const Error& error) {
  fmt::print(stderr, "holdfast-symbols: {}\n", error.message());
  return exit_status(error.code());
}

Result<void> replace_file(const std::string& path, std::string_view text) {
  const auto part = path + ".part";
  ::unlink(part.c_str());
  const FileDescriptor file(::open(part.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (file.get() < 0) return fail_errno(ErrorCode::unavailable, "make " + part, errno);
  while (!text.empty()) {
    const auto written = ::write(file.get(), text.data(), text.size());
    if (written < 0) return fail_errno(ErrorCode::unavailable, "write " + part, errno);
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  if (::rename(part.c_str(), path.c_str()) != 0) return fail_errno(ErrorCode::unavailable, "rename " + part, errno);
  return {};
}

Result<void> name_stacks(int pid, const std::string& path) {
  const auto text = read_untrusted_file(path, kLargestDump);
  if (!text) return std::unexpected(text.error());
  const auto dump = parse_heap_dump(*text);
  if (!dump) return std::unexpected(dump.error());
  const auto written = replace_file(path, to_profile_json(*dump, {}));
  if (!written) return std::unexpected(written.error());
  const auto& clock = system_clock();
  const auto names = name_addresses(pid, *dump, clock, clock.steady() + kForNames);
  return replace_file(path, to_profile_json(*dump, names));
}

}  // namespace
}  // namespace holdfast::symbols

int main(int argc, char** argv) {
  int pid = 0;
  const char* end = argc == 3 ? argv[1] + std::strlen(argv[1]) : nullptr;
  if (end == nullptr || std::from_chars(argv[1], end, pid).ptr != end || pid <= 0) {
    fmt::print(stderr, "usage: holdfast-symbols PID FILE (docs/agent.md)\n");
    return 64;
  }
  holdfast::symbols::limit_ourselves();
  ::unsetenv("DEBUGINFOD_URLS");  // The library would ask the network for debug files.
  const auto named = holdfast::symbols::name_stacks(pid, argv[2]);
  return named ? 0 : holdfast::symbols::report(named.error());
}
