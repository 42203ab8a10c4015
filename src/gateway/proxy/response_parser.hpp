/// Bytes of a worker to the head and the body of its response: HTTP/1.x framing by Boost.Beast's parser, behind a wall
/// as RequestParser is. Does no I/O.
///
/// Refuses what two parsers on the way could read differently: Transfer-Encoding with Content-Length, two
/// Content-Lengths, codings other than chunked or in HTTP/1.0. Trailers are dropped.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/message.hpp"
#include "gateway/request_parser.hpp"

namespace holdfast::gateway {

/// How a worker tells the end of its body.
enum class BodyEnd : unsigned char {
  none,     ///< The response has no body: 1xx, 204, 304, or to HEAD.
  length,   ///< Content-Length.
  chunked,  ///< Chunked transfer coding.
  close,    ///< The end of the connection.
};

struct ResponseHead {
  int status = 0;
  std::string reason;  ///< As sent.
  HttpVersion version = HttpVersion::http_1_1;
  Headers headers;  ///< As sent, in order.
  BodyEnd body_end = BodyEnd::none;
};

class ResponseParser {
 public:
  /// Larger heads are refused.
  static constexpr std::uint32_t kMostHeader = 64 * 1024;

  /// `to_head`: the response to a HEAD request.
  explicit ResponseParser(bool to_head);
  ~ResponseParser();
  ResponseParser(ResponseParser&&) noexcept;
  ResponseParser& operator=(ResponseParser&&) noexcept;

  /// Takes what it can of `bytes` and says how much that was; the caller gives the rest again, with more behind it.
  /// Stops at the end of the head.
  std::size_t feed(std::string_view bytes);

  /// The connection has ended: completes a body that ends with it. False: in the middle of something.
  bool end();

  [[nodiscard]] ParseState state() const noexcept;

  /// What is wrong with the response; then the connection cannot be used further. Begins with a verb.
  [[nodiscard]] const std::optional<std::string>& violation() const noexcept;

  /// Valid after the head.
  [[nodiscard]] const ResponseHead& head() const noexcept;
  [[nodiscard]] bool keep_alive() const noexcept;

  /// What the latest feed() found of the body: views of the bytes it was given.
  [[nodiscard]] const std::vector<std::string_view>& pieces() const noexcept;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace holdfast::gateway
