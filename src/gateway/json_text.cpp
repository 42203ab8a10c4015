#include "gateway/json_text.hpp"

#include <fmt/format.h>

#include <iterator>

#include "base/text.hpp"
#include "gateway/utf8.hpp"

namespace holdfast::gateway {
namespace {

void append_escaped(std::string& out, std::string_view utf8) {
  for (const char c : utf8) {
    switch (c) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned char>(c));
        } else {
          out += c;
        }
    }
  }
}

std::string replace_bad_bytes(std::string_view text) {
  std::string clean;
  for (std::size_t i = 0; i < text.size();) {
    std::size_t length = 1;
    while (length <= 4 && i + length <= text.size() && !is_utf8(text.substr(i, length))) ++length;
    if (length <= 4 && i + length <= text.size()) {
      clean += text.substr(i, length);
      i += length;
    } else {
      clean += "\xEF\xBF\xBD";
      ++i;
    }
  }
  return clean;
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  if (is_utf8(text)) {
    append_escaped(out, text);
  } else {
    append_escaped(out, replace_bad_bytes(text));
  }
  out += '"';
}

std::string json_string(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

void ObjectText::key(std::string_view name) {
  if (out_.size() > 1) out_ += ',';
  append_json_string(out_, name);
  out_ += ':';
}

ObjectText& ObjectText::text(std::string_view name, std::string_view value) {
  key(name);
  append_json_string(out_, value);
  return *this;
}

ObjectText& ObjectText::number(std::string_view name, std::int64_t value) {
  key(name);
  fmt::format_to(std::back_inserter(out_), "{}", value);
  return *this;
}

ObjectText& ObjectText::number(std::string_view name, std::optional<std::int64_t> value) {
  return value ? number(name, *value) : raw(name, "null");
}

ObjectText& ObjectText::decimal(std::string_view name, double value) {
  key(name);
  fmt::format_to(std::back_inserter(out_), "{:.2f}", value);
  return *this;
}

ObjectText& ObjectText::boolean(std::string_view name, bool value) { return raw(name, value ? "true" : "false"); }

ObjectText& ObjectText::raw(std::string_view name, std::string_view json) {
  key(name);
  out_ += json.empty() ? std::string_view("null") : json;
  return *this;
}

ObjectText& ObjectText::members(std::string_view object) {
  object = trim(object);
  if (object.size() < 2 || object.front() != '{') return *this;
  const auto inner = trim(object.substr(1, object.size() - 2));
  if (inner.empty()) return *this;
  if (out_.size() > 1) out_ += ',';
  out_ += inner;
  return *this;
}

std::string ObjectText::take() {
  out_ += '}';
  return std::move(out_);
}

std::string json_string_array(const std::vector<std::string>& items) {
  std::string out = "[";
  for (const auto& item : items) {
    if (out.size() > 1) out += ',';
    append_json_string(out, item);
  }
  return out + ']';
}

}  // namespace holdfast::gateway
