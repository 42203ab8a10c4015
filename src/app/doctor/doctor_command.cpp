// `holdfast doctor`: what is wrong with a setup before it hurts, and which setting to change.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json/serialize.hpp>

#include "app/commands.hpp"
#include "app/doctor/machine_checks.hpp"
#include "app/doctor/path_probe.hpp"
#include "app/run_text.hpp"
#include "base/duration.hpp"
#include "base/json.hpp"

namespace holdfast::app {
namespace {

constexpr int kLongestSilence = 175;

std::string_view to_string(Health health) {
  switch (health) {
    case Health::good: return "good";
    case Health::note: return "note";
    case Health::warning: return "warning";
    case Health::bad: return "bad";
  }
  std::unreachable();
}

std::string_view word_of(Health health) {
  switch (health) {
    case Health::good: return "ok";
    case Health::note: return "note";
    case Health::warning: return "warning";
    case Health::bad: return "BAD";
  }
  std::unreachable();
}

void print_for_people(const Findings& findings) {
  for (const auto& finding : findings) {
    fmt::print("{:<8} {:<14} {}\n", word_of(finding.health), finding.subject, finding.text);
    if (!finding.advice.empty()) fmt::print("{:<8} {:<14} -> {}\n", "", "", finding.advice);
  }
}

void print_json(const Findings& findings) {
  json::array list;
  for (const auto& finding : findings) {
    list.push_back(json::object{{"health", to_string(finding.health)},
                                {"subject", finding.subject},
                                {"text", finding.text},
                                {"advice", finding.advice}});
  }
  fmt::print("{}\n", json::serialize(json::object{{"findings", std::move(list)}}));
}

}  // namespace

int doctor(const LoadedSettings& settings, const DoctorOptions& options) {
  Findings findings;
  if (options.server.url.empty()) {
    findings = check_machine(settings);
  } else {
    const auto longest = parse_duration(options.longest);
    const auto seconds = longest ? std::chrono::floor<std::chrono::seconds>(*longest) : std::chrono::seconds(0);
    if (seconds.count() < 1 || seconds.count() > kLongestSilence) {
      return report(Error(ErrorCode::invalid_argument, fmt::format("--longest is a time from 1s to {}s, and not \"{}\"",
                                                                   kLongestSilence, options.longest)));
    }
    const auto measured = measure_path(options.server, seconds);
    if (!measured) return report(measured.error());
    const auto& values = settings.values;
    findings = judge_path(*measured, {values.hold, values.heartbeat, values.max_wait});
  }
  if (options.output == Output::json) print_json(findings);
  if (options.output == Output::people) print_for_people(findings);
  const auto worst = std::ranges::max(findings, {}, &Finding::health).health;
  return worst == Health::bad ? 2 : worst == Health::warning ? 1 : 0;
}

}  // namespace holdfast::app
