/// Server-sent events as text (the WHATWG event stream format). Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace holdfast::gateway {

struct SseEvent {
  std::optional<std::int64_t> id;
  std::string_view type;  ///< Empty: no `event:` line, which means "message".
  std::string_view data;  ///< Line breaks are allowed and arrive as "\n".
};

void append_sse(std::string& out, const SseEvent& event);

inline constexpr std::string_view kHeartbeat = ": hb\n\n";

[[nodiscard]] std::string sse_retry(std::chrono::milliseconds delay);

}  // namespace holdfast::gateway
