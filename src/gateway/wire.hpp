/// The client's side of a request that is passed through: its body as it arrives, and the answer as bytes.
///
/// Ownership: belongs to the connection; lives as long as the exchange. Runs on: supervisor strand.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "base/async.hpp"

namespace holdfast::gateway {

/// What the client learns of a write.
enum class Sent : unsigned char { ok, client_gone };

/// What goes out in one piece, in order; empty ones are left out.
using Parts = std::array<std::string_view, 4>;

class Wire {
 public:
  enum class Read : unsigned char {
    bytes,
    complete,  ///< The body has ended.
    refused,   ///< It breaks HTTP.
    slow,      ///< Nothing came for the body time-out.
    gone,      ///< The client has closed its side, or the reading was stopped.
  };

  virtual ~Wire() = default;

  /// The next piece of the request's body. Waits for it.
  virtual awaitable<Read> read_body(std::string* piece) = 0;
  [[nodiscard]] virtual bool body_complete() const noexcept = 0;

  /// What the client sends after an upgrade. Waits for it, without a time-out.
  virtual awaitable<Read> read_raw(std::string* bytes) = 0;

  /// Waits while the client reads slowly. What the views name must live until the first suspension only.
  virtual awaitable<Sent> write(Parts parts) = 0;

  /// From now on a client that goes away is noticed within a fraction of a second, and what the route awaits is
  /// cancelled. Costs nothing for each request, unlike watch_client(). Not while read_raw() is used, which notices it.
  virtual void look_after_client(bool on) noexcept = 0;

  /// The connection is to end so that no client can take it for the end of the answer.
  virtual void abort() noexcept = 0;

  /// The address of the client, without port.
  [[nodiscard]] virtual std::string_view client_address() = 0;
};

}  // namespace holdfast::gateway
