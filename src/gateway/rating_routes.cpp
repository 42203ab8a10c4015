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

awaitable<std::expected<journal::Rating, Problem>> rate(Call call, std::expected<RatingRequest, Problem> asked) {
  if (!asked) co_return std::unexpected(std::move(asked).error());
  auto run = co_await own_run(call, asked->id);
  if (!run) co_return std::unexpected(std::move(run).error());
  auto rating = co_await call.coordinator().rate(call.subject.owner, asked->id, std::move(asked->change));
  if (!rating) co_return std::unexpected(problem_of(rating.error()));
  co_return std::move(*rating);
}

Response feedback_response(const journal::Rating& rating) {
  ObjectText out;
  out.text("message", "The feedback is noted").text("run_id", rating.id.text());
  out.raw("feedback", bit_json(rating.feedback)).text("comment", rating.comment);
  return json_response(200, out.take());
}

Response sentiment_response(const journal::Rating& rating) {
  ObjectText out;
  out.text("message", "The sentiment is noted").text("run_id", rating.id.text());
  return json_response(200, out.raw("sentiment", bool_json(rating.sentiment)).take());
}

std::expected<Response, Problem> told(const std::expected<journal::Rating, Problem>& rating,
                                      Response (*in_words)(const journal::Rating&)) {
  if (!rating) return std::unexpected(rating.error());
  return in_words(*rating);
}

Response stop_response(const StopRequest& asked, std::string_view status, std::string_view message) {
  ObjectText out;
  out.text("status", status).text("message", message).text("thread_id", asked.thread_id);
  return json_response(200, out.text("run_id", asked.id.text()).take());
}

awaitable<std::expected<Response, Problem>> stop(Call call) {
  const auto asked = parse_stop(call.request());
  if (!asked) co_return std::unexpected(asked.error());
  const auto run = co_await call.coordinator().find(call.subject.owner, asked->id);
  if (!run) co_return std::unexpected(problem_of(run.error()));
  if (run->thread_id != asked->thread_id) co_return std::unexpected(not_found("there is no such run in this thread"));
  const auto stopped = co_await call.coordinator().cancel(call.subject.owner, asked->id);
  if (stopped) co_return stop_response(*asked, "success", "The analysis was stopped");
  if (stopped.error().code() != ErrorCode::failed_precondition) co_return std::unexpected(problem_of(stopped.error()));
  co_return stop_response(*asked, "not_found", "Nothing is running: the analysis has ended already");
}

}  // namespace

awaitable<void> post_feedback(Call call) {
  const auto rating = co_await rate(call, parse_feedback(call.request()));
  co_await send_outcome(std::move(call), told(rating, feedback_response));
}

awaitable<void> post_sentiment(Call call) {
  const auto rating = co_await rate(call, parse_sentiment(call.request()));
  co_await send_outcome(std::move(call), told(rating, sentiment_response));
}

awaitable<void> post_stop_execution(Call call) {
  auto outcome = co_await stop(call);
  co_await send_outcome(std::move(call), std::move(outcome));
}

}  // namespace holdfast::gateway
