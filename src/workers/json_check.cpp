#include "workers/json_check.hpp"

#include <boost/json/basic_parser_impl.hpp>
#include <limits>

namespace holdfast::workers {
namespace {

using boost::json::error_code;
using boost::json::string_view;

/// Takes every part of the text and keeps none.
struct Nothing {
  // NOLINTBEGIN(readability-identifier-naming): the parser looks for these names.
  static constexpr std::size_t max_object_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_array_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_key_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_string_size = std::numeric_limits<std::size_t>::max();
  // NOLINTEND(readability-identifier-naming)

  bool on_document_begin(error_code&) { return true; }
  bool on_document_end(error_code&) { return true; }
  bool on_object_begin(error_code&) { return true; }
  bool on_object_end(std::size_t, error_code&) { return true; }
  bool on_array_begin(error_code&) { return true; }
  bool on_array_end(std::size_t, error_code&) { return true; }
  bool on_key_part(string_view, std::size_t, error_code&) { return true; }
  bool on_key(string_view, std::size_t, error_code&) { return true; }
  bool on_string_part(string_view, std::size_t, error_code&) { return true; }
  bool on_string(string_view, std::size_t, error_code&) { return true; }
  bool on_number_part(string_view, error_code&) { return true; }
  bool on_int64(std::int64_t, string_view, error_code&) { return true; }
  bool on_uint64(std::uint64_t, string_view, error_code&) { return true; }
  bool on_double(double, string_view, error_code&) { return true; }
  bool on_bool(bool, error_code&) { return true; }
  bool on_null(error_code&) { return true; }
  bool on_comment_part(string_view, error_code&) { return true; }
  bool on_comment(string_view, error_code&) { return true; }
};

}  // namespace

Result<void> check_json(std::string_view text) {
  boost::json::basic_parser<Nothing> parser{boost::json::parse_options()};
  error_code ec;
  const auto taken = parser.write_some(false, text.data(), text.size(), ec);
  if (ec) return fail(ErrorCode::invalid_argument, ec.message(), ec);
  if (taken < text.size()) return fail(ErrorCode::invalid_argument, "more text after the JSON");
  return {};
}

}  // namespace holdfast::workers
