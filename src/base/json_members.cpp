#include "base/json_members.hpp"

#include <algorithm>

#include "base/json.hpp"

namespace holdfast {
namespace {

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

std::vector<std::string_view> split_items(std::string_view array) {
  std::vector<std::string_view> items;
  std::size_t i = skip_space(array, 0);
  if (i >= array.size() || array[i] != '[') return items;
  i = skip_space(array, i + 1);
  while (i < array.size() && array[i] != ']') {
    const auto end = skip_value(array, i);
    if (end == i) break;
    items.push_back(array.substr(i, end - i));
    i = skip_space(array, end);
    if (i < array.size() && array[i] == ',') i = skip_space(array, i + 1);
  }
  return items;
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

}  // namespace holdfast
