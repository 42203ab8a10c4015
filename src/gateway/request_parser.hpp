/// Bytes to requests: HTTP/1.x framing by Boost.Beast's parser, behind a wall so that few files include
/// Beast. Does no I/O; used by one session at a time.
///
/// Refuses what two parsers on the way could read differently: Transfer-Encoding with Content-Length,
/// codings other than chunked, two Host headers, no Host in HTTP/1.1.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include "gateway/message.hpp"
#include "gateway/problem.hpp"

namespace holdfast::gateway {

/// In bytes.
struct ParserLimits {
  std::uint32_t header = 16 * 1024;
  std::size_t target = 8 * 1024;
  std::uint64_t body = 1024 * 1024;
};

enum class ParseState : unsigned char { head, body, complete };

/// Whether the body of a request with this head is taken out of the request piece by piece, after every feed(): it has
/// no limit then, and `streams_body` of the request is set.
using StreamsBody = std::function<bool(const Request&)>;

class RequestParser {
 public:
  explicit RequestParser(const ParserLimits& limits, const StreamsBody* streams_body = nullptr);
  ~RequestParser();
  RequestParser(RequestParser&&) noexcept;
  RequestParser& operator=(RequestParser&&) = delete;

  /// Takes what it can of `bytes` and says how much that was; the caller gives the rest again, with more
  /// behind it. Stops at the end of the head, so that the caller can act before the body.
  std::size_t feed(std::string_view bytes);

  [[nodiscard]] ParseState state() const noexcept;

  /// Set once the request is refused; the connection cannot be used further. Call before taking the request.
  [[nodiscard]] const std::optional<Problem>& refusal() const noexcept;

  /// Whether the client waits for "100 Continue". Valid after the head.
  [[nodiscard]] bool expects_continue() const noexcept;
  [[nodiscard]] bool keep_alive() const noexcept;

  /// The request: with its head after the head, with its body once complete.
  [[nodiscard]] Request& request() noexcept;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace holdfast::gateway
