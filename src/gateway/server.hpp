/// The HTTP/1.1 server: listens, accepts, and runs one session per connection.
///
/// Ownership: owns its connections; the route function must outlive it. Destroy it after drain().
/// Runs on: supervisor strand (one thread), all of it.
/// Invariants:
///   - At most `max_connections` are open; past that, accepting waits.
///   - An idle connection owns no read buffer.
///   - Every time-out ends in a closed connection, whatever the client does.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <string>

#include "base/async.hpp"
#include "gateway/exchange.hpp"
#include "gateway/request_parser.hpp"

namespace holdfast::gateway {

struct ServerConfig {
  ParserLimits limits;
  std::size_t max_connections = 4096;
  std::chrono::milliseconds header_timeout{10'000};  ///< From the first byte of a request to the end of its head.
  std::chrono::milliseconds body_timeout{30'000};    ///< Without progress.
  std::size_t body_bytes_per_second = 1024;          ///< Slower bodies run into their time-out.
  std::chrono::milliseconds idle_timeout{75'000};    ///< Above the 60 s after which common proxies close.
  std::chrono::milliseconds write_timeout{30'000};   ///< Without progress.
  std::chrono::milliseconds linger{1'000};           ///< How long the rest of a refused body is thrown away.
  std::chrono::milliseconds last_words{1'000};       ///< For answers after the end of a drain.
};

struct ServerHooks {
  /// Answers one request. Must send exactly one answer; when it sends none, the client gets a 500.
  std::function<awaitable<void>(Exchange*)> serve;
  /// Which requests are served as soon as their head is there, their body taken over Exchange::wire().
  StreamsBody streams_body;
  /// Called several times within the shortest time-out.
  std::function<void(SteadyTime)> sweep;
};

class Connection;

class Server {
 public:
  Server(asio::any_io_executor executor, const Clock& clock, const ServerConfig& config, ServerHooks hooks);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Takes the listening socket `fd` (listen_socket.hpp). Connections wait in its backlog until start().
  void listen_on(int fd);

  /// A second descriptor of the listening socket, closed on exec, which is the caller's: while one is open, connections
  /// wait in the backlog instead of being refused. unavailable: no descriptors are left.
  [[nodiscard]] Result<int> keep_listening() const;

  void start();

  /// Closes the listening socket and idle connections; running answers end with `Connection: close`.
  void stop_accepting();

  /// stop_accepting(), then waits until `deadline` for running requests; those still there are interrupted,
  /// get `last_words` to end, and are closed. Returns when no connection is left.
  awaitable<void> drain(SteadyTime deadline);

  [[nodiscard]] std::size_t connections() const noexcept;
  [[nodiscard]] std::uint64_t requests() const noexcept;

 private:
  friend class Connection;
  struct State;
  static awaitable<void> accept_connections(std::shared_ptr<State> state);
  static awaitable<void> hold_deadlines(std::shared_ptr<State> state);

  std::shared_ptr<State> state_;
};

}  // namespace holdfast::gateway
