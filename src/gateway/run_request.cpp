#include "gateway/run_request.hpp"

#include "base/json.hpp"
#include "base/text.hpp"
#include "gateway/header_values.hpp"
#include "gateway/json_text.hpp"
#include "gateway/utf8.hpp"

namespace holdfast::gateway {
namespace {

/// Collects what is wrong while the fields are read.
class FieldReader {
 public:
  explicit FieldReader(const json::object& body) : body_(body) {}

  void wrong(std::string_view place, std::string_view field, std::string msg, std::string type) {
    FieldError error;
    error.loc = {std::string(place), std::string(field)};
    error.msg = std::move(msg);
    error.type = std::move(type);
    errors_.push_back(std::move(error));
  }

  // The string under `field`; absent when it is missing or wrong, which is noted.
  std::optional<std::string_view> required_string(std::string_view field) {
    const auto* value = body_.if_contains(field);
    if (value == nullptr) {
      wrong("body", field, "this field is required", "missing");
      return std::nullopt;
    }
    if (!value->is_string()) {
      wrong("body", field, "this must be a string", "string_type");
      return std::nullopt;
    }
    return std::string_view(value->get_string());
  }

  // The string under `field`; absent when missing, null, or wrong (which is noted).
  std::optional<std::string_view> optional_string(std::string_view field) {
    const auto* value = body_.if_contains(field);
    if (value == nullptr || value->is_null()) return std::nullopt;
    return required_string(field);
  }

  bool optional_bool(std::string_view field) {
    const auto* value = body_.if_contains(field);
    if (value == nullptr || value->is_null()) return false;
    if (value->is_bool()) return value->get_bool();
    wrong("body", field, "this must be true or false", "bool_type");
    return false;
  }

  [[nodiscard]] bool failed() const { return !errors_.empty(); }
  [[nodiscard]] std::vector<FieldError> take_errors() { return std::move(errors_); }

 private:
  const json::object& body_;
  std::vector<FieldError> errors_;
};

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
  std::optional<RunId> in_body;
  if (const auto sent = fields.optional_string("run_id")) {
    auto parsed = RunId::parse(*sent);
    if (parsed) in_body = std::move(*parsed);
    if (!in_body) fields.wrong("body", "run_id", parsed.error().message(), "uuid_parsing");
  }
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
  const auto value = parse_json(request.body);
  if (!value && !is_utf8(request.body)) {
    return invalid_shape({FieldError{{"body"}, "the body is not UTF-8", "json_invalid"}});
  }
  if (!value) return invalid_shape({FieldError{{"body"}, value.error().message(), "json_invalid"}});
  if (!value->is_object()) return invalid_shape({FieldError{{"body"}, "the JSON must be an object", "object_type"}});

  FieldReader fields(value->get_object());
  RunRequest run;
  run.prompt = read_prompt(fields);
  run.thread_id = read_thread_id(fields, path_thread_id);
  run.run_id = read_run_id(fields, request.headers);
  refuse_reserved_key(fields, value->get_object());
  run.stream = fields.optional_bool("stream");
  if (fields.failed()) return invalid_shape(fields.take_errors());
  run.worker_request = worker_request(request.body, run);
  return run;
}

}  // namespace holdfast::gateway
