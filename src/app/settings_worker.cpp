/// How workers are started and spoken to.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <utility>

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

// The path goes into a request line as it is.
Result<void> read_health_path(Settings& settings, std::string_view text) {
  const bool visible = std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7F && c != '#'; });
  if (!text.empty() && (!text.starts_with('/') || !visible || text.size() > 1024)) {
    return fail(ErrorCode::invalid_argument, "write it as a path without spaces, for example \"/healthz\"");
  }
  settings.worker_health_path = text;
  return {};
}

bool is_variable_name(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [first = true](char c) mutable {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    return letter || (!std::exchange(first, false) && c >= '0' && c <= '9');
  });
}

// One entry a line. What is set later stands for what was set before, name by name.
Result<void> read_environment(Settings& settings, std::string_view text) {
  while (!text.empty()) {
    const auto entry = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), entry.size() + 1));
    const auto name = entry.substr(0, entry.find('='));
    if (trim(entry).empty()) continue;
    if (!is_variable_name(name) || entry.contains('\0')) {
      return fail(
          ErrorCode::invalid_argument,
          fmt::format("\"{}\" is no name of a variable; write an entry as NAME=value, or as NAME to hand on the "
                      "server's own",
                      name));
    }
    std::erase_if(settings.worker_environment,
                  [name](const std::string& known) { return known.substr(0, known.find('=')) == name; });
    settings.worker_environment.emplace_back(entry);
  }
  return {};
}

// Values may be secrets.
std::string show_environment(const Settings& settings) {
  std::vector<std::string> shown;
  for (const auto& entry : settings.worker_environment) {
    const auto equals = entry.find('=');
    shown.push_back(equals == std::string::npos ? entry : entry.substr(0, equals) + "=(set)");
  }
  return fmt::format("{}", fmt::join(shown, " "));
}

Setting environment_setting() {
  return {.key = "worker.environment",
          .environment = "HOLDFAST_WORKER_ENVIRONMENT",
          .help =
              "Variables of the workers besides the server's own: a table of names and values, or NAME=value, one a "
              "line. A name alone hands on one that is withheld otherwise: DATABASE_URL, PGPASSWORD, HOLDFAST_….",
          .read = read_environment,
          .show = show_environment,
          .separator = '\n',
          .entries = true};
}

}  // namespace

std::vector<Setting> worker_settings() {
  return {
      text_setting("worker.command", "HOLDFAST_WORKER", &Settings::worker_command,
                   "Command of your own backend, with {socket} or {port}. Empty: the built-in text-to-SQL worker."),
      choice_setting(
          "worker.listen", "HOLDFAST_WORKER_LISTEN", &Settings::worker_listen, {"auto", "port"},
          "How a worker learns where to listen. auto: by {socket} or {port} in its command. port: by PORT in "
          "its environment, on the loopback interface."),
      {"worker.route", "HOLDFAST_WORKER_ROUTE", "Method (POST) and path at which the worker takes a run.",
       read_worker_route, [](const Settings& settings) { return settings.worker_route; }},
      text_setting("worker.data_file", "HOLDFAST_WORKER_DATA_FILE", &Settings::worker_data_file,
                   "SQLite file the built-in worker answers from. Empty: the demo statistics."),
      duration_setting("worker.start_timeout", "HOLDFAST_WORKER_START_TIMEOUT", &Settings::worker_start_timeout,
                       "From the start of a worker to its being ready."),
      {"worker.health_path", "HOLDFAST_WORKER_HEALTH_PATH",
       "Path at which a worker that is ready answers a GET with 2xx. Empty: ready is who accepts a connection.",
       read_health_path, [](const Settings& settings) { return settings.worker_health_path; }},
      optional_duration_setting("worker.liveness", "HOLDFAST_WORKER_LIVENESS", &Settings::worker_liveness,
                                "Between two looks at an idle worker, in the way that showed it to be ready. One that "
                                "fails three is replaced. 0 = nobody looks."),
      count_setting("worker.concurrency", "HOLDFAST_WORKER_CONCURRENCY", &Settings::worker_concurrency, {1, 64},
                    "Analyses that one worker process serves at the same time. Above 1 what each of them takes is no "
                    "longer measured, but shared out."),
      text_setting("worker.directory", "HOLDFAST_WORKER_DIRECTORY", &Settings::worker_directory,
                   "Working directory of the workers. Empty: the server's."),
      environment_setting(),
      text_setting("worker.user", "HOLDFAST_WORKER_USER", &Settings::worker_user,
                   "User, by name or number, that workers run as. Only root may say so. Empty: the server's."),
      text_setting("worker.group", "HOLDFAST_WORKER_GROUP", &Settings::worker_group,
                   "Group of the workers. Empty: that of worker.user."),
      count_setting("worker.limits.open_files", "HOLDFAST_WORKER_LIMITS_OPEN_FILES", &Settings::worker_open_files,
                    {0, 10'000'000}, "Descriptors that a worker may have open. 0 = as the server was started."),
      count_setting(
          "worker.limits.processes", "HOLDFAST_WORKER_LIMITS_PROCESSES", &Settings::worker_processes, {0, 10'000'000},
          "Processes and threads that the user of the workers may have altogether; root is exempt. 0 = as the "
          "server was started."),
      optional_size_setting("worker.limits.data", "HOLDFAST_WORKER_LIMITS_DATA", &Settings::worker_data,
                            "Private memory that a worker process may ask for, used or not: a backstop behind "
                            "memory.limit. 0 = as the server was started."),
      optional_size_setting("worker.limits.core", "HOLDFAST_WORKER_LIMITS_CORE", &Settings::worker_core,
                            "Largest core file of a worker that crashes. 0 = none is written."),
      duration_setting("worker.grace_period", "HOLDFAST_WORKER_GRACE_PERIOD", &Settings::worker_grace_period,
                       "From SIGTERM to SIGKILL when a worker is stopped."),
      {"worker.agent", "HOLDFAST_WORKER_AGENT",
       "on = preload the agent library into workers: figures of their heaps, collection and trim when they are idle. "
       "jemalloc = the one that is their malloc, too. off = preload nothing.",
       read_worker_agent, [](const Settings& settings) { return settings.worker_agent; }},
      {"worker.gc_thresholds", "HOLDFAST_WORKER_GC_THRESHOLDS",
       "What the agent sets in Python workers (gc.set_threshold) that have not set their own. 0 = nothing.",
       read_gc_thresholds, show_gc_thresholds},
      choice_setting(
          "worker.heap_profile", "HOLDFAST_HEAP_PROFILE", &Settings::worker_heap_profile, {"auto", "on", "off"},
          "Whether a worker that is replaced for what it has kept is asked first which code holds it: auto "
          "(Python, which needs nothing before), on (Node too, and native programs with jemalloc: worker.agent "
          "= jemalloc; these sample their allocations from the start), off."),
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
