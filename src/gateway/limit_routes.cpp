#include "gateway/json_text.hpp"
#include "gateway/routes.hpp"
#include "gateway/submit_in_turn.hpp"

namespace holdfast::gateway {

awaitable<void> get_rate_limits(Call call) {
  const auto& allowance = call.services->turnstile->allowance;
  const auto& config = allowance.config();
  const auto window = std::chrono::ceil<std::chrono::seconds>(config.window);
  ObjectText out;
  out.text("status", "healthy").number("total_tracked_clients", static_cast<std::int64_t>(allowance.tracked_clients()));
  const auto active = allowance.active_clients(call.services->clock->steady());
  out.number("active_clients", static_cast<std::int64_t>(active)).number("rate_limit_window", window.count());
  out.number("rate_limit_requests", std::int64_t{config.requests});
  out.number("rate_limit_burst", std::int64_t{config.burst});
  out.text("timestamp", iso_time(call.services->clock->wall()));
  auto response = json_response(200, out.take());
  co_await send_response(std::move(call), std::move(response));
}

}  // namespace holdfast::gateway
