/// Every setting of the program, in one table: name, environment, help, how it is read and shown.
///
/// Flags win, then environment, then file, then defaults. Each value remembers where it came from. An unknown
/// key is an error that names the nearest known one. Pure but for load_settings(), which reads the file.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "gateway/guaranteed/guaranteed_route.hpp"

namespace holdfast::app {

struct Settings {
  std::string listen = "127.0.0.1:8000";
  std::string data_dir = "holdfast-data";
  std::string database;
  int database_pool_size = 2;
  std::chrono::milliseconds database_timeout{5'000};
  std::chrono::milliseconds database_lease{15'000};
  std::string worker_command;
  std::string worker_route = "POST /analyze";
  std::string worker_data_file;
  std::chrono::milliseconds worker_start_timeout{30'000};
  std::chrono::milliseconds worker_grace_period{5'000};
  std::string worker_listen = "auto";
  std::string worker_health_path;
  std::chrono::milliseconds worker_liveness{10'000};  ///< 0: nobody looks.
  int worker_concurrency = 1;
  std::string worker_directory;
  std::vector<std::string> worker_environment;  ///< "NAME=value", or "NAME": ours is handed on.
  std::string worker_user;
  std::string worker_group;
  int worker_open_files = 0;  ///< 0: as the server was started.
  int worker_processes = 0;   ///< 0: as the server was started.
  Bytes worker_data;          ///< 0: as the server was started.
  Bytes worker_core;
  std::string worker_agent = "on";
  std::array<std::uint32_t, 3> worker_gc_thresholds{500, 8, 8};
  std::string worker_heap_profile = "auto";
  std::string pass_through = "auto";
  std::chrono::milliseconds pass_through_timeout{60'000};
  std::vector<gateway::GuaranteedRoute> guaranteed;
  Bytes max_answer{std::uint64_t{1} << 30U};
  Bytes max_request{std::uint64_t{256} << 20U};
  Bytes max_receiving{std::uint64_t{4} << 30U};
  int max_concurrent = 3;
  int queue_limit = 1000;
  int max_crashes = 3;
  int max_attempts = 10;
  std::chrono::milliseconds run_deadline{240'000};
  std::chrono::milliseconds queue_deadline{3'600'000};
  std::chrono::milliseconds drain_timeout{30'000};
  std::chrono::milliseconds hold{5'000};
  std::chrono::milliseconds heartbeat{10'000};
  std::chrono::milliseconds max_wait{25'000};
  std::chrono::milliseconds retention{30LL * 24 * 3'600'000};  ///< 0: for ever.
  Bytes max_body{std::uint64_t{1024} * 1024};
  Bytes checkpoints_user_size{std::uint64_t{256} << 20};
  bool debug = false;
  std::string log_format = "text";
  std::vector<std::string> trusted_hosts;
  std::vector<std::string> trusted_origins;
  std::string auth_mode = "none";
  std::vector<std::string> admins;
  std::string key_file;
  std::string issuer;
  std::string audience;
  std::string jwks;
  bool test_tokens = false;
  std::string test_secret;
  Bytes memory_limit{std::uint64_t{512} * 1024 * 1024};
  std::string memory_mode = "act";
  bool memory_vm_ratio_decides = false;
  std::chrono::milliseconds memory_restart_interval{60 * 60'000};
  std::string cache_mode = "auto";
  Bytes cache_size{std::uint64_t{16} * 1024 * 1024};
  int limit_requests = 300;
  std::chrono::milliseconds limit_window{60'000};
  int limit_burst = 60;
  int limit_waiting = 200;
};

/// The file of API keys: the setting, or its place in the data directory.
[[nodiscard]] std::string key_file_path(const Settings& settings);

/// Whether requests that no route of ours answers go to a worker: as set, or for other people's workers.
[[nodiscard]] bool passes_through(const Settings& settings);

/// One row of the table.
struct Setting {
  std::string_view key;          ///< In holdfast.toml and for --set: "runs.deadline".
  std::string_view environment;  ///< The original's name where it has one.
  std::string_view help;         ///< One line, with the default's reason where that is not obvious.
  /// invalid_argument: the text is not a value of this setting.
  std::function<Result<void>(Settings&, std::string_view)> read;
  std::function<std::string(const Settings&)> show;
  char separator = 0;    ///< Between the items of a list, which may be an array in the file; 0: it is none.
  bool entries = false;  ///< Its items have names, which may follow the key: "worker.environment.NAME".
};

[[nodiscard]] std::span<const Setting> all_settings();

/// Settings and where each of them came from.
struct LoadedSettings {
  Settings values;
  std::map<std::string, std::string, std::less<>>
      origins;  ///< Key to "default", "holdfast.toml", "MEMORY_LIMIT", "flag".
};

/// What the caller was told from outside.
struct SettingSources {
  std::optional<std::string> file;  ///< Named on purpose: must exist. Absent: ./holdfast.toml if it is there.
  std::function<const char*(const char*)> environment;     ///< getenv, or a test's.
  std::vector<std::pair<std::string, std::string>> flags;  ///< Key and value, in order.
};

/// invalid_argument: an unknown key or a bad value, with the place it came from; not_found: the named file is missing.
[[nodiscard]] Result<LoadedSettings> load_settings(const SettingSources& sources);

}  // namespace holdfast::app
