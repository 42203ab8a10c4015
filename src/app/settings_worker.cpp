/// How workers are started and spoken to.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>

#include "app/setting_kinds.hpp"
#include "app/settings_table.hpp"
#include "base/text.hpp"

namespace holdfast::app {
namespace {

// The route goes into the request line as it is.
Result<void> read_worker_route(Settings& settings, std::string_view text) {
  constexpr std::string_view kMethod = "POST ";
  const auto path = text.substr(std::min(text.size(), kMethod.size()));
  const bool visible = std::ranges::all_of(path, [](char c) { return c > 0x20 && c < 0x7F && c != '#'; });
  if (!text.starts_with(kMethod) || !path.starts_with('/') || !visible) {
    return fail(ErrorCode::invalid_argument,
                "write it as POST, one space and a path without spaces, for example \"POST /analyze\"");
  }
  settings.worker_route = text;
  return {};
}

Result<void> read_worker_agent(Settings& settings, std::string_view text) {
  if (text != "on" && text != "jemalloc" && text != "off") {
    return fail(ErrorCode::invalid_argument, fmt::format("\"{}\" is not on, jemalloc or off", text));
  }
  settings.worker_agent = text;
  return {};
}

// As gc.set_threshold() takes them, but that its first argument 0 would switch the collector off: nobody is to do that
// to a program from outside.
Result<void> read_gc_thresholds(Settings& settings, std::string_view text) {
  std::array<std::uint32_t, 3> thresholds{};
  if (text != "0") {
    std::size_t count = 0;
    for (auto rest = text; count < thresholds.size(); ++count) {
      const auto item = trim(rest.substr(0, rest.find(',')));
      auto& number = thresholds.at(count);
      const auto [end, ec] = std::from_chars(item.data(), item.data() + item.size(), number);
      if (ec != std::errc() || end != item.data() + item.size() || number < 1 || number > 1'000'000'000) break;
      const bool last = count + 1 == thresholds.size();
      if (last != (rest.find(',') == std::string_view::npos)) break;
      if (!last) rest.remove_prefix(rest.find(',') + 1);
    }
    if (count != thresholds.size()) {
      return fail(ErrorCode::invalid_argument,
                  fmt::format("\"{}\" is not three numbers above 0, as in \"500,8,8\", or 0", text));
    }
  }
  settings.worker_gc_thresholds = thresholds;
  return {};
}

std::string show_gc_thresholds(const Settings& settings) {
  const auto& thresholds = settings.worker_gc_thresholds;
  return thresholds[0] == 0 ? "0" : fmt::format("{}", fmt::join(thresholds, ","));
}

}  // namespace

std::vector<Setting> worker_settings() {
  return {
      text_setting("worker.command", "HOLDFAST_WORKER", &Settings::worker_command,
                   "Command of your own backend, with {socket} or {port}. Empty: the built-in text-to-SQL worker."),
      {"worker.route", "HOLDFAST_WORKER_ROUTE", "Method (POST) and path at which the worker takes a run.",
       read_worker_route, [](const Settings& settings) { return settings.worker_route; }},
      text_setting("worker.data_file", "HOLDFAST_WORKER_DATA_FILE", &Settings::worker_data_file,
                   "SQLite file the built-in worker answers from. Empty: the demo statistics."),
      duration_setting("worker.start_timeout", "HOLDFAST_WORKER_START_TIMEOUT", &Settings::worker_start_timeout,
                       "From the start of a worker to its first accepted connection."),
      duration_setting("worker.grace_period", "HOLDFAST_WORKER_GRACE_PERIOD", &Settings::worker_grace_period,
                       "From SIGTERM to SIGKILL when a worker is stopped."),
      {"worker.agent", "HOLDFAST_WORKER_AGENT",
       "on = preload the agent library into workers: figures of their heaps, collection and trim when they are idle. "
       "jemalloc = the one that is their malloc, too. off = preload nothing.",
       read_worker_agent, [](const Settings& settings) { return settings.worker_agent; }},
      {"worker.gc_thresholds", "HOLDFAST_WORKER_GC_THRESHOLDS",
       "What the agent sets in Python workers (gc.set_threshold) that have not set their own. 0 = nothing.",
       read_gc_thresholds, show_gc_thresholds},
      choice_setting("worker.pass_through", "HOLDFAST_PASS_THROUGH", &Settings::pass_through, {"auto", "on", "off"},
                     "Whether requests that no route of Holdfast answers go to a worker: on, off, or auto (on with a "
                     "worker.command of your own)."),
      duration_setting(
          "worker.pass_through_timeout", "HOLDFAST_PASS_THROUGH_TIMEOUT", &Settings::pass_through_timeout,
          "How long a worker may take to begin the answer to a request that is passed through, and be silent "
          "in the middle of one."),
  };
}

}  // namespace holdfast::app
