/// One connection: reads requests one after the other and has each answered before the next is read.
/// Internal to the server.
///
/// Ownership: shared by the server's set and the session's task.
/// Runs on: supervisor strand.
#pragma once

#include <boost/asio/generic/stream_protocol.hpp>
#include <memory>
#include <string>
#include <string_view>

#include "gateway/response_text.hpp"
#include "gateway/server_state.hpp"
#include "gateway/wire.hpp"

namespace holdfast::gateway {

using Socket = asio::generic::stream_protocol::socket;

class Connection final : public Wire, public std::enable_shared_from_this<Connection> {
 public:
  Connection(std::shared_ptr<Server::State> state, Socket socket);

  /// Starts the session; at its end the connection leaves the server's set.
  void start();

  /// Acts on a deadline that has passed. The server calls it every now and then for all connections, which
  /// costs less than a timer for each.
  void check_deadline(SteadyTime now);

  void close_if_idle();

  /// The server's time to drain is over: cancels what the route awaits.
  void interrupt();

  void close();

  /// For the exchange.
  awaitable<Sent> write_all(Parts parts);
  /// What the socket takes now, without waiting and without allocating. client_gone: not everything.
  Sent write_now(Parts parts) noexcept;
  void watch();
  [[nodiscard]] bool gone() const noexcept { return gone_; }
  [[nodiscard]] bool interrupted() const noexcept { return interrupted_ || gone_; }
  [[nodiscard]] bool stopping() const noexcept { return state_->stopping; }

  awaitable<Read> read_body(std::string* piece) override;
  [[nodiscard]] bool body_complete() const noexcept override;
  awaitable<Read> read_raw(std::string* bytes) override;
  awaitable<Sent> write(Parts parts) override;
  void look_after_client(bool on) noexcept override { looked_after_ = on; }
  void abort() noexcept override;
  [[nodiscard]] std::string_view client_address() override;

 private:
  enum class Phase : unsigned char { idle, reading, answering, lingering };
  enum class Fill : unsigned char { bytes, closed, expired, stopped };
  enum class Next : unsigned char { request, close };

  awaitable<void> run();
  awaitable<Next> serve_one();
  awaitable<Fill> read_head(RequestParser* parser);
  awaitable<Fill> read_body(RequestParser* parser);
  awaitable<Next> answer(RequestParser* parser);
  awaitable<void> refuse(RequestParser* parser, Problem problem);
  awaitable<void> linger();
  awaitable<Fill> fill();
  awaitable<Fill> receive();
  [[nodiscard]] std::string_view received() const noexcept { return {state_->scratch.data(), received_}; }
  [[nodiscard]] bool client_has_closed() const noexcept;
  [[nodiscard]] std::string read_client_address();

  [[nodiscard]] std::string_view pending() const noexcept { return std::string_view(pending_).substr(consumed_); }
  void consume(std::size_t bytes);
  void arm_watch();
  void on_readable();
  void unwatch();
  [[nodiscard]] SteadyTime after(std::chrono::milliseconds delay) const;

  std::shared_ptr<Server::State> state_;
  Socket socket_;
  asio::cancellation_signal stop_;        ///< Cancels what the session awaits.
  asio::cancellation_signal stop_watch_;  ///< Cancels the watch for a client that goes away.
  std::string pending_;                   ///< Received, from `consumed_` on not yet parsed.
  std::size_t consumed_ = 0;
  std::string client_address_;               ///< Once it was asked for.
  RequestParser* parser_ = nullptr;          ///< Of the request that is being answered.
  std::size_t received_ = 0;                 ///< What the latest receive() left in the scratch.
  SteadyTime deadline_ = SteadyTime::max();  ///< Of what is read.
  SteadyTime write_deadline_ = SteadyTime::max();
  Phase phase_ = Phase::idle;
  bool expired_ = false;
  bool write_expired_ = false;
  bool looked_after_ = false;
  bool gone_ = false;
  bool interrupted_ = false;
  bool watching_ = false;
  bool must_linger_ = false;
  unsigned watch_number_ = 0;
};

}  // namespace holdfast::gateway
