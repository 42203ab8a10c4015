/// Settings of the gateway. Plain values.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/async.hpp"
#include "base/bytes.hpp"
#include "gateway/allowance.hpp"
#include "gateway/authentication.hpp"
#include "gateway/data_table.hpp"
#include "gateway/guaranteed/guaranteed_route.hpp"
#include "gateway/origin_guard.hpp"
#include "gateway/server.hpp"
#include "governor/governor_status.hpp"
#include "journal/thread_checkpoint.hpp"
#include "memory/memory_view.hpp"
#include "runs/worker_tokens.hpp"

namespace holdfast::gateway {

/// Requests that no route answers (docs/proxy.md).
struct PassThroughConfig {
  bool on = false;
  std::chrono::milliseconds timeout{60'000};  ///< For the head of an answer, and for silence in the middle of it.
  std::chrono::milliseconds connect_timeout{5'000};
  std::chrono::milliseconds worker_wait{10'000};  ///< For a worker that starts.
  std::size_t most = 1024;                        ///< At once. Each takes two descriptors.
};

/// A setting in force as `holdfast config` shows it: passwords and secrets are masked.
struct ShownSetting {
  std::string key;
  std::string value;
  std::string origin;  ///< Where the value came from.
  std::string environment;
  std::string help;
};

struct GatewayConfig {
  ServerConfig server;
  TrustedNames trusted;
  AuthConfig auth;
  /// How long a plain request is held before its headers go out: proxies cut a silent request at 20 to 30 s.
  std::chrono::milliseconds hold_before_early_bytes{5'000};
  /// Below every idle cut known of proxies.
  std::chrono::milliseconds heartbeat{10'000};
  std::chrono::milliseconds max_wait{25'000};       ///< `Prefer: wait=N` is capped to this.
  std::chrono::milliseconds event_retry{2'000};     ///< What an event stream tells the client to wait.
  std::chrono::milliseconds accepted_retry{2'000};  ///< Retry-After of a 202.
  std::optional<std::vector<DataTable>>
      data_tables;                    ///< What the built-in worker answers from; absent: another worker.
  std::vector<std::string> examples;  ///< Questions to begin with: GET /initial-followup-prompts.
  std::string version = "0.1.0";
  std::string instance = "only";       ///< As incidents name this server.
  std::vector<ShownSetting> settings;  ///< For consoles of administrators.
  std::string store_name = "sqlite";   ///< `database.checkpointer_type` of GET /health.
  AllowanceConfig allowance;
  PassThroughConfig pass_through;
  std::vector<GuaranteedRoute> guaranteed;       ///< docs/guaranteed-routes.md
  Bytes max_request{std::uint64_t{256} << 20U};  ///< The longest body of a request there.
  Bytes max_receiving{std::uint64_t{4} << 30U};  ///< Large ones that are being received, together.
  journal::ThreadCheckpointLimits checkpoints;
  const runs::WorkerTokens* worker_tokens = nullptr;   ///< Outlives the gateway; null: workers have none.
  const memory::MemoryView* memory = nullptr;          ///< Outlives the gateway; null: nobody measures.
  const governor::GovernorStatus* governor = nullptr;  ///< As above.
  /// Walks the relief ladder. Empty: there is none, and POST /admin/relieve must not be asked.
  std::function<awaitable<Result<governor::WalkReport>>()> relieve;
  /// The heap profile of a run, as JSON. not_found: none is kept. Empty: there are none.
  std::function<Result<std::string>(const RunId&)> heap_profile;
};

}  // namespace holdfast::gateway
