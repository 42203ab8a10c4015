/// Passes requests through to workers that no route answers (docs/proxy.md).
///
/// Ownership: one for the gateway; borrows pool and clock. Relays are its requests under way. Runs on: supervisor
/// strand. Invariants:
///   - No body is held: at most what one read got, in each direction.
///   - A request is sent to a second connection only if the worker cannot have seen it, or it may be repeated.
///   - An answer that was not complete is never ended as if it were.
#pragma once

#include <memory>
#include <unordered_set>

#include "base/event.hpp"
#include "gateway/call.hpp"
#include "gateway/proxy/proxy_status.hpp"
#include "gateway/proxy/worker_link.hpp"

namespace holdfast::gateway {

class Relay;

class Proxy {
 public:
  Proxy(asio::any_io_executor executor, workers::Pool& pool, const Clock& clock, const PassThroughConfig& config);
  ~Proxy();
  Proxy(const Proxy&) = delete;
  Proxy& operator=(const Proxy&) = delete;

  [[nodiscard]] bool on() const noexcept { return config_.on; }

  /// Answers the call by a worker. `authenticated`: the credentials of the request were for us.
  awaitable<void> pass(Call call, bool authenticated);

  /// Acts on deadlines that have passed.
  void sweep(SteadyTime now);

  /// Takes nothing more, and waits until `deadline` for requests under way. Upgraded connections have no end of their
  /// own and are not waited for.
  awaitable<void> finish(SteadyTime deadline);

  [[nodiscard]] ProxyStatus status() const;

 private:
  friend class Relay;

  asio::any_io_executor executor_;
  workers::Pool& pool_;
  const Clock& clock_;
  PassThroughConfig config_;
  std::unordered_set<Relay*> relays_;
  std::unique_ptr<WorkerLink::Scratch> scratch_;
  Event ended_;  ///< A request has ended, or become an upgraded connection.
  ProxyStatus counted_;
  bool finishing_ = false;
};

}  // namespace holdfast::gateway
