#include "gateway/field_reader.hpp"

#include "base/text.hpp"

namespace holdfast::gateway {

std::expected<json::object, Problem> body_object(std::string_view body) {
  auto value = parse_json(body);
  if (!value) {
    const auto why = is_utf8(body) ? value.error().message() : std::string("the body is not UTF-8");
    return std::unexpected(invalid_shape({FieldError{{"body"}, why, "json_invalid"}}));
  }
  if (!value->is_object()) {
    return std::unexpected(invalid_shape({FieldError{{"body"}, "the JSON must be an object", "object_type"}}));
  }
  return std::move(value->get_object());
}

void FieldReader::wrong(std::string_view place, std::string_view field, std::string msg, std::string type) {
  FieldError error;
  error.loc = {std::string(place), std::string(field)};
  error.msg = std::move(msg);
  error.type = std::move(type);
  errors_.push_back(std::move(error));
}

std::optional<std::string_view> FieldReader::required_string(std::string_view field) {
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

std::optional<std::string_view> FieldReader::optional_string(std::string_view field) {
  const auto* value = body_.if_contains(field);
  if (value == nullptr || value->is_null()) return std::nullopt;
  return required_string(field);
}

bool FieldReader::optional_bool(std::string_view field) {
  const auto* value = body_.if_contains(field);
  if (value == nullptr || value->is_null()) return false;
  if (value->is_bool()) return value->get_bool();
  wrong("body", field, "this must be true or false", "bool_type");
  return false;
}

std::optional<bool> FieldReader::required_bool_or_null(std::string_view field) {
  const auto* value = body_.if_contains(field);
  if (value == nullptr) {
    wrong("body", field, "this field is required; null takes back what was said", "missing");
    return std::nullopt;
  }
  if (value->is_null()) return std::nullopt;
  if (value->is_bool()) return value->get_bool();
  wrong("body", field, "this must be true, false or null", "bool_type");
  return std::nullopt;
}

std::optional<bool> FieldReader::optional_bit(std::string_view field) {
  const auto* value = body_.if_contains(field);
  if (value == nullptr || value->is_null()) return std::nullopt;
  if (!value->is_int64() && !value->is_uint64()) {
    wrong("body", field, "this must be 0 or 1", "int_type");
    return std::nullopt;
  }
  const auto number = find_int(body_, field);
  if (!number || *number < 0 || *number > 1) {
    wrong("body", field, "this must be 0 or 1", "literal_error");
    return std::nullopt;
  }
  return *number == 1;
}

std::optional<RunId> FieldReader::optional_run_id(std::string_view field) {
  return run_id_of(field, optional_string(field));
}

std::optional<RunId> FieldReader::required_run_id(std::string_view field) {
  return run_id_of(field, required_string(field));
}

std::optional<RunId> FieldReader::run_id_of(std::string_view field, std::optional<std::string_view> text) {
  if (!text) return std::nullopt;
  auto id = RunId::parse(*text);
  if (id) return std::move(*id);
  wrong("body", field, id.error().message(), "uuid_parsing");
  return std::nullopt;
}

}  // namespace holdfast::gateway
