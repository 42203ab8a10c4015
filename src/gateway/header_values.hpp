/// The request headers whose values mean something here. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace holdfast::gateway {

/// `Prefer` (RFC 7240). Preferences that are unknown or malformed are ignored, as the RFC asks.
struct Preferences {
  bool respond_async = false;
  std::optional<std::chrono::seconds> wait;
};
[[nodiscard]] Preferences parse_prefer(std::string_view value);

/// Whether `Cache-Control` has the directive no-cache (RFC 9111): an answer that is there already will not do.
[[nodiscard]] bool wants_no_cache(std::string_view cache_control) noexcept;

/// `Idempotency-Key`: a quoted string, as the draft says, or the bare value that clients send.
/// invalid_argument: empty, over 255 characters, or an unfinished quote.
[[nodiscard]] Result<std::string> parse_idempotency_key(std::string_view value);

/// True when `If-None-Match` has `*` or `etag`. Weak and strong forms compare equal, as for every GET.
[[nodiscard]] bool matches_etag(std::string_view if_none_match, std::string_view etag) noexcept;

/// True when the client asks for `type` by name with a quality above zero. `*/*` does not count: it says
/// "anything", not "an event stream".
[[nodiscard]] bool accepts_by_name(std::string_view accept, std::string_view type) noexcept;

/// Whether `coding` may be used ("gzip", or `*`, with a quality above zero).
[[nodiscard]] bool accepts_encoding(std::string_view accept_encoding, std::string_view coding) noexcept;

/// A decimal number from 0 to 2^53. invalid_argument: anything else.
[[nodiscard]] Result<std::int64_t> parse_cursor(std::string_view value);

/// `traceparent` when it is well formed (W3C Trace Context, version 00, no all-zero id), else empty.
[[nodiscard]] std::string valid_traceparent(std::string_view value);

/// The client's X-Request-Id when it is at most 64 visible ASCII characters, else a new one.
[[nodiscard]] std::string request_id_for(std::optional<std::string_view> sent);

}  // namespace holdfast::gateway
