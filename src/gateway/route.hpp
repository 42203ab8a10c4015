/// The table of routes: which function answers which method and path. Pure but for the functions it names.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/call.hpp"

namespace holdfast::gateway {

/// Whether a request without a body is refused with 411.
enum class BodyRule : unsigned char { ignored, required };

/// Who may call a route.
enum class Access : unsigned char {
  user,      ///< Whoever says who they are.
  anybody,   ///< Everybody; nobody is asked.
  thread,    ///< A user; or the worker of a run, by its token, on the thread that the first parameter names.
  optional,  ///< Everybody; those who say who they are see more.
  admin,     ///< Administrators.
};

struct Route {
  std::string_view method;
  std::string_view pattern;  ///< "/v1/runs/{run_id}/events": a `{name}` takes exactly one segment.
  BodyRule body = BodyRule::ignored;
  awaitable<void> (*answer)(Call) = nullptr;
  Access access = Access::user;
};

struct RouteMatch {
  const Route* route = nullptr;  ///< Null when nothing answers.
  std::vector<std::string> parameters;
  std::string allow;  ///< Methods of the path, for a 405; empty when no route has this path.
};

/// The route of `method` and `segments`. HEAD is answered by the route of GET.
[[nodiscard]] RouteMatch match_route(std::span<const Route> routes, std::string_view method,
                                     const std::vector<std::string>& segments);

}  // namespace holdfast::gateway
