#include "gateway/guaranteed/guaranteed_route.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "gateway/target.hpp"

namespace holdfast::gateway {
namespace {

constexpr std::string_view kAny = "*";
constexpr std::string_view kRest = "**";
constexpr std::string_view kRetry = "retry=";

// HEAD has no body to keep; the others ask something of the server and not of a resource.
constexpr std::array<std::string_view, 5> kMethods{"GET", "POST", "PUT", "PATCH", "DELETE"};

std::unexpected<Error> refuse(std::string_view text, std::string_view why) {
  return fail(
      ErrorCode::invalid_argument,
      fmt::format("\"{}\": {}; write it as \"POST /reports/*\" or \"POST /reports/* retry=requeue\"", text, why));
}

std::string_view take_word(std::string_view& text) {
  text = trim(text);
  const auto word = text.substr(0, text.find_first_of(" \t"));
  text.remove_prefix(word.size());
  return word;
}

bool fits(const GuaranteedRoute& route, const std::vector<std::string>& segments) {
  const auto& wanted = route.segments;
  const bool open = !wanted.empty() && wanted.back() == kRest;
  const auto fixed = wanted.size() - (open ? 1 : 0);
  if (open ? segments.size() <= fixed : segments.size() != fixed) return false;
  for (std::size_t i = 0; i < fixed; ++i) {
    if (wanted[i] != kAny && wanted[i] != segments[i]) return false;
  }
  return true;
}

}  // namespace

Result<GuaranteedRoute> parse_guaranteed_route(std::string_view text) {
  auto rest = text;
  const auto method = take_word(rest);
  const auto path = take_word(rest);
  if (std::ranges::find(kMethods, method) == kMethods.end()) {
    return refuse(text, "the method must be GET, POST, PUT, PATCH or DELETE");
  }
  if (!path.starts_with('/')) return refuse(text, "the path must begin with a slash");
  if (path.find_first_of("?#") != std::string_view::npos) return refuse(text, "a path has no query");
  auto target = parse_target(path);
  if (!target) return refuse(text, target.error().message());
  GuaranteedRoute route;
  route.method = method;
  route.segments = std::move(target->segments);
  route.name = fmt::format("{} {}", method, path);
  if (route.name.size() > kLongestGuaranteedRoute) return refuse(text, "it is longer than 100 bytes");
  const auto rest_at = std::ranges::find(route.segments, kRest);
  if (rest_at != route.segments.end() && rest_at + 1 != route.segments.end()) {
    return refuse(text, "** stands at the end only");
  }
  const auto option = take_word(rest);
  if (!option.empty()) {
    const auto retry = option.starts_with(kRetry) ? runs::parse_retry(option.substr(kRetry.size())) : std::nullopt;
    if (!retry) return refuse(text, "after the path only retry=requeue or retry=fail is known");
    route.retry = *retry;
  }
  if (!trim(rest).empty()) return refuse(text, "something follows that is not known");
  return route;
}

const GuaranteedRoute* find_guaranteed_route(std::span<const GuaranteedRoute> routes, std::string_view method,
                                             const std::vector<std::string>& segments) {
  const auto found = std::ranges::find_if(
      routes, [&](const GuaranteedRoute& route) { return route.method == method && fits(route, segments); });
  return found == routes.end() ? nullptr : &*found;
}

}  // namespace holdfast::gateway
