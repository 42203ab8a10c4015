#include "app/top_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "app/report_text.hpp"
#include "app/table_text.hpp"
#include "base/text.hpp"

namespace holdfast::app {
namespace {

constexpr std::string_view kNothing = "-";
constexpr int kBarWidth = 40;
constexpr double kMegabyte = 1024.0 * 1024.0;

std::optional<double> number_of(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  if (!value || !value->is_number()) return std::nullopt;
  return value->to_number<double>();
}

std::string megabytes(std::optional<double> count) {
  return count ? fmt::format("{:.0f} MB", *count) : std::string(kNothing);
}

std::string megabytes_of_bytes(const json::object& object, std::string_view key) {
  const auto bytes = number_of(object, key);
  return megabytes(bytes ? std::optional(*bytes / kMegabyte) : std::nullopt);
}

// With its sign, and finer: what a run leaves behind is small beside what a worker holds.
std::string growth(std::optional<double> bytes) {
  return bytes ? fmt::format("{:+.1f} MB", *bytes / kMegabyte) : std::string(kNothing);
}

std::string whole(const json::object& object, std::string_view key) {
  const auto number = number_of(object, key);
  return number ? fmt::format("{:.0f}", *number) : std::string(kNothing);
}

std::string text_of(const json::object& object, std::string_view key) {
  return printable(find_string(object, key).value_or(kNothing));
}

std::vector<const json::object*> objects_of(const json::object& object, std::string_view key) {
  std::vector<const json::object*> items;
  const auto* list = object.if_contains(key);
  if (!list || !list->is_array()) return items;
  for (const auto& item : list->get_array()) {
    if (item.is_object()) items.push_back(&item.get_object());
  }
  return items;
}

std::string painted(std::string_view level, std::string_view text, Colour colour) {
  if (colour == Colour::no) return std::string(text);
  const int code = level == "normal" ? 32 : level == "warning" ? 33 : 31;
  return fmt::format("\x1b[{}m{}\x1b[0m", code, text);
}

std::string bar(double share) {
  const int filled = static_cast<int>(std::lround(std::clamp(share, 0.0, 1.0) * kBarWidth));
  return fmt::format("[{}{}]", std::string(static_cast<std::size_t>(filled), '#'),
                     std::string(static_cast<std::size_t>(kBarWidth - filled), ' '));
}

std::string memory_lines(const json::object& memory, Colour colour) {
  const auto level = text_of(memory, "status");
  const auto percent = number_of(memory, "usage_percent");
  const auto used = megabytes(number_of(memory, "memory_rss_mb"));
  const auto limit = megabytes(number_of(memory, "memory_limit_mb"));
  auto text = fmt::format("Memory    {:<9}  {} of {}, {}  {}\n", level, used, limit,
                          percent ? fmt::format("{:.0f} %", *percent) : std::string(kNothing),
                          painted(level, bar(percent.value_or(0) / 100), colour));
  // The level is padded first: escape sequences would count as width.
  if (colour == Colour::yes) text.replace(10, level.size(), painted(level, level, colour));
  const auto* warnings = memory.if_contains("warnings");
  if (!warnings || !warnings->is_array()) return text;
  for (const auto& warning : warnings->get_array()) {
    if (warning.is_string()) text += fmt::format("          {}\n", printable(warning.get_string()));
  }
  return text;
}

std::string server_line(const json::object& memory) {
  const auto* bands = find_object(memory, "bands");
  if (!bands) return "";
  if (!number_of(*bands, "live_bytes")) {
    return fmt::format("Server    {} resident\n", megabytes_of_bytes(*bands, "resident_bytes"));
  }
  return fmt::format("Server    {} resident: {} live, {} kept by its allocator, {} outside\n",
                     megabytes_of_bytes(*bands, "resident_bytes"), megabytes_of_bytes(*bands, "live_bytes"),
                     megabytes_of_bytes(*bands, "allocator_held_bytes"), megabytes_of_bytes(*bands, "outside_bytes"));
}

std::string runs_line(const TopLook& look) {
  std::string text;
  const auto* now = find_object(look.memory, "scaling_info");
  if (now) text = fmt::format("Runs      {} running, {} waiting", whole(*now, "running"), whole(*now, "queued"));
  const auto* runs = find_object(look.health, "runs");
  if (now && runs) {
    text +=
        fmt::format("; since the start {} completed, {} failed, {} expired, {} cancelled", whole(*runs, "completed"),
                    whole(*runs, "failed"), whole(*runs, "expired"), whole(*runs, "cancelled"));
  }
  return text.empty() ? "" : text + "\n";
}

std::string admission_lines(const json::object& memory) {
  const auto* admission = find_object(memory, "admission");
  if (!admission) return "";
  auto text =
      fmt::format("Reserved  {} for running analyses, {} of it not taken yet\n",
                  megabytes_of_bytes(*admission, "reserved_bytes"), megabytes_of_bytes(*admission, "unconsumed_bytes"));
  if (const auto* head = find_object(*admission, "head_waits")) {
    text +=
        fmt::format("Waiting   the next run needs {}, {} are free ({})\n", megabytes_of_bytes(*head, "needed_bytes"),
                    megabytes_of_bytes(*head, "free_bytes"), text_of(*head, "reason"));
  }
  return text;
}

std::string cache_line(const json::object& memory) {
  const auto* cache = find_object(memory, "cache_info");
  if (!cache || !find_bool(*cache, "enabled").value_or(false)) return "";
  const auto rate = number_of(*cache, "hit_rate");
  return fmt::format("Cache     {} answers, {} of {}, {} of the questions found in it\n", whole(*cache, "entries"),
                     megabytes_of_bytes(*cache, "bytes"), megabytes_of_bytes(*cache, "budget_bytes"),
                     rate ? fmt::format("{:.0f} %", *rate * 100) : "none");
}

std::string workers_table(const json::object& memory) {
  std::vector<TextRow> rows{{"WORKER", "PID", "STATE", "HELD", "IDLE", "FRESH", "RUNS", "PROCESSES", "THREADS"}};
  for (const auto* worker : objects_of(memory, "workers")) {
    rows.push_back({whole(*worker, "index"), whole(*worker, "pid"), text_of(*worker, "state"),
                    megabytes_of_bytes(*worker, "resident_bytes"), megabytes_of_bytes(*worker, "floor_bytes"),
                    megabytes_of_bytes(*worker, "fresh_floor_bytes"), whole(*worker, "runs"),
                    whole(*worker, "processes"), whole(*worker, "threads")});
  }
  return rows.size() > 1 ? "\n" + format_table(rows) : "\nno worker process is running\n";
}

std::string routes_table(const json::object& memory) {
  std::vector<TextRow> rows{{"ROUTE", "RUNS", "NEEDS", "GREW LAST", "A RUN LEAVES", "VERDICT", "LIMIT IN"}};
  for (const auto* route : objects_of(memory, "routes")) {
    const auto left = number_of(*route, "seconds_to_limit");
    const bool measured = find_bool(*route, "measured").value_or(false);
    rows.push_back({text_of(*route, "route"), whole(*route, "runs"),
                    measured ? megabytes_of_bytes(*route, "predicted_bytes") : "unmeasured",
                    growth(number_of(*route, "last_growth_bytes")), growth(number_of(*route, "slope_bytes_per_run")),
                    text_of(*route, "verdict"),
                    left ? short_time(static_cast<std::int64_t>(*left) * 1000) : std::string(kNothing)});
  }
  return rows.size() > 1 ? "\n" + format_table(rows) : "";
}

}  // namespace

std::string top_text(const TopLook& look, Colour colour) {
  return memory_lines(look.memory, colour) + server_line(look.memory) + runs_line(look) + admission_lines(look.memory) +
         cache_line(look.memory) + workers_table(look.memory) + routes_table(look.memory);
}

std::string fit_to_screen(std::string_view text, std::size_t rows, std::size_t columns) {
  std::string screen;
  for (std::size_t row = 0; row < rows && !text.empty(); ++row) {
    const auto line = text.substr(0, text.find('\n'));
    std::size_t shown = 0;
    bool escaped = false;
    for (std::size_t at = 0; at < line.size();) {
      const auto length = std::max<std::size_t>(1, utf8_sequence_length(line, at));
      const bool begins = line[at] == '\x1b';
      if (begins || escaped) {
        escaped = begins || line[at] != 'm';
      } else if (++shown > columns) {
        break;
      }
      screen += line.substr(at, length);
      at += length;
    }
    // What was cut may have been the end of a colour.
    if (shown > columns) screen += "\x1b[0m";
    screen += '\n';
    text.remove_prefix(std::min(text.size(), line.size() + 1));
  }
  return screen;
}

}  // namespace holdfast::app
