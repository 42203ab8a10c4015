/// The head of a response as text, and chunks. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/message.hpp"

namespace holdfast::gateway {

/// How the end of a body is told.
enum class Framing : unsigned char {
  length,   ///< Content-Length.
  chunked,  ///< Chunked transfer coding.
  close,    ///< The end of the connection (HTTP/1.0).
  none,     ///< The status has no body (204, 304).
};

enum class AfterResponse : unsigned char { keep_alive, close };

struct HeadFacts {
  int status = 200;
  std::string_view content_type;
  Framing framing = Framing::length;
  std::size_t content_length = 0;
  AfterResponse after = AfterResponse::keep_alive;
  HttpVersion version = HttpVersion::http_1_1;
  std::string_view request_id;
};

/// Adds X-Request-Id, X-Content-Type-Options and Referrer-Policy, and Cache-Control: no-store unless
/// `headers` has its own. Header values of ours with line breaks are cut there.
[[nodiscard]] std::string head_text(const HeadFacts& facts, const Headers& headers);

/// One chunk; nothing for empty text, which would end the body.
void append_chunk(std::string& out, std::string_view text);

inline constexpr std::string_view kLastChunk = "0\r\n\r\n";
inline constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

}  // namespace holdfast::gateway
