/// Reads the members of a request body and collects everything that is wrong with them. Pure.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "base/run_id.hpp"
#include "gateway/problem.hpp"

namespace holdfast::gateway {

/// The body as a JSON object. A Problem (422): it is none.
[[nodiscard]] std::expected<json::object, Problem> body_object(std::string_view body);

/// Every function notes what is wrong and goes on, so that one answer names all of it.
class FieldReader {
 public:
  explicit FieldReader(const json::object& body) : body_(body) {}

  void wrong(std::string_view place, std::string_view field, std::string msg, std::string type);

  /// Absent when it is missing or wrong.
  std::optional<std::string_view> required_string(std::string_view field);

  /// Absent when missing, null or wrong. This holds for every optional_ function.
  std::optional<std::string_view> optional_string(std::string_view field);

  /// False when missing, null or wrong.
  bool optional_bool(std::string_view field);

  /// True, false or null; it must be there.
  std::optional<bool> required_bool_or_null(std::string_view field);

  /// 0 or 1.
  std::optional<bool> optional_bit(std::string_view field);

  std::optional<RunId> optional_run_id(std::string_view field);
  std::optional<RunId> required_run_id(std::string_view field);

  [[nodiscard]] bool failed() const { return !errors_.empty(); }
  [[nodiscard]] std::vector<FieldError> take_errors() { return std::move(errors_); }

 private:
  std::optional<RunId> run_id_of(std::string_view field, std::optional<std::string_view> text);

  const json::object& body_;
  std::vector<FieldError> errors_;
};

}  // namespace holdfast::gateway
