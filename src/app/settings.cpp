#include "app/settings.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <toml++/toml.h>

#include <algorithm>
#include <charconv>
#include <filesystem>

#include "app/mask_password.hpp"
#include "base/duration.hpp"
#include "base/text.hpp"

namespace holdfast::app {
namespace {

using Read = std::function<Result<void>(Settings&, std::string_view)>;
using Show = std::function<std::string(const Settings&)>;

Setting text_setting(std::string_view key, std::string_view environment, std::string Settings::* field,
                     std::string_view help) {
  return {key, environment, help,
          [field](Settings& settings, std::string_view text) {
            settings.*field = text;
            return Result<void>{};
          },
          [field](const Settings& settings) { return settings.*field; }};
}

Setting duration_setting(std::string_view key, std::string_view environment,
                         std::chrono::milliseconds Settings::* field, std::string_view help) {
  return {key, environment, help,
          [field](Settings& settings, std::string_view text) -> Result<void> {
            const auto duration = parse_duration(text);
            if (!duration) return fail(ErrorCode::invalid_argument, duration.error().message());
            settings.*field = *duration;
            return {};
          },
          [field](const Settings& settings) { return to_string(settings.*field); }};
}

struct Range {
  int least;
  int most;
};

Setting count_setting(std::string_view key, std::string_view environment, int Settings::* field, Range range,
                      std::string_view help) {
  return {key, environment, help,
          [field, range](Settings& settings, std::string_view text) -> Result<void> {
            int number = 0;
            const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), number);
            if (ec != std::errc() || end != text.data() + text.size() || number < range.least || number > range.most) {
              return fail(ErrorCode::invalid_argument,
                          fmt::format("\"{}\" is not a whole number from {} to {}", text, range.least, range.most));
            }
            settings.*field = number;
            return {};
          },
          [field](const Settings& settings) { return std::to_string(settings.*field); }};
}

// A silence that clients and proxies are to bear. Below 10 ms the answer would be mostly white space; an hour is
// longer than anything on the way waits.
Setting silence_setting(std::string_view key, std::string_view environment, std::chrono::milliseconds Settings::* field,
                        std::string_view help) {
  auto setting = duration_setting(key, environment, field, help);
  setting.read = [read = std::move(setting.read), field](Settings& settings, std::string_view text) -> Result<void> {
    auto done = read(settings, text);
    if (!done) return done;
    const auto silence = settings.*field;
    if (silence < std::chrono::milliseconds(10) || silence > std::chrono::hours(1)) {
      return fail(ErrorCode::invalid_argument, fmt::format("\"{}\" is not between 10ms and 1h", text));
    }
    return {};
  };
  return setting;
}

Result<void> read_max_body(Settings& settings, std::string_view text) {
  const auto size = parse_bytes(text);
  if (!size) return fail(ErrorCode::invalid_argument, size.error().message());
  if (size->count() < 16'384 || size->count() > (std::uint64_t{64} << 20U)) {
    return fail(ErrorCode::invalid_argument, "a request body limit is between 16KB and 64MB");
  }
  settings.max_body = *size;
  return {};
}

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

// Delivered answers are worth keeping for ever to some, so that must be sayable.
Result<void> read_retention(Settings& settings, std::string_view text) {
  const auto duration = text == "0" ? Result<std::chrono::milliseconds>(0) : parse_duration(text);
  if (!duration) return fail(ErrorCode::invalid_argument, duration.error().message());
  settings.retention = *duration;
  return {};
}

// The original's MEMORY_LIMIT is a bare number of bytes.
Result<void> read_memory_limit(Settings& settings, std::string_view text) {
  const bool bare = !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
  const auto size = parse_bytes(bare ? std::string(text) + "B" : std::string(text));
  if (!size) return fail(ErrorCode::invalid_argument, size.error().message());
  if (size->count() < 16ULL << 20U) {
    return fail(ErrorCode::invalid_argument, "a memory limit is 16MB at least: the server and its workers count");
  }
  settings.memory_limit = *size;
  return {};
}

Setting switch_setting(std::string_view key, std::string_view environment, bool Settings::* field,
                       std::string_view help) {
  return {key, environment, help,
          [field](Settings& settings, std::string_view text) -> Result<void> {
            if (text != "0" && text != "1" && text != "true" && text != "false") {
              return fail(ErrorCode::invalid_argument, fmt::format("\"{}\" is not 0 or 1", text));
            }
            settings.*field = text == "1" || text == "true";
            return {};
          },
          [field](const Settings& settings) { return std::string(settings.*field ? "1" : "0"); }};
}

