#include "workers/agent_link.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>

#include "workers/worker_environment.hpp"

namespace holdfast::workers {
namespace {

// An idle interpreter answers within a millisecond; a collection takes tens.
constexpr std::chrono::milliseconds kFirstLook{1};
constexpr std::chrono::milliseconds kSlowLook{20};

// Node takes a path with spaces in double quotes, and a backslash before what they would end at.
std::string quoted(const std::string& path) {
  std::string out = "\"";
  for (const char c : path) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

// The last word on an option counts: what is there already stays in force.
std::string with_options(std::string_view name, std::string_view ours, char separator,
                         const std::vector<std::string_view>& environment) {
  const auto theirs = value_of(environment, name);
  auto entry = fmt::format("{}={}", name, ours);
  if (!theirs.empty()) entry += separator + std::string(theirs);
  return entry;
}

}  // namespace

Result<std::shared_ptr<AgentLink>> AgentLink::make(const AgentConfig& config) {
  // The dynamic linker knows no way to quote them.
  if (config.library.empty() || config.library.find_first_of(" :") != std::string::npos) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("\"{}\" cannot be preloaded: its path has a space or a colon", config.library));
  }
  FileDescriptor file(::memfd_create("holdfast-agent", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (file.get() < 0) return fail_errno(ErrorCode::resource_exhausted, "make the agent's page", errno);
  if (::ftruncate(file.get(), static_cast<off_t>(agent::kPageSize)) != 0) {
    return fail_errno(ErrorCode::resource_exhausted, "size the agent's page", errno);
  }
  // A page that the worker could make smaller would end us at the next look.
  if (::fcntl(file.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) {
    return fail_errno(ErrorCode::resource_exhausted, "seal the agent's page", errno);
  }
  void* mapped = ::mmap(nullptr, agent::kPageSize, PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0);
  if (mapped == MAP_FAILED) return fail_errno(ErrorCode::resource_exhausted, "map the agent's page", errno);
  agent::Head head{.magic = agent::kMagic,
                   .version = agent::kVersion,
                   .interval_ms = static_cast<std::uint32_t>(config.interval.count()),
                   .gc_thresholds = {},
                   .reserved = 0};
  std::ranges::copy(config.gc_thresholds, head.gc_thresholds);
  std::memcpy(mapped, &head, sizeof head);
  return std::make_shared<AgentLink>(std::move(file), static_cast<std::uint64_t*>(mapped), config);
}

AgentLink::AgentLink(FileDescriptor file, std::uint64_t* page, const AgentConfig& config)
    : file_(std::move(file)), page_(page), config_(config) {}

AgentLink::~AgentLink() { ::munmap(page_, agent::kPageSize); }

std::vector<std::string> AgentLink::entries(const std::vector<std::string_view>& environment,
                                            std::string page_path) const {
  // By our own number: nothing is left behind in a file system, whatever becomes of us.
  if (page_path.empty()) page_path = fmt::format("/proc/{}/fd/{}", ::getpid(), file_.get());
  std::vector<std::string> out;
  out.push_back(fmt::format("{}={}", agent::kPageVariable, page_path));
  if (!profile_path_.empty()) {
    out.push_back(fmt::format("{}={}", agent::kProfileVariable, profile_path_));
    out.push_back(fmt::format("{}={}", agent::kSamplingVariable, config_.sampling ? 1 : 0));
    // Whichever jemalloc there is in it.
    if (config_.sampling) out.push_back(with_options("MALLOC_CONF", "prof:true", ',', environment));
  }
  const auto preloaded = value_of(environment, "LD_PRELOAD");
  out.push_back(fmt::format("LD_PRELOAD={}{}{}", config_.library, preloaded.empty() ? "" : ":", preloaded));
  // The runtime of an address sanitizer ends a program in which it is not the first library, unless told otherwise. It
  // is right to where its malloc is not the first one.
  if (!config_.brings_malloc) {
    out.push_back(with_options("ASAN_OPTIONS", "verify_asan_link_order=0", ':', environment));
  }
  // Node does not start without a script that it is told to load.
  if (config_.node_script.empty() || ::access(config_.node_script.c_str(), R_OK) != 0) return out;
  const auto options = value_of(environment, "NODE_OPTIONS");
  out.push_back(
      fmt::format("NODE_OPTIONS={}{}--require {}", options, options.empty() ? "" : " ", quoted(config_.node_script)));
  return out;
}

Result<memory::AgentFigures> AgentLink::figures(SteadyTime now) const {
  return memory::read_agent_figures(page(), now);
}

std::uint32_t AgentLink::send(agent::Command command) {
  commands_ = (commands_ + 1) % (1U << (32 - agent::kKindBits));
  if (commands_ == 0) commands_ = 1;
  const auto word = (commands_ << agent::kKindBits) | static_cast<std::uint32_t>(command);
  auto* slot = reinterpret_cast<agent::CommandSlot*>(reinterpret_cast<std::byte*>(page_) + agent::kCommandAt);
  __atomic_store_n(&slot->word, word, __ATOMIC_RELEASE);
  ::syscall(SYS_futex, &slot->word, FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0);
  return word;
}

awaitable<Result<memory::AgentAnswer>> AgentLink::ask(std::shared_ptr<AgentLink> self, agent::Command command,
                                                      SteadyTime deadline) {
  if (self->asking_) co_return fail(ErrorCode::conflict, "the agent is at work already");
  if (!self->is_claimed()) co_return fail(ErrorCode::failed_precondition, "the worker has no agent");
  self->asking_ = true;
  const auto word = self->send(command);
  Result<memory::AgentAnswer> answer = fail(ErrorCode::not_found, "");
  for (auto pause = kFirstLook;; pause = std::min(pause * 2, kSlowLook)) {
    answer = memory::read_agent_answer(self->page(), word);
    if (answer || answer.error().code() != ErrorCode::not_found) break;
    const auto now = system_clock().steady();
    if (now >= deadline) {
      answer = fail(ErrorCode::deadline_exceeded, "the agent did not answer in time");
      break;
    }
    const auto next = std::min(now + pause, deadline);
    const bool slept = co_await sleep_until(next);
    if (!slept) {
      answer = fail(ErrorCode::cancelled, "ask the agent");
      break;
    }
  }
  self->asking_ = false;
  co_return answer;
}

}  // namespace holdfast::workers
