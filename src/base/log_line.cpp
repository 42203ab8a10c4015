// How a log line is written.
#include <fmt/format.h>

#include <algorithm>
#include <boost/json/serialize.hpp>

#include "base/log.hpp"
#include "base/text.hpp"

namespace holdfast::log {
namespace {

bool needs_quotes(std::string_view value) {
  return value.empty() || std::ranges::any_of(value, [](char c) {
           return c == ' ' || c == '"' || c == '=' || c == '\\' || static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
         });
}

void append_value(std::string& line, std::string_view value) {
  if (!needs_quotes(value)) {
    line += value;
    return;
  }
  line += '"';
  for (const char c : value) {
    if (c == '"' || c == '\\') {
      line += '\\';
      line += c;
    } else if (c == '\n') {
      line += "\\n";
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      line += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    } else {
      line += c;
    }
  }
  line += '"';
}

std::string as_text(std::string_view event, std::span<const Field> fields) {
  std::string line(event);
  for (const auto& field : fields) {
    line += ' ';
    line += field.key;
    line += '=';
    append_value(line, field.value);
  }
  return line;
}

std::string json_string(std::string_view text) {
  const auto utf8 = escape_invalid_utf8(text);
  return boost::json::serialize(boost::json::string_view(utf8));
}

// What JSON has no number for (inf, nan) is a text.
bool is_json_number(const Field& field) {
  const auto first = field.value.empty() ? ' ' : field.value[field.value[0] == '-' && field.value.size() > 1 ? 1 : 0];
  return field.is_number && first >= '0' && first <= '9';
}

std::string as_json(std::string_view event, std::span<const Field> fields) {
  auto line = fmt::format("\"event\":{}", json_string(event));
  for (const auto& field : fields) {
    line +=
        fmt::format(",{}:{}", json_string(field.key), is_json_number(field) ? field.value : json_string(field.value));
  }
  return line;
}

}  // namespace

std::string format_line(Format format, std::string_view event, std::span<const Field> fields) {
  return format == Format::json ? as_json(event, fields) : as_text(event, fields);
}

}  // namespace holdfast::log
