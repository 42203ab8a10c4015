#include "gateway/json_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "base/json.hpp"
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

constexpr bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

std::size_t skip_space(std::string_view text, std::size_t i) {
  while (i < text.size() && is_space(text[i])) ++i;
  return i;
}

// The position after the string that begins at `i`.
std::size_t skip_string(std::string_view text, std::size_t i) {
  for (++i; i < text.size() && text[i] != '"'; ++i) {
    if (text[i] == '\\') ++i;
  }
  return std::min(i + 1, text.size());
}

// The position after the value that begins at `i`.
std::size_t skip_value(std::string_view text, std::size_t i) {
  int depth = 0;
  while (i < text.size()) {
    const char c = text[i];
    if (c == '"') {
      i = skip_string(text, i);
      if (depth == 0) return i;
      continue;
    }
    if (c == '{' || c == '[') ++depth;
    if (c == '}' || c == ']') {
      if (depth == 0) return i;
      if (--depth == 0) return i + 1;
    }
    if (depth == 0 && (c == ',' || is_space(c))) return i;
    ++i;
  }
  return i;
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

std::vector<Member> split_members(std::string_view object) {
  std::vector<Member> members;
  std::size_t i = skip_space(object, 0);
  if (i >= object.size() || object[i] != '{') return members;
  i = skip_space(object, i + 1);
  while (i < object.size() && object[i] == '"') {
    const auto start = i;
    const auto key_end = skip_string(object, start);
    const auto colon = skip_space(object, key_end);
    const auto value_start = skip_space(object, colon + 1);
    const auto value_end = skip_value(object, value_start);
    if (value_end > object.size() || value_start > value_end) break;
    Member member;
    member.key = decode_json_string(object.substr(start, key_end - start)).value_or("");
    member.value = object.substr(value_start, value_end - value_start);
    member.whole = object.substr(start, value_end - start);
    members.push_back(std::move(member));
    i = skip_space(object, value_end);
    if (i < object.size() && object[i] == ',') i = skip_space(object, i + 1);
  }
  return members;
}

std::string_view find_member(const std::vector<Member>& members, std::string_view key) {
  std::string_view value;
  for (const auto& member : members) {
    if (member.key == key) value = member.value;
  }
  return value;
}

std::optional<std::string> decode_json_string(std::string_view json) {
  if (json.size() < 2 || json.front() != '"') return std::nullopt;
  const auto inner = json.substr(1, json.size() - 2);
  if (!inner.contains('\\')) return std::string(inner);
  const auto value = parse_json(json);
  if (!value || !value->is_string()) return std::nullopt;
  return std::string(std::string_view(value->get_string()));
}

}  // namespace holdfast::gateway
