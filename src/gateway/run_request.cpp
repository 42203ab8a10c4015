#include "gateway/run_request.hpp"

#include "base/text.hpp"
#include "gateway/field_reader.hpp"
#include "gateway/header_values.hpp"
#include "gateway/json_text.hpp"
#include "gateway/utf8.hpp"

namespace holdfast::gateway {
namespace {

// Through this key the worker gets its own checkpoint back: a client that could send it could write the answer.
void refuse_reserved_key(FieldReader& fields, const json::object& body) {
  if (!body.contains(kReservedKey)) return;
  fields.wrong("body", kReservedKey, "this key is reserved for what Holdfast adds for the worker", "reserved_key");
}

std::string read_prompt(FieldReader& fields) {
  const auto sent = fields.required_string("prompt");
  if (!sent) return {};
  const auto prompt = trim(*sent);
  if (is_blank(prompt)) {
    fields.wrong("body", "prompt", "the prompt is empty", "string_too_short");
  } else if (count_code_points(prompt) > kLongestPrompt) {
    fields.wrong("body", "prompt", "the prompt is longer than 10,000 characters", "string_too_long");
  } else if (prompt.contains('\0')) {
    fields.wrong("body", "prompt", "the prompt contains a NUL character", "string_characters");
  }
  return std::string(prompt);
}

std::string read_thread_id(FieldReader& fields, const std::optional<std::string>& path_thread_id) {
  const auto in_body = path_thread_id ? fields.optional_string("thread_id") : fields.required_string("thread_id");
  if (path_thread_id && in_body && *in_body != *path_thread_id) {
    fields.wrong("body", "thread_id", "the thread id differs from the one in the path", "thread_id_mismatch");
  }
  if (!path_thread_id && !in_body) return {};
  const auto place = path_thread_id ? std::string_view("path") : std::string_view("body");
  std::string thread_id = path_thread_id ? *path_thread_id : std::string(*in_body);
  if (auto error = check_thread_id(thread_id)) {
    fields.wrong(place, "thread_id", std::move(error->msg), std::move(error->type));
  }
  return thread_id;
}

std::optional<RunId> read_run_id(FieldReader& fields, const Headers& headers) {
  const auto in_body = fields.optional_run_id("run_id");
  const auto header = headers.find("Idempotency-Key");
  if (!header) return in_body;
  auto key = parse_idempotency_key(*header);
  if (!key) {
    fields.wrong("header", "Idempotency-Key", key.error().message(), "string_type");
    return in_body;
  }
  auto in_header = RunId::parse(*key);
  if (!in_header) {
    fields.wrong("header", "Idempotency-Key", in_header.error().message(), "uuid_parsing");
    return in_body;
  }
  if (in_body && *in_body != *in_header) {
    fields.wrong("header", "Idempotency-Key", "it differs from run_id in the body", "run_id_mismatch");
  }
  return std::move(*in_header);
}

std::string worker_request(std::string_view body, const RunRequest& run) {
  ObjectText out;
  out.text("prompt", run.prompt).text("thread_id", run.thread_id);
  for (const auto& member : split_members(body)) {
    const bool ours =
        member.key == "prompt" || member.key == "thread_id" || member.key == "run_id" || member.key == "stream";
    if (!ours) out.raw(member.key, member.value);
  }
  return out.take();
}

}  // namespace

std::optional<Problem> check_json_syntax(std::string_view body) {
  const auto value = body_object(body);
  if (value) return std::nullopt;
  return value.error();
}

std::optional<FieldError> check_thread_id(std::string_view thread_id) {
  FieldError error;
  error.loc = {"path", "thread_id"};
  if (is_blank(thread_id)) {
    error.msg = "the thread id is empty";
    error.type = "string_too_short";
  } else if (count_code_points(thread_id) > kLongestThreadId) {
    error.msg = "the thread id is longer than 100 characters";
    error.type = "string_too_long";
  } else if (has_control_character(thread_id)) {
    error.msg = "the thread id contains a control character";
    error.type = "string_characters";
  } else if (thread_id == "." || thread_id == "..") {
    error.msg = "a thread id cannot be a dot segment, which no path can name";
    error.type = "string_characters";
  } else {
    return std::nullopt;
  }
  return error;
}

std::variant<RunRequest, Problem> parse_run_request(const Request& request,
                                                    const std::optional<std::string>& path_thread_id) {
  const auto coding = request.headers.joined("Content-Encoding");
  if (!coding.empty() && !equal_ignoring_case(coding, "identity")) {
    return make_problem(415, "content-encoding", "Content coding not supported",
                        "the body must be sent as it is, without Content-Encoding");
  }
  const auto body = body_object(request.body);
  if (!body) return body.error();

  FieldReader fields(*body);
  RunRequest run;
  run.prompt = read_prompt(fields);
  run.thread_id = read_thread_id(fields, path_thread_id);
  run.run_id = read_run_id(fields, request.headers);
  refuse_reserved_key(fields, *body);
  run.stream = fields.optional_bool("stream");
  if (fields.failed()) return invalid_shape(fields.take_errors());
  run.worker_request = worker_request(request.body, run);
  return run;
}

}  // namespace holdfast::gateway
