/// Which requests of a backend's own are durable runs.
#include <fmt/format.h>

#include "app/settings_table.hpp"
#include "base/text.hpp"
#include "gateway/gateway.hpp"

namespace holdfast::app {
namespace {

using gateway::GuaranteedRoute;

Result<void> read_guaranteed(Settings& settings, std::string_view text) {
  std::vector<GuaranteedRoute> routes;
  while (!text.empty()) {
    const auto whole = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), whole.size() + 1));
    const auto item = trim(whole);
    if (item.empty()) continue;
    auto route = gateway::parse_guaranteed_route(item);
    if (!route) return fail(std::move(route));
    if (gateway::is_own_path(route->method, route->segments)) {
      return fail(ErrorCode::invalid_argument,
                  fmt::format("\"{}\" is a path that Holdfast answers itself; POST /analyze is guaranteed anyway, and "
                              "worker.route names what it is at the worker",
                              item));
    }
    if (routes.size() == gateway::kMostGuaranteedRoutes) {
      return fail(ErrorCode::invalid_argument,
                  fmt::format("more than {} routes; ** at the end of a path stands for all below it",
                              gateway::kMostGuaranteedRoutes));
    }
    routes.push_back(std::move(*route));
  }
  settings.guaranteed = std::move(routes);
  return {};
}

std::string show_guaranteed(const Settings& settings) {
  std::string text;
  for (const auto& route : settings.guaranteed) {
    if (!text.empty()) text += ", ";
    text += route.name;
    if (route.retry == runs::Retry::requeue) text += " retry=requeue";
  }
  return text;
}

// Of what is kept in the journal and not in memory.
Setting kept_size_setting(std::string_view key, std::string_view environment, Bytes Settings::* field,
                          std::string_view help) {
  const auto read = [field](Settings& settings, std::string_view text) -> Result<void> {
    const auto size = parse_bytes(text);
    if (!size) return fail(ErrorCode::invalid_argument, size.error().message());
    if (size->count() < std::uint64_t{64} << 10U || size->count() > std::uint64_t{64} << 30U) {
      return fail(ErrorCode::invalid_argument, "this limit is between 64KB and 64GB");
    }
    settings.*field = *size;
    return {};
  };
  return {key, environment, help, read, [field](const Settings& settings) { return to_string(settings.*field); }};
}

}  // namespace

std::vector<Setting> guaranteed_settings() {
  return {
      {"worker.guaranteed", "HOLDFAST_GUARANTEED",
       "Requests of your backend that are durable runs, like POST /analyze: \"POST /v1/chat/completions, "
       "POST /reports/* retry=requeue\". `*` is one segment of a path, `**` at its end the rest. With retry=requeue a "
       "request whose worker was lost is sent to another one; without, it has failed.",
       read_guaranteed, show_guaranteed},
      kept_size_setting("worker.max_answer", "HOLDFAST_MAX_ANSWER", &Settings::max_answer,
                        "Largest body of an answer on these routes. It is kept in the journal, not in memory."),
      kept_size_setting("worker.max_request", "HOLDFAST_MAX_REQUEST", &Settings::max_request,
                        "Largest body of a request on these routes. What is longer than 64 KB is kept in the journal, "
                        "not in memory, until its run has ended."),
      kept_size_setting("worker.max_receiving", "HOLDFAST_MAX_RECEIVING", &Settings::max_receiving,
                        "Large requests that are being received on these routes at the same time, all together."),
  };
}

}  // namespace holdfast::app