Setting list_setting(std::string_view key, std::string_view environment, std::vector<std::string> Settings::* field,
                     std::string_view help) {
  return {key, environment, help,
          [field](Settings& settings, std::string_view text) {
            (settings.*field).clear();
            while (!text.empty()) {
              const auto item = text.substr(0, text.find(','));
              text.remove_prefix(std::min(text.size(), item.size() + 1));
              if (!trim(item).empty()) (settings.*field).emplace_back(trim(item));
            }
            return Result<void>{};
          },
          [field](const Settings& settings) { return fmt::format("{}", fmt::join(settings.*field, ", ")); }};
}

// One of a few words.
Setting choice_setting(std::string_view key, std::string_view environment, std::string Settings::* field,
                       std::vector<std::string_view> choices, std::string_view help) {
  return {key, environment, help,
          [field, choices = std::move(choices)](Settings& settings, std::string_view text) -> Result<void> {
            if (std::ranges::find(choices, text) == choices.end()) {
              return fail(ErrorCode::invalid_argument,
                          fmt::format("\"{}\" is not one of: {}", text, fmt::join(choices, ", ")));
            }
            settings.*field = text;
            return {};
          },
          [field](const Settings& settings) { return settings.*field; }};
}

Result<void> read_cache_size(Settings& settings, std::string_view text) {
  const auto size = parse_bytes(text);
  if (!size) return fail(ErrorCode::invalid_argument, size.error().message());
  if (size->count() < std::uint64_t{64} << 10U || size->count() > std::uint64_t{4} << 30U) {
    return fail(ErrorCode::invalid_argument, "a cache is between 64KB and 4GB; cache.mode = off is without one");
  }
  settings.cache_size = *size;
  return {};
}

Result<void> apply(LoadedSettings& loaded, std::string_view key, std::string_view text, std::string_view origin) {
  const auto settings = all_settings();
  const auto found = std::ranges::find(settings, key, &Setting::key);
  if (found == settings.end()) {
    std::vector<std::string_view> keys;
    std::ranges::transform(settings, std::back_inserter(keys), &Setting::key);
    const auto near = nearest(key, keys);
    const auto hint =
        near.empty() ? std::string("`holdfast config` lists all settings") : fmt::format("did you mean \"{}\"?", near);
    return fail(ErrorCode::invalid_argument, fmt::format("{}: unknown setting \"{}\"; {}", origin, key, hint));
  }
  auto read = found->read(loaded.values, text);
  if (!read) return fail(std::move(read), fmt::format("{}: {}", origin, key));
  loaded.origins[std::string(key)] = origin;
  return {};
}

Result<void> apply_table(LoadedSettings& loaded, const toml::table& table, const std::string& prefix,
                         const std::string& file) {
  for (const auto& [name, node] : table) {
    const auto key = prefix.empty() ? std::string(name.str()) : fmt::format("{}.{}", prefix, name.str());
    if (const auto* inner = node.as_table()) {
      auto applied = apply_table(loaded, *inner, key, file);
      if (!applied) return applied;
      continue;
    }
    std::string text;
    if (const auto* string = node.as_string()) {
      text = string->get();
    } else if (const auto* integer = node.as_integer()) {
      text = std::to_string(integer->get());
    } else if (const auto* boolean = node.as_boolean()) {
      text = boolean->get() ? "true" : "false";
    } else {
      return fail(ErrorCode::invalid_argument,
                  fmt::format("{}: {}: give a string, a whole number or true/false", file, key));
    }
    auto applied = apply(loaded, key, text, file);
    if (!applied) return applied;
  }
  return {};
}

// Debian's toml++ reports by exception; this is the one place that catches it.
Result<toml::table> parse_file(const std::string& file) {
  try {
    return toml::parse_file(file);
  } catch (const toml::parse_error& error) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("{}: line {}: {}", file, error.source().begin.line, error.description()));
  }
}

Result<void> apply_file(LoadedSettings& loaded, const std::string& file) {
  const auto parsed = parse_file(file);
  if (!parsed) return std::unexpected(parsed.error());
  return apply_table(loaded, *parsed, "", file);
}

}  // namespace

