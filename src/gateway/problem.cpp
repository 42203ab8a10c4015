#include "gateway/problem.hpp"

#include "gateway/json_text.hpp"

namespace holdfast::gateway {
namespace {

using std::chrono::milliseconds;

std::string errors_json(const std::vector<FieldError>& errors) {
  std::string out = "[";
  for (const auto& error : errors) {
    if (out.size() > 1) out += ',';
    out += ObjectText().raw("loc", json_string_array(error.loc)).text("msg", error.msg).text("type", error.type).take();
  }
  return out + ']';
}

Problem refused(int status, std::string slug, std::string title, const Error& error) {
  auto problem = make_problem(status, std::move(slug), std::move(title), error.message());
  problem.code = to_string(error.code());
  problem.retryable = is_retryable(error.code());
  return problem;
}

}  // namespace

Problem make_problem(int status, std::string slug, std::string title, std::string detail) {
  Problem problem;
  problem.status = status;
  problem.slug = std::move(slug);
  problem.title = std::move(title);
  problem.detail = std::move(detail);
  return problem;
}

std::string problem_json(const Problem& problem, std::string_view instance) {
  ObjectText out;
  out.text("type", "/problems/" + problem.slug).text("title", problem.title).number("status", problem.status);
  out.text("detail", problem.detail).text("instance", instance);
  if (!problem.code.empty()) out.text("code", problem.code);
  if (!problem.run_id.empty()) out.text("run_id", problem.run_id);
  if (problem.retryable) out.boolean("retryable", *problem.retryable);
  if (problem.retry_after) out.number("retry_after_ms", problem.retry_after->count());
  if (!problem.errors.empty()) out.raw("errors", errors_json(problem.errors));
  if (!problem.more.empty()) out.members(problem.more);
  return out.take();
}

Response to_response(const Problem& problem, std::string_view instance) {
  Response response;
  response.status = problem.status;
  response.content_type = "application/problem+json";
  response.body = problem_json(problem, instance);
  if (problem.retry_after) {
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(*problem.retry_after).count();
    response.headers.add("Retry-After", std::to_string(seconds));
  }
  if (!problem.run_id.empty()) response.headers.add("Holdfast-Run-Id", problem.run_id);
  return response;
}

Problem bad_request(std::string detail) {
  return make_problem(400, "bad-request", "The request is malformed", std::move(detail));
}

Problem stopping_problem(std::string detail) {
  auto problem = make_problem(503, "stopping", "The server is stopping", std::move(detail));
  problem.retryable = true;
  problem.retry_after = std::chrono::seconds(5);
  return problem;
}

Problem not_found(std::string detail) { return make_problem(404, "not-found", "Not found", std::move(detail)); }

Problem invalid_shape(std::vector<FieldError> errors) {
  auto problem = make_problem(422, "invalid-request", "The request does not have the right shape", "");
  for (const auto& error : errors) {
    if (!problem.detail.empty()) problem.detail += "; ";
    if (!error.loc.empty()) problem.detail += error.loc.back() + ": ";
    problem.detail += error.msg;
  }
  problem.errors = std::move(errors);
  problem.retryable = false;
  return problem;
}

Problem problem_of(const Error& error) {
  switch (error.code()) {
    case ErrorCode::invalid_argument: return refused(400, "bad-request", "The request is malformed", error);
    case ErrorCode::not_found: return refused(404, "not-found", "Not found", error);
    case ErrorCode::conflict:
    case ErrorCode::failed_precondition: return refused(409, "conflict", "Not possible in this state", error);
    case ErrorCode::deadline_exceeded: return refused(504, "deadline", "It took too long", error);
    case ErrorCode::resource_exhausted:
    case ErrorCode::unavailable: {
      const bool full = error.code() == ErrorCode::resource_exhausted;
      auto problem = full ? refused(503, "queue-full", "The queue is full", error)
                          : refused(503, "unavailable", "Nothing durable can be written now", error);
      problem.retry_after = milliseconds(full ? 5000 : 2000);
      return problem;
    }
    case ErrorCode::cancelled:
    case ErrorCode::data_loss:
    case ErrorCode::internal: return refused(500, "internal", "Something went wrong here", error);
  }
  std::unreachable();
}

}  // namespace holdfast::gateway
