#include "workers/worker_event.hpp"

#include <fmt/format.h>

#include "base/json.hpp"
#include "base/json_members.hpp"

namespace holdfast::workers {
namespace {

std::unexpected<Error> wrong_field(std::string_view type, std::string_view field, std::string_view wanted) {
  return fail(ErrorCode::data_loss, fmt::format("worker line of type {}: \"{}\" must be {}", type, field, wanted));
}

/// A string field; absent reads as empty. data_loss: it is there and no string.
Result<std::string> optional_text(const json::object& line, std::string_view type, std::string_view field) {
  const auto* value = line.if_contains(field);
  if (value == nullptr || value->is_null()) return std::string();
  if (!value->is_string()) return wrong_field(type, field, "a string");
  return std::string(std::string_view(value->get_string()));
}

/// The value under `field` as the worker wrote it: what is stored and sent on keeps its digits.
std::string raw_value(std::string_view text, std::string_view field) {
  return std::string(find_member(split_members(text), field));
}

Result<WorkerLine> parse_progress(const json::object& line) {
  auto step = optional_text(line, "progress", "step");
  if (!step) return fail(std::move(step));
  auto message = optional_text(line, "progress", "message");
  if (!message) return fail(std::move(message));
  return WorkerEvent(ProgressEvent{std::move(*step), std::move(*message)});
}

Result<WorkerLine> parse_checkpoint(const json::object& line, std::string_view text) {
  auto step = optional_text(line, "checkpoint", "step");
  if (!step) return fail(std::move(step));
  if (!line.contains("state")) return wrong_field("checkpoint", "state", "present");
  return WorkerEvent(CheckpointEvent{std::move(*step), raw_value(text, "state")});
}

Result<WorkerLine> parse_delta(const json::object& line) {
  const auto text = find_string(line, "text");
  if (!text) return wrong_field("delta", "text", "a string");
  return WorkerEvent(DeltaEvent{std::string(*text)});
}

Result<WorkerLine> parse_result(const json::object& line, std::string_view text) {
  if (!line.contains("result")) return wrong_field("result", "result", "present");
  return WorkerAnswer(Answered{raw_value(text, "result")});
}

Result<WorkerLine> parse_refusal(const json::object& line, std::string_view text) {
  auto code = optional_text(line, "error", "code");
  if (!code) return fail(std::move(code));
  auto message = optional_text(line, "error", "message");
  if (!message) return fail(std::move(message));
  const auto* retryable = line.if_contains("retryable");
  if (retryable != nullptr && !retryable->is_bool()) return wrong_field("error", "retryable", "true or false");

  Refused refused;
  refused.code = code->empty() ? std::string(to_string(ErrorCode::internal)) : std::move(*code);
  refused.message = message->empty() ? "the worker gave no reason" : std::move(*message);
  refused.detail = raw_value(text, "detail");
  refused.retryable = retryable != nullptr && retryable->get_bool();
  return WorkerAnswer(std::move(refused));
}

}  // namespace

Result<WorkerLine> parse_worker_line(std::string_view line) {
  auto object = parse_json_object(line);
  if (!object) return fail(ErrorCode::data_loss, "worker line: " + object.error().message());
  const auto type = find_string(*object, "type");
  if (!type) return fail(ErrorCode::data_loss, "worker line has no \"type\"");

  if (*type == "progress") return parse_progress(*object);
  if (*type == "checkpoint") return parse_checkpoint(*object, line);
  if (*type == "delta") return parse_delta(*object);
  if (*type == "result") return parse_result(*object, line);
  if (*type == "error") return parse_refusal(*object, line);
  return WorkerLine();
}

}  // namespace holdfast::workers
