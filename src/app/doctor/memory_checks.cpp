/// How much memory there is for the server and its workers.
#include <fmt/format.h>
#include <unistd.h>

#include <fstream>

#include "app/doctor/machine_checks.hpp"
#include "memory/probe.hpp"

namespace holdfast::app {
namespace {

double megabytes(Bytes size) { return static_cast<double>(size.count()) / 1048576.0; }

Finding limit_of(const memory::Usage& usage, const Settings& settings) {
  Finding finding{Health::good,
                  "memory limit",
                  fmt::format("{:.0f} MB, by {}", megabytes(usage.limit),
                              usage.source == memory::LimitSource::setting  ? "memory.limit"
                              : usage.source == memory::LimitSource::cgroup ? "the container"
                                                                            : "the RAM there is"),
                  {}};
  if (usage.source == memory::LimitSource::setting) return finding;
  finding.health = Health::note;
  finding.text += fmt::format("; memory.limit is {:.0f} MB", megabytes(settings.memory_limit));
  finding.advice = "the nearest limit counts; nothing has to be done unless more was expected";
  return finding;
}

Finding use_of(const memory::Usage& usage) {
  const auto share = static_cast<double>(usage.used.count()) / static_cast<double>(usage.limit.count());
  Finding finding{Health::good,
                  "memory in use",
                  fmt::format("{:.0f} % of it is taken before the server starts", share * 100.0),
                  {}};
  if (share < 0.39) return finding;
  finding.health = share < 0.78 ? Health::warning : Health::bad;
  finding.advice = "something else in this container uses it; raise its limit, or move that away";
  return finding;
}

// With one OOM kill the kernel ends all of the group: the server with the worker.
Finding group_kill() {
  memory::KernelFiles files("");
  const auto cgroup = memory::Cgroup::discover(files);
  if (!cgroup || cgroup->version() == memory::CgroupVersion::none) {
    return {Health::note, "container", "no memory control group: limits other than memory.limit are not seen", {}};
  }
  Finding finding{Health::good, "container", fmt::format("cgroup {}", to_string(cgroup->version())), {}};
  if (cgroup->version() != memory::CgroupVersion::v2) return finding;
  std::ifstream file(cgroup->groups().front() + "/memory.oom.group");
  std::string group;
  file >> group;
  if (group != "1") return finding;
  finding.health = Health::note;
  finding.text += ": when the kernel kills for memory it ends the whole container, the server too";
  finding.advice =
      "keep memory.limit a little below that of the container; what was accepted goes on after the restart";
  return finding;
}

}  // namespace

Findings check_memory(const Settings& settings) {
  memory::Probe probe("", ::getpid());
  const auto snapshot = probe.take({}, settings.memory_limit, system_clock().steady());
  if (!snapshot.usage) {
    return {{Health::bad, "memory limit", snapshot.usage.error().message(),
             "without it the server cannot keep to memory.limit"}};
  }
  return {limit_of(*snapshot.usage, settings), use_of(*snapshot.usage), group_kill()};
}

}  // namespace holdfast::app