std::span<const Setting> all_settings() {
  static const std::vector<Setting> settings{
      text_setting(
          "server.listen", "HOLDFAST_LISTEN", &Settings::listen,
          "Address and port. With auth.mode = none only a loopback address is allowed; port 0 picks a free one."),
      text_setting("server.data", "HOLDFAST_DATA", &Settings::data_dir,
                   "Directory of the journal and the worker sockets. Put it on a disk that survives a restart."),
      duration_setting(
          "server.drain_timeout", "HOLDFAST_DRAIN_TIMEOUT", &Settings::drain_timeout,
          "How long running analyses may finish after SIGTERM. What is cut off goes on at the next start."),
      {"server.max_body", "HOLDFAST_MAX_BODY", "Largest request body.", read_max_body,
       [](const Settings& settings) { return to_string(settings.max_body); }},
      {"database.url", "DATABASE_URL",
       "Where the journal is. Empty: journal.sqlite in the data directory. Or sqlite:PATH, or "
       "postgresql://USER:PASSWORD@HOST:PORT/DATABASE, which several servers may share.",
       [](Settings& settings, std::string_view text) {
         settings.database = text;
         return Result<void>{};
       },
       [](const Settings& settings) { return mask_password(settings.database); }},
      count_setting("database.pool_size", "HOLDFAST_DATABASE_POOL_SIZE", &Settings::database_pool_size, {1, 4},
                    "Connections to PostgreSQL. One serves; a second takes over at once when the first breaks."),
      duration_setting("database.timeout", "HOLDFAST_DATABASE_TIMEOUT", &Settings::database_timeout,
                       "How long PostgreSQL may take for one operation before the local journal stands in for it."),
      duration_setting("database.lease", "HOLDFAST_DATABASE_LEASE", &Settings::database_lease,
                       "Silence of a server after which others take over what it was running."),
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
      count_setting("runs.max_concurrent", "MAX_CONCURRENT_ANALYSES", &Settings::max_concurrent, {1, 64},
                    "Analyses at the same time: the number of worker processes."),
      count_setting("runs.queue_limit", "HOLDFAST_QUEUE_LIMIT", &Settings::queue_limit, {1, 100'000},
                    "Analyses that may wait. Past it new ones are refused with 503."),
      count_setting(
          "runs.max_crashes", "HOLDFAST_MAX_CRASHES", &Settings::max_crashes, {1, 1000},
          "Attempts lost by a death of the worker or a broken protocol, after which a run is sealed as failed."),
      count_setting("runs.max_attempts", "HOLDFAST_MAX_ATTEMPTS", &Settings::max_attempts, {1, 1000},
                    "Attempts altogether, restarts of the server included, after which a run is sealed as failed."),
      duration_setting("runs.deadline", "HOLDFAST_RUN_DEADLINE", &Settings::run_deadline,
                       "Time for all attempts at an analysis. Past it the worker is stopped and the run is expired."),
      duration_setting("runs.queue_deadline", "HOLDFAST_QUEUE_DEADLINE", &Settings::queue_deadline,
                       "How long an analysis may wait for a worker before it is expired."),
      silence_setting("server.hold", "HOLDFAST_HOLD", &Settings::hold,
                      "How long a plain request is held in silence before its first early bytes. Proxies cut at 20 to "
                      "30 s."),
      silence_setting("server.heartbeat", "HOLDFAST_HEARTBEAT", &Settings::heartbeat,
                      "Longest silence of an answer that has begun. Below every idle cut known of proxies."),
      silence_setting("server.max_wait", "HOLDFAST_MAX_WAIT", &Settings::max_wait,
                      "Longest wait a client may ask for with `Prefer: wait=N`; it passes in silence."),
      {"memory.limit", "MEMORY_LIMIT",
       "What the server and its workers may use together, \"512MB\" or a number of bytes. Analyses wait rather than "
       "pass it. Limits of the container count too, whichever is nearer.",
       read_memory_limit, [](const Settings& settings) { return to_string(settings.memory_limit); }},
      choice_setting(
          "memory.mode", "HOLDFAST_MEMORY_MODE", &Settings::memory_mode, {"act", "observe"},
          "act: keep within memory.limit. observe: measure and say what would be done, but hold nothing back."),
      switch_setting("memory.vm_ratio_decides", "HOLDFAST_MEMORY_VM_RATIO_DECIDES", &Settings::memory_vm_ratio_decides,
                     "1 = let virtual/resident size (fragmentation_ratio: 2.0, 2.5, 3.0) raise the level too. It is "
                     "over 2.0 in nearly every healthy program."),
      choice_setting(
          "cache.mode", "HOLDFAST_CACHE", &Settings::cache_mode, {"auto", "on", "off"},
          "Whether a question may be given the answer of an equal one. auto: of the built-in worker, as long as its "
          "data "
          "file stays as it is. on: of worker.command too, within one user; only for a backend whose answer depends on "
          "the request alone and that keeps no conversations. off: never."),
      {"cache.size", "HOLDFAST_CACHE_SIZE",
       "What kept answers may take of memory.limit: all of it at level normal, half at warning, nothing from critical "
       "on.",
       read_cache_size, [](const Settings& settings) { return to_string(settings.cache_size); }},
      count_setting("limits.requests", "RATE_LIMIT_REQUESTS", &Settings::limit_requests, {0, 10'000},
                    "Analyses that one user may start within limits.window. Past it a start waits up to 5 s, then it "
                    "is refused with 429. 0: without limit."),
      duration_setting("limits.window", "RATE_LIMIT_WINDOW", &Settings::limit_window,
                       "The time that limits.requests is counted in."),
      count_setting("limits.burst", "RATE_LIMIT_BURST", &Settings::limit_burst, {0, 10'000},
                    "Analyses that one user may start within 10 s. 0: without limit."),
      count_setting("limits.waiting", "HOLDFAST_LIMIT_WAITING", &Settings::limit_waiting, {0, 100'000},
                    "Analyses of one user that may wait for a worker. 0: as many as the queue takes."),
      switch_setting("log.debug", "DEBUG", &Settings::debug, "1 = debug log."),
      list_setting("server.trusted_hosts", "HOLDFAST_TRUSTED_HOSTS", &Settings::trusted_hosts,
                   "Host names of this server besides localhost, separated by commas: what a proxy in front sends as "
                   "Host."),
      list_setting("server.trusted_origins", "HOLDFAST_TRUSTED_ORIGINS", &Settings::trusted_origins,
                   "Origins whose pages may change something here besides the server's own: https://app.example.org."),
      choice_setting("auth.mode", "HOLDFAST_AUTH", &Settings::auth_mode, {"none", "api-key", "oidc"},
                     "Who may ask: none (one local user, on a loopback address only), api-key (a file of keys) or oidc "
                     "(tokens of an "
                     "identity provider)."),
      list_setting("auth.admins", "HOLDFAST_ADMINS", &Settings::admins,
                   "Subjects that may read every run by its id, separated by commas."),
      text_setting(
          "auth.key_file", "HOLDFAST_KEY_FILE", &Settings::key_file,
          "File of hashed keys for api-key. Empty: api-keys in the data directory. Read again when it changes."),
      text_setting("auth.issuer", "HOLDFAST_ISSUER", &Settings::issuer, "Issuer of the tokens for oidc: their `iss`."),
      text_setting("auth.audience", "GOOGLE_CLIENT_ID", &Settings::audience,
                   "What the tokens must be meant for: their `aud`."),
      text_setting("auth.jwks", "HOLDFAST_JWKS", &Settings::jwks,
                   "Keys of the identity provider for oidc: a file, or an https address."),
      switch_setting("auth.test_tokens", "USE_TEST_TOKENS", &Settings::test_tokens,
                     "1 = take test tokens (HS256, issuer test_issuer) instead of what auth.mode says; on a loopback "
                     "address only."),
      {"auth.test_secret", "HOLDFAST_TEST_TOKEN_SECRET", "Secret that signs test tokens: 32 bytes or more.",
       [](Settings& settings, std::string_view text) {
         settings.test_secret = text;
         return Result<void>{};
       },
       [](const Settings& settings) { return std::string(settings.test_secret.empty() ? "" : "(set)"); }},
      {"runs.retention", "HOLDFAST_RUN_RETENTION",
       "How long a run is kept once its answer was delivered. 0 = for ever; undelivered runs are kept anyway.",
       read_retention,
       [](const Settings& settings) {
         return settings.retention.count() == 0 ? std::string("0") : to_string(settings.retention);
       }},
  };
  return settings;
}

std::string key_file_path(const Settings& settings) {
  return settings.key_file.empty() ? settings.data_dir + "/api-keys" : settings.key_file;
}

Result<LoadedSettings> load_settings(const SettingSources& sources) {
  LoadedSettings loaded;
  for (const auto& setting : all_settings()) loaded.origins[std::string(setting.key)] = "default";

  const std::string file = sources.file.value_or("holdfast.toml");
  std::error_code ec;
  const bool exists = std::filesystem::exists(file, ec);
  if (sources.file && !exists) return fail(ErrorCode::not_found, "there is no configuration file " + file);
  // The parser takes a directory for an empty file.
  if (exists && std::filesystem::is_directory(file, ec)) {
    return fail(ErrorCode::invalid_argument, file + " is a directory and not a configuration file");
  }
  if (exists) {
    auto applied = apply_file(loaded, file);
    if (!applied) return fail(std::move(applied));
  }
  for (const auto& setting : all_settings()) {
    const char* text = sources.environment(std::string(setting.environment).c_str());
    if (text == nullptr) continue;
    auto applied = apply(loaded, setting.key, text, setting.environment);
    if (!applied) return fail(std::move(applied));
  }
  for (const auto& [key, text] : sources.flags) {
    auto applied = apply(loaded, key, text, "flag");
    if (!applied) return fail(std::move(applied));
  }
  return loaded;
}

}  // namespace holdfast::app
