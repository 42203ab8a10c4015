/// What `holdfast serve` is: address, data, journal, log.
#include "app/mask_password.hpp"
#include "app/setting_kinds.hpp"
#include "app/settings_table.hpp"

namespace holdfast::app {
namespace {

Result<void> read_max_body(Settings& settings, std::string_view text) {
  const auto size = parse_bytes(text);
  if (!size) return fail(ErrorCode::invalid_argument, size.error().message());
  if (size->count() < 16'384 || size->count() > (std::uint64_t{64} << 20U)) {
    return fail(ErrorCode::invalid_argument, "a request body limit is between 16KB and 64MB");
  }
  settings.max_body = *size;
  return {};
}

}  // namespace

std::vector<Setting> server_settings() {
  return {
      text_setting(
          "server.listen", "HOLDFAST_LISTEN", &Settings::listen,
          "Address and port. With auth.mode = none only a loopback address is allowed; port 0 picks a free one."),
      text_setting("server.data", "HOLDFAST_DATA", &Settings::data_dir,
                   "Directory of the journal and the worker sockets. Put it on a disk that survives a restart."),
      duration_setting(
          "server.drain_timeout", "HOLDFAST_DRAIN_TIMEOUT", &Settings::drain_timeout,
          "How long running analyses may finish after SIGTERM. What is cut off goes on at the next start."),
      {"server.max_body", "HOLDFAST_MAX_BODY",
       "Largest request body of the routes of Holdfast itself, which is held in memory.", read_max_body,
       [](const Settings& settings) { return to_string(settings.max_body); }},
      silence_setting("server.hold", "HOLDFAST_HOLD", &Settings::hold,
                      "How long a plain request is held in silence before its first early bytes. Proxies cut at 20 to "
                      "30 s."),
      silence_setting("server.heartbeat", "HOLDFAST_HEARTBEAT", &Settings::heartbeat,
                      "Longest silence of an answer that has begun. Below every idle cut known of proxies."),
      silence_setting("server.max_wait", "HOLDFAST_MAX_WAIT", &Settings::max_wait,
                      "Longest wait a client may ask for with `Prefer: wait=N`; it passes in silence."),
      list_setting("server.trusted_hosts", "HOLDFAST_TRUSTED_HOSTS", &Settings::trusted_hosts,
                   "Host names of this server besides localhost, separated by commas: what a proxy in front sends as "
                   "Host."),
      list_setting("server.trusted_origins", "HOLDFAST_TRUSTED_ORIGINS", &Settings::trusted_origins,
                   "Origins whose pages may change something here besides the server's own: https://app.example.org."),
      shown_as(text_setting("database.url", "DATABASE_URL", &Settings::database,
                            "Where the journal is. Empty: journal.sqlite in the data directory. Or sqlite:PATH, or "
                            "postgresql://USER:PASSWORD@HOST:PORT/DATABASE, which several servers may share."),
               [](const Settings& settings) { return mask_password(settings.database); }),
      count_setting("database.pool_size", "HOLDFAST_DATABASE_POOL_SIZE", &Settings::database_pool_size, {1, 4},
                    "Connections to PostgreSQL. One serves; a second takes over at once when the first breaks."),
      duration_setting("database.timeout", "HOLDFAST_DATABASE_TIMEOUT", &Settings::database_timeout,
                       "How long PostgreSQL may take for one operation before the local journal stands in for it."),
      duration_setting("database.lease", "HOLDFAST_DATABASE_LEASE", &Settings::database_lease,
                       "Silence of a server after which others take over what it was running."),
      switch_setting("log.debug", "DEBUG", &Settings::debug, "1 = debug log."),
      choice_setting("log.format", "HOLDFAST_LOG_FORMAT", &Settings::log_format, {"text", "json"},
                     "text: key=value after time, level and event. json: one object a line."),
  };
}

}  // namespace holdfast::app
