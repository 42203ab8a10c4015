#include "gateway/route.hpp"

#include <algorithm>
#include <optional>

namespace holdfast::gateway {
namespace {

// The parameters when the pattern fits.
std::optional<std::vector<std::string>> fit(std::string_view pattern, const std::vector<std::string>& segments) {
  std::vector<std::string> parameters;
  std::size_t i = 0;
  auto rest = pattern.substr(1);
  while (!rest.empty()) {
    const auto slash = rest.find('/');
    const auto part = rest.substr(0, slash);
    if (i >= segments.size()) return std::nullopt;
    if (part.starts_with('{')) {
      parameters.push_back(segments[i]);
    } else if (part != segments[i]) {
      return std::nullopt;
    }
    ++i;
    rest = slash == std::string_view::npos ? std::string_view() : rest.substr(slash + 1);
  }
  if (i != segments.size()) return std::nullopt;
  return parameters;
}

void allow(RouteMatch& match, std::string_view method) {
  if (!match.allow.empty()) match.allow += ", ";
  match.allow += method;
  if (method == "GET") match.allow += ", HEAD";
}

}  // namespace

RouteMatch match_route(std::span<const Route> routes, std::string_view method,
                       const std::vector<std::string>& segments) {
  const auto wanted = method == "HEAD" ? std::string_view("GET") : method;
  RouteMatch match;
  for (const auto& route : routes) {
    auto parameters = fit(route.pattern, segments);
    if (!parameters) continue;
    allow(match, route.method);
    if (route.method != wanted) continue;
    match.route = &route;
    match.parameters = std::move(*parameters);
    return match;
  }
  return match;
}

}  // namespace holdfast::gateway
