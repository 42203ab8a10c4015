#include "memory/probe.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "memory/kernel_text.hpp"

namespace holdfast::memory {
namespace {

/// What is missing is not there; what cannot be read is an error.
template <class T>
Result<std::optional<T>> if_there(Result<T>&& result) {
  if (result) return std::optional<T>(*std::move(result));
  if (result.error().code() == ErrorCode::not_found) return std::optional<T>();
  return std::unexpected(std::move(result).error());
}

double ratio(const Usage& usage) {
  return static_cast<double>(usage.used.count()) / static_cast<double>(usage.limit.count());
}

Result<Bytes> machine_memory(const KernelFiles& files) {
  auto text = files.read("/proc/meminfo");
  // A machine has memory: a missing file is a failed reading.
  if (!text) return fail(ErrorCode::unavailable, "read memory of the machine: " + text.error().message());
  auto total = kilobytes_of(*text, "MemTotal:");
  if (!total) return fail(std::move(total), "read memory of the machine");
  return total;
}

/// What our group is judged by, and the group's figures. None: no group on the way up has a limit that counts.
struct GroupReading {
  CgroupLimit limit;
  CgroupUsage usage;
};

Result<std::optional<GroupReading>> read_group(const KernelFiles& files, const Result<Cgroup>& cgroup, Bytes machine) {
  if (!cgroup) return std::unexpected(cgroup.error());
  auto limit = cgroup->limit(files);
  if (!limit) return fail(std::move(limit));
  const auto nearest = *limit;
  if (!nearest || nearest->limit >= machine) return std::optional<GroupReading>();
  auto usage = cgroup->usage(files, nearest->group);
  if (!usage) return fail(ErrorCode::unavailable, "limited cgroup: " + usage.error().message());
  return GroupReading{*nearest, *usage};
}

Result<Usage> judge(const Result<Bytes>& machine, const Result<std::optional<GroupReading>>& group,
                    const Result<Bytes>& tree, std::optional<Bytes> setting) {
  if (!machine) return std::unexpected(machine.error());
  if (!group) return std::unexpected(group.error());
  std::optional<Usage> nearest;
  if (const auto& ours = *group)
    nearest = Usage{ours->usage.hard, ours->limit.limit, LimitSource::cgroup, ours->limit.group};
  if (!nearest || setting) {
    if (!tree) return std::unexpected(tree.error());
    const bool set = setting && *setting <= *machine;
    const Usage ours{*tree, set ? *setting : *machine, set ? LimitSource::setting : LimitSource::machine, {}};
    if (!nearest || (ours.limit.count() != 0 && ratio(ours) > ratio(*nearest))) nearest = ours;
  }
  if (nearest->limit.count() == 0) return fail(ErrorCode::failed_precondition, "the memory limit is zero");
  return *std::move(nearest);
}

Result<std::optional<Bytes>> working_set(const KernelFiles& files, const Result<Cgroup>& cgroup,
                                         const Result<std::optional<GroupReading>>& group) {
  if (group) {
    if (const auto& limited = *group) return limited->usage.working_set;
  }
  if (!cgroup) return std::unexpected(cgroup.error());
  if (cgroup->version() == CgroupVersion::none) return std::optional<Bytes>();
  auto usage = if_there(cgroup->usage(files, cgroup->groups().front()));
  if (!usage) return fail(std::move(usage));
  const auto own = *usage;
  return own ? std::optional(own->working_set) : std::nullopt;
}

Result<std::optional<Stall>> read_stall(const KernelFiles& files, const Result<Cgroup>& cgroup) {
  Result<std::string> text = fail(ErrorCode::not_found, "no group");
  if (cgroup && cgroup->version() == CgroupVersion::v2)
    text = files.read(cgroup->groups().front() + "/memory.pressure");
  // Without a group of our own the pressure on the whole machine says the most.
  if (!text && text.error().code() == ErrorCode::not_found) text = files.read("/proc/pressure/memory");
  if (!text) return if_there(Result<Stall>(fail(std::move(text), "read pressure")));
  return if_there(parse_stall(*text));
}

Result<std::optional<std::uint64_t>> read_oom_kills(const KernelFiles& files, const Result<Cgroup>& cgroup) {
  if (!cgroup) return std::unexpected(cgroup.error());
  return if_there(cgroup->oom_kills(files));
}

}  // namespace

std::string_view to_string(LimitSource source) noexcept {
  switch (source) {
    case LimitSource::setting: return "setting";
    case LimitSource::cgroup: return "cgroup";
    case LimitSource::machine: return "machine";
  }
  std::unreachable();
}

const Result<Cgroup>& Probe::cgroup() {
  if (!cgroup_ || !*cgroup_) cgroup_ = Cgroup::discover(files_);
  return *cgroup_;
}

std::optional<Bytes> Probe::read_worker(int pid) const {
  const auto tree = read_process_tree(files_, pid, {});
  return tree.own && tree.resident ? std::optional(*tree.resident) : std::nullopt;
}

std::optional<Overcount> Probe::overcount(int pid) const {
  std::optional<Overcount> sum;
  for (const int process : read_process_tree(files_, pid, {}).pids) {
    const auto text = files_.read(fmt::format("/proc/{}/smaps_rollup", process));
    if (!text) continue;
    const auto lazily_freed = kilobytes_of(*text, "LazyFree:");
    if (!lazily_freed) continue;
    if (!sum) sum.emplace();
    sum->lazily_freed = Bytes(sum->lazily_freed.count() + lazily_freed->count());
    // A process has its share of each page: one part of as many as map it.
    const auto all = kilobytes_of(*text, "Anonymous:");
    const auto share = kilobytes_of(*text, "Pss_Anon:");
    if (!all || !share || *all <= *share) continue;
    sum->shared = Bytes(sum->shared.count() + all->count() - share->count());
  }
  return sum;
}

Snapshot Probe::take(std::span<const int> worker_pids, std::optional<Bytes> setting, SteadyTime now) {
  const auto& own_cgroup = cgroup();
  const auto machine = machine_memory(files_);
  const auto group = machine ? read_group(files_, own_cgroup, *machine)
                             : Result<std::optional<GroupReading>>(std::unexpected(machine.error()));
  auto processes = read_process_tree(files_, own_pid_, worker_pids);
  return Snapshot{
      .at = now,
      .usage = judge(machine, group, processes.resident, setting),
      .tree = std::move(processes.resident),
      .own = std::move(processes.own),
      .workers = std::move(processes.workers),
      .working_set = working_set(files_, own_cgroup, group),
      .stall = read_stall(files_, own_cgroup),
      .oom_kills = read_oom_kills(files_, own_cgroup),
  };
}

}  // namespace holdfast::memory
