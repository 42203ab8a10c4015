/// The gateway: HTTP in front of the runs.
///
/// It parses, checks and answers; the state of runs is the Coordinator's. A client that goes away never
/// cancels a run.
/// Ownership: borrows everything it is given, which outlives it; drain() before it is destroyed.
/// Runs on: supervisor strand (one thread).
#pragma once

#include "gateway/authentication.hpp"
#include "gateway/call.hpp"
#include "gateway/config.hpp"
#include "gateway/fallback.hpp"
#include "gateway/guaranteed/request_receiver.hpp"
#include "gateway/listen_socket.hpp"
#include "gateway/operations/consoles.hpp"
#include "gateway/proxy/proxy.hpp"
#include "gateway/route.hpp"
#include "gateway/server.hpp"
#include "gateway/submit_in_turn.hpp"

namespace holdfast::gateway {

/// Whether a route of ours answers requests of that kind, or refuses their method.
[[nodiscard]] bool is_own_path(std::string_view method, const std::vector<std::string>& segments);

class Gateway {
 public:
  Gateway(asio::any_io_executor executor, runs::Coordinator& coordinator, journal::Journal& journal,
          workers::Pool& pool, const Clock& clock, GatewayConfig config);
  Gateway(const Gateway&) = delete;
  Gateway& operator=(const Gateway&) = delete;

  /// Binds `address`, "HOST:PORT"; port 0 takes a free one. Connections wait until start().
  /// invalid_argument: not an address; unavailable: the port is taken; as Authentication::open(): the settings for
  /// authentication cannot be used, or not on this address.
  Result<void> listen(std::string_view address);

  /// Takes a socket that listens already. `fd` is ours when it succeeds.
  /// invalid_argument: not a TCP socket that listens; as Authentication::open().
  Result<void> listen_on(int fd);

  /// As Server::keep_listening().
  [[nodiscard]] Result<int> keep_listening() const { return server_.keep_listening(); }

  /// Begins to answer. Call after Coordinator::recover().
  void start() {
    authentication_.start();
    server_.start();
    consoles_.start();
  }

  /// Where a process of this machine reaches the server: "http://127.0.0.1:8000". After listen().
  [[nodiscard]] std::string local_url() const;

  /// Where the page is: "http://127.0.0.1:8000/". After listen().
  [[nodiscard]] std::string url() const;
  [[nodiscard]] const std::vector<std::string>& examples() const noexcept { return config_.examples; }
  [[nodiscard]] std::uint16_t port() const noexcept { return address_.port; }

  /// Takes no new connection; answers in progress go on.
  void stop_accepting() { server_.stop_accepting(); }

  /// Passes no request through any more, and waits until `deadline` for those under way.
  awaitable<void> finish_passing(SteadyTime deadline) { return proxy_.finish(deadline); }

  /// stop_accepting(), then waits for answers in progress until `deadline` and closes what is left.
  awaitable<void> drain(SteadyTime deadline);

  [[nodiscard]] const Server& server() const noexcept { return server_; }

  /// Gives back what is kept only in case it is needed again.
  void drop_caches();

 private:
  awaitable<void> serve(Exchange* exchange);
  awaitable<bool> admit(Call* call);
  awaitable<void> pass_through(Call call);
  awaitable<void> guarantee(Call call, const GuaranteedRoute* route);
  [[nodiscard]] const GuaranteedRoute* guaranteed(const Request& request) const;
  [[nodiscard]] bool passes(const Request& request) const;
  awaitable<Result<Subject>> subject_for(const RouteMatch* match, const Request* request);
  [[nodiscard]] std::optional<Result<Subject>> worker_subject(const RouteMatch& match, const Request& request) const;

  GatewayConfig config_;
  Authentication authentication_;
  Proxy proxy_;
  Server server_;
  Turnstile turnstile_;
  Receiving receiving_;
  FallbackReserve reserve_;
  Services services_;
  Consoles consoles_;
  ListenAddress address_;
};

}  // namespace holdfast::gateway
