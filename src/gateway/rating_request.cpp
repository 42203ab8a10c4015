#include "gateway/rating_request.hpp"

#include "base/text.hpp"
#include "gateway/field_reader.hpp"
#include "gateway/run_request.hpp"

namespace holdfast::gateway {
namespace {

std::optional<std::string> read_comment(FieldReader& fields) {
  const auto sent = fields.optional_string("comment");
  if (!sent) return std::nullopt;
  if (count_code_points(*sent) > kLongestComment) {
    fields.wrong("body", "comment", "the comment is longer than 1,000 characters", "string_too_long");
  } else if (sent->contains('\0')) {
    // No text column of every database takes it.
    fields.wrong("body", "comment", "the comment contains a NUL character", "string_characters");
  }
  return std::string(*sent);
}

}  // namespace

std::expected<RatingRequest, Problem> parse_feedback(const Request& request) {
  const auto body = body_object(request.body);
  if (!body) return std::unexpected(body.error());
  FieldReader fields(*body);
  const auto id = fields.required_run_id("run_id");
  journal::RatingChange change;
  change.feedback = fields.optional_bit("feedback");
  change.comment = read_comment(fields);
  if (fields.failed() || !id) return std::unexpected(invalid_shape(fields.take_errors()));
  if (!change.feedback && change.comment.value_or("").empty()) {
    return std::unexpected(bad_request("give feedback (0 or 1), a comment, or both"));
  }
  return RatingRequest{*id, std::move(change)};
}

std::expected<RatingRequest, Problem> parse_sentiment(const Request& request) {
  const auto body = body_object(request.body);
  if (!body) return std::unexpected(body.error());
  FieldReader fields(*body);
  const auto id = fields.required_run_id("run_id");
  journal::RatingChange change;
  change.sets_sentiment = true;
  change.sentiment = fields.required_bool_or_null("sentiment");
  if (fields.failed() || !id) return std::unexpected(invalid_shape(fields.take_errors()));
  return RatingRequest{*id, std::move(change)};
}

std::expected<StopRequest, Problem> parse_stop(const Request& request) {
  const auto body = body_object(request.body);
  if (!body) return std::unexpected(body.error());
  FieldReader fields(*body);
  const auto thread_id = fields.required_string("thread_id");
  if (thread_id) {
    if (auto error = check_thread_id(*thread_id)) {
      fields.wrong("body", "thread_id", std::move(error->msg), std::move(error->type));
    }
  }
  const auto id = fields.required_run_id("run_id");
  if (fields.failed() || !id || !thread_id) return std::unexpected(invalid_shape(fields.take_errors()));
  return StopRequest{std::string(*thread_id), *id};
}

}  // namespace holdfast::gateway
