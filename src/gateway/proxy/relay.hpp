/// One request on its way through: to a worker, and the answer back. Internal to the proxy.
///
/// Ownership: shared by pass() and the task that sends the body; the exchange outlives both. Runs on: supervisor
/// strand.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <optional>
#include <string>

#include "gateway/proxy/forwarded_head.hpp"
#include "gateway/proxy/inbox.hpp"
#include "gateway/proxy/proxy.hpp"

namespace holdfast::gateway {

class Relay : public std::enable_shared_from_this<Relay> {
 public:
  Relay(Proxy* proxy, Call call, bool authenticated);
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  /// Ends with the answer sent, as far as there is one.
  awaitable<void> run();

  void sweep(SteadyTime now) { link_.sweep(now); }

 private:
  /// A class with a constructor, because it is a temporary beside co_await (docs/decisions/0002-compiler.md).
  class Failed {
   public:
    explicit Failed(PassFailure why, std::string text = {}) : reason(why), detail(std::move(text)) {}
    PassFailure reason;
    std::string detail;  ///< What the worker did, with a verb.
  };
  using Outcome = std::optional<Failed>;  ///< Nothing: it went well.

  awaitable<Outcome> try_worker(SteadyTime patience_end, bool may_reuse);
  awaitable<Outcome> exchange(bool may_reuse);
  awaitable<Outcome> reach_worker(bool may_reuse);
  awaitable<Outcome> send_request();
  awaitable<Outcome> read_head();
  awaitable<Outcome> pass_interim();
  awaitable<Outcome> pass_body();
  awaitable<Outcome> pass_pieces(std::string head);
  awaitable<Outcome> tunnel();
  awaitable<Outcome> take_more();
  awaitable<void> tell(Failed failed);

  awaitable<void> upload();
  awaitable<void> upload_raw();
  void start_upload(awaitable<void> (Relay::*task)());
  awaitable<void> stop_upload();

  void feed();
  void keep_connection();
  [[nodiscard]] std::string head_for_client();
  [[nodiscard]] bool may_try_again(const Failed& failed) const;
  [[nodiscard]] Failed failed(LinkEnd end) const;
  [[nodiscard]] Failed client_failed() const;
  /// Whether it can be sent once more when a worker may have seen it.
  [[nodiscard]] bool is_repeatable() const;
  [[nodiscard]] const Request& request() const noexcept { return call_.request(); }
  [[nodiscard]] bool is_head() const noexcept { return request().method == "HEAD"; }

  Proxy* proxy_;
  Call call_;
  Wire* wire_;
  bool authenticated_;
  SteadyTime started_;
  std::string upgrade_;
  std::optional<workers::Passage> passage_;
  WorkerLink link_;
  ResponseParser parser_;
  Inbox inbox_;
  ClientFraming framing_ = ClientFraming::none;

  asio::cancellation_signal stop_upload_;
  asio::steady_timer upload_over_;
  Wire::Read client_end_ = Wire::Read::bytes;  ///< Why no more of the request comes; bytes: nothing has happened.
  bool uploading_ = false;
  bool upload_began_ = false;
  bool stopping_ = false;
  bool unread_ = false;    ///< The worker did not take the whole request.
  bool reused_ = false;    ///< The connection served another request before.
  bool heard_ = false;     ///< The worker has sent something.
  bool answered_ = false;  ///< The client has got a head.
  bool upgraded_ = false;
  bool keep_alive_ = false;  ///< The client has been told that its connection stays.
  std::uint64_t bytes_ = 0;  ///< Of the body, sent to the client.
};

}  // namespace holdfast::gateway
