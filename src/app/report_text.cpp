#include "app/report_text.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "app/run_text.hpp"

namespace holdfast::app {
namespace {

constexpr std::string_view kUsualUrl = "http://127.0.0.1:8000";

std::string counted(std::int64_t count, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", count, count == 1 ? one : many);
}

/// The other servers' names, reasons and routes are somebody's text: they must not reach the terminal as commands.
std::string one_line(std::string_view text) {
  std::string line(text);
  for (auto& c : line) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
  }
  return line;
}

std::string health_line(const SeenHealth& health) {
  std::string memory = fmt::format("memory {}", health.level);
  if (health.used_mb && health.limit_mb && *health.limit_mb > 0) {
    memory += fmt::format(", {:.0f} of {:.0f} MB used ({:.0f} %)", *health.used_mb, *health.limit_mb,
                          100 * *health.used_mb / *health.limit_mb);
  }
  return fmt::format("{}, {} of {} workers ready, {}", health.healthy ? "healthy" : "degraded", health.workers_ready,
                     health.workers, memory);
}

std::string database_line(const SeenHealth& health) {
  std::string line = health.database_type.empty() ? health.database : health.database_type + ", " + health.database;
  if (health.spill_active || health.spilled_runs > 0) {
    line += ", " + counted(health.spilled_runs, "run", "runs") + " in the local journal";
  }
  return line;
}

std::string runs_line(const Seen& seen, const RunFigures& runs) {
  std::string line = fmt::format("{}{}", seen.runs_cut ? "the latest " : "", runs.total);
  auto add = [&line, separator = ": "](std::int64_t count, std::string_view what) mutable {
    if (count == 0) return;
    line += fmt::format("{}{} {}", separator, count, what);
    separator = ", ";
  };
  add(runs.completed, "completed");
  add(runs.failed, "failed");
  add(runs.expired, "too late");
  add(runs.cancelled, "cancelled");
  add(runs.under_way, "under way");
  return line;
}

std::string delivery_line(const Seen& seen) {
  if (seen.undelivered == 0) return "every answer was acknowledged";
  return fmt::format(
      "{}{}", seen.undelivered_cut ? "more than " : "",
      counted(seen.undelivered, "answer that no client has acknowledged", "answers that no client has acknowledged"));
}

std::string time_line(const RunFigures& runs) {
  if (!runs.run_time || !runs.queue_time) return "no run has ended";
  return fmt::format("run {} (p95 {}), wait {} (p95 {})", short_time(runs.run_time->p50_ms),
                     short_time(runs.run_time->p95_ms), short_time(runs.queue_time->p50_ms),
                     short_time(runs.queue_time->p95_ms));
}

std::string recovery_line(const RunFigures& runs) {
  if (runs.lost_an_attempt == 0) return "no run lost an attempt";
  return fmt::format("{} of {} that lost an attempt completed all the same ({:.0f} %)", runs.recovered,
                     counted(runs.lost_an_attempt, "run", "runs"),
                     100.0 * static_cast<double>(runs.recovered) / static_cast<double>(runs.lost_an_attempt));
}

std::string memory_line(const MemoryFigures& memory) {
  std::string line = counted(memory.level_changes, "change of level", "changes of level");
  if (memory.longest_critical_ms > 0)
    line += ", at critical or above for " + short_time(memory.longest_critical_ms) + " at most";
  line += ", " + counted(memory.emergencies, "emergency", "emergencies");
  if (memory.fragmentations > 0) line += ", fragmented " + counted(memory.fragmentations, "time", "times");
  return line;
}

std::string relief_line(const MemoryFigures& memory) {
  if (memory.relief_walks + memory.recycles + memory.preemptions + memory.kernel_kills == 0) return "none was needed";
  return fmt::format("{} gave back {:.0f} MB; {}, {}, {}", counted(memory.relief_walks, "walk", "walks"),
                     static_cast<double>(memory.freed_bytes) / (1024.0 * 1024.0),
                     counted(memory.recycles, "worker recycled", "workers recycled"),
                     counted(memory.preemptions, "run preempted", "runs preempted"),
                     counted(memory.kernel_kills, "kernel kill", "kernel kills"));
}

std::string starts_line(const StartFigures& starts) {
  if (starts.starts == 0) return "none";
  return fmt::format("{}, {} without a stop before", starts.starts, starts.unclean);
}

json::value percentiles_json(const std::optional<Percentiles>& percentiles) {
  if (!percentiles) return nullptr;
  return json::object{{"p50", percentiles->p50_ms}, {"p95", percentiles->p95_ms}};
}

json::object health_json(const SeenHealth& health) {
  const auto number = [](const std::optional<double>& value) { return value ? json::value(*value) : json::value(); };
  return {{"healthy", health.healthy},           {"workers_ready", health.workers_ready},
          {"workers", health.workers},           {"level", health.level},
          {"used_mb", number(health.used_mb)},   {"limit_mb", number(health.limit_mb)},
          {"database", health.database},         {"database_type", health.database_type},
          {"spill_active", health.spill_active}, {"spilled_runs", health.spilled_runs}};
}

json::value runs_json(const Seen& seen, const RunFigures& runs) {
  if (!seen.runs_missing.empty()) return nullptr;
  return json::object{{"total", runs.total},
                      {"truncated", seen.runs_cut},
                      {"completed", runs.completed},
                      {"failed", runs.failed},
                      {"cancelled", runs.cancelled},
                      {"expired", runs.expired},
                      {"under_way", runs.under_way},
                      {"undelivered", seen.undelivered},
                      {"undelivered_truncated", seen.undelivered_cut},
                      {"lost_an_attempt", runs.lost_an_attempt},
                      {"recovered", runs.recovered},
                      {"run_ms", percentiles_json(runs.run_time)},
                      {"queue_ms", percentiles_json(runs.queue_time)},
                      {"slowest_run_id", runs.slowest.empty() ? json::value() : json::value(runs.slowest)}};
}

json::value memory_json(const Seen& seen, const MemoryFigures& memory) {
  if (!seen.incidents_missing.empty()) return nullptr;
  json::array leaking;
  for (const auto& route : memory.leaking_routes) leaking.emplace_back(route);
  return json::object{{"level_changes", memory.level_changes},
                      {"longest_critical_ms", memory.longest_critical_ms},
                      {"emergencies", memory.emergencies},
                      {"relief_walks", memory.relief_walks},
                      {"freed_bytes", memory.freed_bytes},
                      {"recycles", memory.recycles},
                      {"recycling_useless", memory.useless_recycling},
                      {"preemptions", memory.preemptions},
                      {"kernel_kills", memory.kernel_kills},
                      {"fragmentations", memory.fragmentations},
                      {"leaking_routes", std::move(leaking)},
                      {"restart_recommended",
                       memory.restart_recommended.empty() ? json::value() : json::value(memory.restart_recommended)}};
}

}  // namespace

