/// Names of runs: UUIDs, in canonical lower-case text. Pure but for make_run_id().
#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"

namespace holdfast {

/// A valid UUID of any version, canonical: 36 characters, lower case.
class RunId {
 public:
  /// invalid_argument: not a UUID in the 8-4-4-4-12 form.
  static Result<RunId> parse(std::string_view text);

  /// A fresh UUIDv7 (RFC 9562): sorts by the time it was made.
  static RunId make();

  [[nodiscard]] const std::string& text() const noexcept { return text_; }
  friend bool operator==(const RunId&, const RunId&) = default;
  friend auto operator<=>(const RunId&, const RunId&) = default;

 private:
  explicit RunId(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

}  // namespace holdfast

template <>
struct std::hash<holdfast::RunId> {
  std::size_t operator()(const holdfast::RunId& id) const noexcept { return std::hash<std::string>{}(id.text()); }
};
