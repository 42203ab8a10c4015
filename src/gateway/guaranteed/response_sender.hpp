/// Sends the kept response of a run to a client, from its beginning, as far as it is durable.
///
/// A response that grows in sight is sent while it grows; any other once it is whole. When an attempt is lost of which
/// the client has seen something, the connection is cut: what follows would not fit. Its next request of the same run
/// id gets the whole.
///
/// Ownership: lives while the route awaits it. Runs on: supervisor strand.
#pragma once

#include "gateway/call.hpp"
#include "gateway/guaranteed/kept_response.hpp"
#include "gateway/proxy/forwarded_head.hpp"

namespace holdfast::gateway {

class ResponseSender {
 public:
  /// `added`: headers of ours.
  ResponseSender(Call call, RunId id, Headers added);

  /// Sends the response, or a problem document when there is none. True: the client's connection has taken it whole.
  awaitable<bool> run();

 private:
  enum class Next : unsigned char { go_on, done };

  awaitable<Next> take_news();
  awaitable<Next> take(const journal::Entry* entry);
  awaitable<Next> take_head(KeptHead head);
  awaitable<Next> take_piece(const journal::Entry* entry);
  awaitable<Next> take_end();
  awaitable<Next> begin(KeptHead head, std::optional<std::uint64_t> length);
  awaitable<Next> wait_for_news();
  awaitable<Next> refuse(Problem problem);
  Next break_off();

  Call call_;
  RunId id_;
  Headers added_;
  Wire* wire_;
  std::int64_t cursor_ = 0;
  std::optional<ClientFraming> framing_;  ///< Absent: nothing was sent.
  bool keep_alive_ = false;
  int status_ = 0;
  std::uint64_t bytes_ = 0;
  bool whole_ = false;
};

}  // namespace holdfast::gateway
