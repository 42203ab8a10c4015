#include "gateway/response_text.hpp"

#include <fmt/format.h>

#include <iterator>

namespace holdfast::gateway {
namespace {

void append_header(std::string& out, std::string_view name, std::string_view value) {
  out += name;
  out += ": ";
  out += value.substr(0, value.find_first_of("\r\n"));
  out += "\r\n";
}

}  // namespace

std::string head_text(const HeadFacts& facts, const Headers& headers) {
  std::string out;
  out.reserve(384);
  fmt::format_to(std::back_inserter(out), "HTTP/1.1 {} {}\r\n", facts.status, reason_phrase(facts.status));
  if (!facts.content_type.empty()) append_header(out, "Content-Type", facts.content_type);
  if (facts.framing == Framing::length) append_header(out, "Content-Length", std::to_string(facts.content_length));
  if (facts.framing == Framing::chunked) append_header(out, "Transfer-Encoding", "chunked");
  if (facts.after == AfterResponse::close) {
    append_header(out, "Connection", "close");
  } else if (facts.version == HttpVersion::http_1_0) {
    append_header(out, "Connection", "keep-alive");
  }
  append_header(out, "X-Request-Id", facts.request_id);
  append_header(out, "X-Content-Type-Options", "nosniff");
  append_header(out, "Referrer-Policy", "no-referrer");
  if (!headers.contains("Cache-Control")) append_header(out, "Cache-Control", "no-store");
  for (const auto& header : headers) append_header(out, header.name, header.value);
  out += "\r\n";
  return out;
}

void write_short_head(FixedText& out, const HeadFacts& facts, std::string_view run_id,
                      int retry_after_seconds) noexcept {
  out.append("HTTP/1.1 ").append_number(static_cast<std::uint64_t>(facts.status));
  out.append(" ").append(reason_phrase(facts.status));
  out.append("\r\nContent-Type: ").append(facts.content_type);
  if (facts.framing == Framing::length) out.append("\r\nContent-Length: ").append_number(facts.content_length);
  if (facts.framing == Framing::chunked) out.append("\r\nTransfer-Encoding: chunked");
  if (facts.after == AfterResponse::close) out.append("\r\nConnection: close");
  out.append("\r\nX-Request-Id: ").append(facts.request_id);
  out.append("\r\nX-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\nCache-Control: no-store");
  if (!run_id.empty()) out.append("\r\nHoldfast-Run-Id: ").append(run_id);
  if (retry_after_seconds > 0) {
    out.append("\r\nRetry-After: ").append_number(static_cast<std::uint64_t>(retry_after_seconds));
  }
  out.append("\r\n\r\n");
}

void write_chunk_size(FixedText& out, std::size_t size) noexcept { out.append_hex(size).append("\r\n"); }

}  // namespace holdfast::gateway