std::string short_time(std::int64_t milliseconds) {
  const auto seconds = milliseconds / 1000;
  const auto with = [](std::int64_t whole, std::string_view unit, std::int64_t rest, std::string_view rest_unit) {
    return rest == 0 ? fmt::format("{} {}", whole, unit) : fmt::format("{} {} {} {}", whole, unit, rest, rest_unit);
  };
  if (milliseconds < 1000) return fmt::format("{} ms", milliseconds);
  if (seconds < 60) return fmt::format("{:.1f} s", static_cast<double>(milliseconds) / 1000.0);
  if (seconds < 3600) return with(seconds / 60, "min", seconds % 60, "s");
  // "24 h" is how a day is said here.
  if (seconds < 2 * 86400) return with(seconds / 3600, "h", seconds / 60 % 60, "min");
  return with(seconds / 86400, "d", seconds / 3600 % 24, "h");
}

std::vector<NextStep> next_steps(const DailyLook& look, const ServerAccess& server) {
  const auto url = server.url == kUsualUrl ? std::string() : " --url " + server.url;
  const std::string login = server.token.empty() ? "" : "-H \"Authorization: Bearer $HOLDFAST_TOKEN\" ";
  const auto slow = look.runs.slowest.empty() ? "holdfast runs" : "holdfast runs show " + look.runs.slowest;
  return {{"high memory", fmt::format("curl -s {}{}/health/memory", login, server.url)},
          {"timeouts", "holdfast runs --status expired" + url},
          {"errors", "holdfast runs --status failed" + url},
          {"performance", slow + url}};
}

std::string report_text(const Seen& seen, const DailyLook& look, const ServerAccess& server) {
  const auto period = seen.asked_at - seen.since;
  std::string text = fmt::format("Holdfast {} at {}, up {} (since {}). The last {}:\n\n", one_line(seen.health.version),
                                 server.url, short_time(seen.health.uptime_seconds * 1000),
                                 local_time(seen.asked_at - seen.health.uptime_seconds * 1000), short_time(period));
  const auto line = [&text](std::string_view name, std::string_view what) {
    text += fmt::format("  {:<13}{}\n", name, one_line(what));
  };
  line("now", health_line(seen.health));
  line("database", database_line(seen.health));
  if (seen.runs_missing.empty()) {
    line(server.token.empty() ? "runs" : "own runs", runs_line(seen, look.runs));
    line("delivery", delivery_line(seen));
    line("times", time_line(look.runs));
    line("recovery", recovery_line(look.runs));
  }
  if (seen.incidents_missing.empty()) {
    line("memory", memory_line(look.memory));
    line("relief", relief_line(look.memory));
    line("starts", starts_line(look.starts));
  }
  if (seen.incidents_cut) line("", "(older incidents of the period are not counted)");
  if (!seen.incidents_complete)
    line("", "(incidents of this server since the database is away; others are not known now)");

  text += look.attention.empty() ? "\nNothing needs attention.\n" : "\nNeeds attention:\n";
  for (const auto& sentence : look.attention) text += fmt::format("  - {}.\n", one_line(sentence));
  text += "\nWhat to look at:\n";
  for (const auto& step : next_steps(look, server)) text += fmt::format("  {:<13}{}\n", step.question, step.command);
  return text;
}

json::object report_json(const Seen& seen, const DailyLook& look, const ServerAccess& server) {
  json::array attention;
  for (const auto& sentence : look.attention) attention.emplace_back(sentence);
  json::object steps;
  for (const auto& step : next_steps(look, server)) {
    auto key = step.question;
    std::ranges::replace(key, ' ', '_');
    steps[key] = step.command;
  }
  const bool known = seen.incidents_missing.empty();
  return {{"url", server.url},
          {"version", seen.health.version},
          {"asked_at", seen.asked_at},
          {"since", seen.since},
          {"up_since", seen.asked_at - seen.health.uptime_seconds * 1000},
          {"needs_attention", !look.attention.empty()},
          {"attention", std::move(attention)},
          {"health", health_json(seen.health)},
          {"runs", runs_json(seen, look.runs)},
          {"memory", memory_json(seen, look.memory)},
          {"starts", known ? json::value(look.starts.starts) : json::value()},
          {"unclean_starts", known ? json::value(look.starts.unclean) : json::value()},
          {"incidents_complete", known && seen.incidents_complete && !seen.incidents_cut},
          {"what_to_look_at", std::move(steps)}};
}

}  // namespace holdfast::app
