/// The head of a response as text, and chunks. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/fixed_text.hpp"
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

/// The same without an allocation, for when memory has run out: only what a client cannot do without.
/// `run_id` and `retry_after_seconds` are left out when empty or 0.
void write_short_head(FixedText& out, const HeadFacts& facts, std::string_view run_id,
                      int retry_after_seconds) noexcept;

/// What goes before a chunk of that size and after it. A chunk of size 0 would end the body.
void write_chunk_size(FixedText& out, std::size_t size) noexcept;
inline constexpr std::string_view kChunkEnd = "\r\n";

inline constexpr std::string_view kLastChunk = "0\r\n\r\n";
inline constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

}  // namespace holdfast::gateway
