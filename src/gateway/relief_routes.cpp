// POST /admin/relieve gives memory back now and says what each step gave; POST /admin/clear-cache forgets the answers.
#include "base/log.hpp"
#include "gateway/json_text.hpp"
#include "gateway/routes.hpp"

namespace holdfast::gateway {
namespace {

std::optional<std::int64_t> count_of(const std::optional<Bytes>& size) {
  return size ? std::optional(static_cast<std::int64_t>(size->count())) : std::nullopt;
}

double milliseconds(std::chrono::microseconds time) { return static_cast<double>(time.count()) / 1000.0; }

std::string step_json(const governor::StepReport& step) {
  ObjectText out;
  out.text("action", step.name).text("cost", to_string(step.cost)).text("end", to_string(step.end));
  if (step.end == governor::StepEnd::skipped) out.text("skipped", to_string(step.skipped));
  out.number("before_bytes", count_of(step.before)).number("after_bytes", count_of(step.after));
  out.number("returned_bytes", static_cast<std::int64_t>(step.returned().count()));
  out.decimal("pause_ms", milliseconds(step.pause));
  if (!step.error.empty()) out.text("error", step.error);
  return out.take();
}

std::string walk_json(const governor::WalkReport& report, const Clock& clock) {
  std::string steps = "[";
  for (const auto& step : report.steps) {
    if (steps.size() > 1) steps += ',';
    steps += step_json(step);
  }
  steps += ']';
  ObjectText out;
  out.text("level", memory::to_string(report.level)).boolean("observe_only", report.observe_only);
  out.boolean("joined", report.joined);
  out.number("before_bytes", count_of(report.before)).number("after_bytes", count_of(report.after));
  out.number("returned_bytes", static_cast<std::int64_t>(report.returned().count()));
  out.decimal("pause_ms", milliseconds(report.pause)).raw("steps", steps);
  return out.text("timestamp", iso_time(clock.wall())).take();
}

}  // namespace

awaitable<void> post_relieve(Call call) {
  log::info("gateway.relief_asked", {{"admin", call.subject.owner}});
  auto report = co_await call.config().relieve();
  if (!report) {
    co_await send_error(std::move(call), report.error());
    co_return;
  }
  auto response = json_response(200, walk_json(*report, *call.services->clock));
  co_await send_response(std::move(call), std::move(response));
}

awaitable<void> post_clear_cache(Call call) {
  const auto cleared = call.coordinator().answers().clear();
  log::info("gateway.cache_cleared", {{"admin", call.subject.owner}, {"entries", cleared.entries}});
  ObjectText out;
  out.number("entries", static_cast<std::int64_t>(cleared.entries));
  out.number("returned_bytes", static_cast<std::int64_t>(cleared.bytes.count()));
  auto response = json_response(200, out.text("timestamp", iso_time(call.services->clock->wall())).take());
  co_await send_response(std::move(call), std::move(response));
}

}  // namespace holdfast::gateway
