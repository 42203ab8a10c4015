#include "gateway/json_text.hpp"
#include "gateway/rating_request.hpp"
#include "gateway/routes.hpp"

namespace holdfast::gateway {
namespace {

std::string_view bit_json(const std::optional<bool>& bit) {
  if (!bit) return "null";
  return *bit ? "1" : "0";
}

std::string_view bool_json(const std::optional<bool>& value) {
  if (!value) return "null";
  return *value ? "true" : "false";
}

awaitable<std::expected<journal::Rating, Problem>> rate(Call call, RatingRequest asked) {
  auto run = co_await own_run(call, asked.id);
  if (!run) co_return std::unexpected(std::move(run).error());
  auto rating = co_await call.coordinator().rate(call.subject.owner, asked.id, std::move(asked.change));
  if (!rating) co_return std::unexpected(problem_of(rating.error()));
  co_return std::move(*rating);
}

Response stop_response(const StopRequest& asked, std::string_view status, std::string_view message) {
  ObjectText out;
  out.text("status", status).text("message", message).text("thread_id", asked.thread_id);
  return json_response(200, out.text("run_id", asked.id.text()).take());
}

}  // namespace

awaitable<void> post_feedback(Call call) {
  auto asked = parse_feedback(call.request());
  if (!asked) {
    co_await send_problem(std::move(call), std::move(asked).error());
    co_return;
  }
  auto rating = co_await rate(call, std::move(*asked));
  if (!rating) {
    co_await send_problem(std::move(call), std::move(rating).error());
    co_return;
  }
  ObjectText out;
  out.text("message", "The feedback is noted").text("run_id", rating->id.text());
  out.raw("feedback", bit_json(rating->feedback)).text("comment", rating->comment);
  auto response = json_response(200, out.take());
  co_await send_response(std::move(call), std::move(response));
}

awaitable<void> post_sentiment(Call call) {
  auto asked = parse_sentiment(call.request());
  if (!asked) {
    co_await send_problem(std::move(call), std::move(asked).error());
    co_return;
  }
  auto rating = co_await rate(call, std::move(*asked));
  if (!rating) {
    co_await send_problem(std::move(call), std::move(rating).error());
    co_return;
  }
  ObjectText out;
  out.text("message", "The sentiment is noted").text("run_id", rating->id.text());
  auto response = json_response(200, out.raw("sentiment", bool_json(rating->sentiment)).take());
  co_await send_response(std::move(call), std::move(response));
}

awaitable<void> post_stop_execution(Call call) {
  auto asked = parse_stop(call.request());
  if (!asked) {
    co_await send_problem(std::move(call), std::move(asked).error());
    co_return;
  }
  auto run = co_await call.coordinator().find(call.subject.owner, asked->id);
  if (!run) {
    co_await send_error(std::move(call), run.error());
    co_return;
  }
  if (run->thread_id != asked->thread_id) {
    auto problem = not_found("there is no such run in this thread");
    co_await send_problem(std::move(call), std::move(problem));
    co_return;
  }
  auto stopped = co_await call.coordinator().cancel(call.subject.owner, asked->id);
  if (!stopped && stopped.error().code() != ErrorCode::failed_precondition) {
    co_await send_error(std::move(call), stopped.error());
    co_return;
  }
  auto response = stopped ? stop_response(*asked, "success", "The analysis was stopped")
                          : stop_response(*asked, "not_found", "Nothing is running: the analysis has ended already");
  co_await send_response(std::move(call), std::move(response));
}

}  // namespace holdfast::gateway
