// Routes that show what lies between a client and the server: `holdfast doctor URL` asks them through the real path.
#include "gateway/json_text.hpp"
#include "gateway/query_values.hpp"
#include "gateway/routes.hpp"
#include "gateway/sse.hpp"

namespace holdfast::gateway {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr NumberRange kHoldSeconds{.least = 0, .most = 180, .fallback = 30};
constexpr NumberRange kStreamEvents{.least = 1, .most = 60, .fallback = 5};

// Each holds a connection for minutes and does nothing for anybody.
constexpr int kMostAtOnce = 32;

// What the way back to an answer needs, and some proxies drop.
constexpr std::array<std::string_view, 6> kTold{"Idempotency-Key", "Prefer",          "Last-Event-ID",
                                                "If-None-Match",   "X-Forwarded-For", "X-Forwarded-Proto"};

/// One of the probes under way.
class Place {
 public:
  explicit Place(int& count) : count_(count) { ++count_; }
  ~Place() { --count_; }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

 private:
  int& count_;
};

std::string seen_headers(const Request& request) {
  ObjectText out;
  for (const auto name : kTold) {
    if (request.headers.contains(name)) out.text(name, request.headers.joined(name));
  }
  return out.take();
}

Headers unbuffered() {
  Headers headers;
  headers.add("Cache-Control", "no-store, no-transform");
  headers.add("X-Accel-Buffering", "no");
  return headers;
}

Problem too_many() {
  auto problem = make_problem(503, "too-many-probes", "Too many probes are under way",
                              "at most 32 are answered at once; try again when they have ended");
  problem.retryable = true;
  problem.retry_after = milliseconds(10'000);
  return problem;
}

/// The number in the query, and a place; or what to send instead.
struct Asked {
  int number = 0;
  std::optional<Problem> refused;
};

Asked asked(const Call& call, std::string_view name, NumberRange range) {
  std::vector<FieldError> errors;
  Asked result{query_number(call.request().target, name, range, errors), {}};
  if (!errors.empty()) result.refused = invalid_shape(std::move(errors));
  if (!result.refused && call.services->probes >= kMostAtOnce) result.refused = too_many();
  return result;
}

}  // namespace

awaitable<void> get_probe_hold(Call call) {
  auto hold = asked(call, "seconds", kHoldSeconds);
  if (hold.refused) co_return co_await send_problem(std::move(call), std::move(*hold.refused));
  const Place place(call.services->probes);
  call.exchange->watch_client();
  const auto until = call.in(seconds(hold.number));
  co_await sleep_until(until);
  if (call.exchange->client_gone()) co_return;
  ObjectText out;
  out.number("held_seconds", std::int64_t{hold.number}).raw("headers", seen_headers(call.request()));
  auto response = json_response(200, out.take());
  // For the ETags that proxies drop.
  response.headers.add("ETag", "\"probe\"");
  co_await send_response(std::move(call), std::move(response));
}

awaitable<void> get_probe_stream(Call call) {
  auto events = asked(call, "events", kStreamEvents);
  if (events.refused) co_return co_await send_problem(std::move(call), std::move(*events.refused));
  const Place place(call.services->probes);
  call.exchange->watch_client();
  StreamHead head;
  head.content_type = "text/event-stream; charset=utf-8";
  head.headers = unbuffered();
  auto sent = co_await call.exchange->begin(std::move(head));
  for (int number = 1; sent == Sent::ok && number <= events.number; ++number) {
    std::string text;
    const auto data = ObjectText().number("event", std::int64_t{number}).take();
    append_sse(text, {number, "probe", data});
    sent = co_await call.exchange->write(std::move(text));
    if (number == events.number) break;
    const auto next = call.in(seconds(1));
    const bool slept = co_await sleep_until(next);
    if (!slept || call.exchange->interrupted()) co_return;
  }
  if (sent == Sent::ok) co_await call.exchange->finish();
}

}  // namespace holdfast::gateway
