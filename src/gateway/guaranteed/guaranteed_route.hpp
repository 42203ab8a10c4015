/// Which requests of a backend's own are durable runs: the setting worker.guaranteed. Pure.
///
///   POST /v1/chat/completions             this path
///   POST /reports/*/build                 `*` is one segment, whatever it is
///   PUT /exports/** retry=requeue         `**` at the end is the rest, one segment at least
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "runs/stored_request.hpp"

namespace holdfast::gateway {

struct GuaranteedRoute {
  std::string method;
  std::vector<std::string> segments;  ///< Decoded; "*" is any, "**" at the end the rest.
  runs::Retry retry = runs::Retry::fail;
  std::string name;  ///< "POST /reports/*/build": what its runs have as their route, and what is learned of it.
};

/// As many as a setting may name, and bytes of one.
inline constexpr std::size_t kMostGuaranteedRoutes = 64;
inline constexpr std::size_t kLongestGuaranteedRoute = 100;

/// invalid_argument: not as above; the message says what is.
[[nodiscard]] Result<GuaranteedRoute> parse_guaranteed_route(std::string_view text);

/// The first that fits, or null.
[[nodiscard]] const GuaranteedRoute* find_guaranteed_route(std::span<const GuaranteedRoute> routes,
                                                           std::string_view method,
                                                           const std::vector<std::string>& segments);

}  // namespace holdfast::gateway
