// GET /v1/operations/events: the one stream of a console.
#include "base/log.hpp"
#include "gateway/operations/consoles.hpp"
#include "gateway/routes.hpp"
#include "gateway/sse.hpp"
#include "gateway/try_build.hpp"

namespace holdfast::gateway {
namespace {

// Long streams end now and then: whoever may no longer look is asked again who they are.
constexpr std::chrono::minutes kLongestStream{60};
constexpr std::chrono::seconds kRetryWhenFull{30};

Problem too_many() {
  auto problem = make_problem(503, "too-many-consoles", "Too many consoles are open",
                              "close a console that nobody looks at, and connect again");
  problem.retryable = true;
  problem.retry_after = kRetryWhenFull;
  return problem;
}

StreamHead stream_head() {
  StreamHead head;
  head.content_type = "text/event-stream; charset=utf-8";
  head.headers.add("Cache-Control", "no-store, no-transform");
  head.headers.add("X-Accel-Buffering", "no");
  return head;
}

std::string farewell(std::string_view why) {
  std::string text;
  append_sse(text, {std::nullopt, "draining", why});
  return text;
}

}  // namespace

awaitable<void> get_operations_events(Call call) {
  auto seat = call.services->consoles->take_seat(call.subject);
  if (!seat) {
    co_await send_problem(std::move(call), too_many());
    co_return;
  }
  log::info("gateway.console_opened", {{"subject", call.subject.owner}, {"admin", call.subject.admin}});
  call.exchange->watch_client();
  auto sent = co_await call.exchange->begin(stream_head());
  if (call.request().method == "HEAD") {
    co_await call.exchange->finish();
    co_return;
  }
  const auto retry = call.config().event_retry;
  // A stream that cannot be built ends, and the console connects again.
  auto text = try_build("gateway.build_operations", [&] { return sse_retry(retry) + seat->snapshot(); });
  if (!text) co_return;
  sent = co_await call.exchange->write(std::move(*text));
  const auto until = call.in(kLongestStream);
  auto silent_until = call.in(call.config().heartbeat);
  while (sent == Sent::ok && !call.exchange->interrupted() && call.in({}) < until) {
    const auto wake = co_await seat->wait(silent_until);
    if (wake == Wake::cancelled) continue;
    text = try_build("gateway.build_operations", [&] { return seat->changes(); });
    if (!text) co_return;
    if (text->empty() && wake == Wake::notified) continue;
    if (text->empty()) *text = kHeartbeat;
    sent = co_await call.exchange->write(std::move(*text));
    silent_until = call.in(call.config().heartbeat);
  }
  if (sent == Sent::client_gone) co_return;
  auto last = farewell(R"({"detail":"connect again"})");
  sent = co_await call.exchange->write(std::move(last));
  if (sent == Sent::ok) co_await call.exchange->finish();
}

}  // namespace holdfast::gateway
