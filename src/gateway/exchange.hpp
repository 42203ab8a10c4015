/// One request and its answer: a route sends one response, or begins a stream and writes to it.
///
/// Ownership: lives on the session's stack while the route runs; a route must not keep it.
/// Runs on: supervisor strand.
#pragma once

#include <cstdint>

#include "base/async.hpp"
#include "gateway/message.hpp"
#include "gateway/wire.hpp"

namespace holdfast::gateway {

/// An answer for when memory has run out: small, whole, and all of it there already.
struct LastWords {
  int status = 200;
  std::string_view content_type;
  std::string_view run_id;  ///< Holdfast-Run-Id; left out when empty.
  int retry_after_seconds = 0;
  std::string_view body;
};

class Exchange {
 public:
  virtual ~Exchange() = default;

  [[nodiscard]] virtual const Request& request() const noexcept = 0;

  /// The whole answer. Call once, instead of begin().
  virtual awaitable<Sent> send(Response response) = 0;

  /// Sends the head; the body follows by write() and ends with finish(). Chunked, or until the connection
  /// closes for a client of HTTP/1.0.
  virtual awaitable<Sent> begin(StreamHead head) = 0;

  /// Waits while the client reads slowly; client_gone when it takes nothing for the write time-out.
  virtual awaitable<Sent> write(std::string text) = 0;
  virtual awaitable<Sent> finish() = 0;

  /// Ends the exchange at once and without allocating: as the whole answer when nothing was sent, else as the last
  /// piece of the stream, which keeps its status. The connection closes. client_gone: the socket did not take it.
  virtual Sent end_with(const LastWords& words) noexcept = 0;

  /// From now on notices when the client goes away, and cancels what the route awaits then. Routes that wait
  /// for something other than the journal call it first.
  virtual void watch_client() = 0;

  /// The connection itself, for an answer that comes from elsewhere, instead of send() and begin(). passed() says how
  /// that ended; `keep_alive`: the client has got it whole and knows where it ends.
  virtual Wire& wire() noexcept = 0;
  virtual void passed(int status, std::uint64_t bytes, bool keep_alive) noexcept = 0;

  /// The client would send another request, and the server would take it.
  [[nodiscard]] virtual bool may_keep_alive() const noexcept = 0;

  /// The client has gone, or the server's time to drain is over: end soon.
  [[nodiscard]] virtual bool interrupted() const noexcept = 0;
  [[nodiscard]] virtual bool client_gone() const noexcept = 0;
};

}  // namespace holdfast::gateway
