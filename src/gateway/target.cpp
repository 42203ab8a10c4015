#include "gateway/target.hpp"

#include <algorithm>

#include "gateway/utf8.hpp"

namespace holdfast::gateway {
namespace {

constexpr int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::unexpected<Error> refuse(std::string why) { return fail(ErrorCode::invalid_argument, std::move(why)); }

Result<std::vector<std::string>> split_path(std::string_view path) {
  std::vector<std::string> segments;
  auto rest = path.substr(1);
  while (!rest.empty()) {
    const auto slash = rest.find('/');
    const bool last = slash == std::string_view::npos;
    if (rest.substr(0, slash).contains('\\')) return refuse("the path has a backslash");
    auto segment = percent_decode(rest.substr(0, slash));
    if (!segment) return fail(std::move(segment), "path");
    if (segment->empty() || *segment == "." || *segment == "..") {
      return refuse("the path has an empty or a dot segment");
    }
    segments.push_back(std::move(*segment));
    rest = last ? std::string_view() : rest.substr(slash + 1);
  }
  return segments;
}

Result<std::vector<QueryItem>> split_query(std::string_view query) {
  std::vector<QueryItem> items;
  while (!query.empty()) {
    const auto end = query.find('&');
    const auto item = query.substr(0, end);
    query = end == std::string_view::npos ? std::string_view() : query.substr(end + 1);
    if (item.empty()) continue;
    const auto equals = item.find('=');
    std::string value(equals == std::string_view::npos ? std::string_view() : item.substr(equals + 1));
    std::ranges::replace(value, '+', ' ');
    auto name = percent_decode(item.substr(0, equals));
    if (!name) return fail(std::move(name), "query");
    auto decoded = percent_decode(value);
    if (!decoded) return fail(std::move(decoded), "query");
    items.push_back({std::move(*name), std::move(*decoded)});
  }
  return items;
}

}  // namespace

const std::string* Target::find_query(std::string_view name) const noexcept {
  const auto found = std::ranges::find(query, name, &QueryItem::name);
  return found == query.end() ? nullptr : &found->value;
}

Result<std::string> percent_decode(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    const int high = i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
    const int low = high >= 0 ? hex_value(text[i + 2]) : -1;
    if (low < 0) return refuse("a % is not followed by two hexadecimal digits");
    decoded += static_cast<char>(high * 16 + low);
    i += 2;
  }
  if (!is_utf8(decoded)) return refuse("the text is not UTF-8");
  if (has_control_character(decoded)) return refuse("the text has a control character");
  return decoded;
}

Result<Target> parse_target(std::string_view text) {
  Target target;
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!text.starts_with(scheme)) continue;
    text.remove_prefix(scheme.size());
    const auto slash = text.find_first_of("/?");
    target.authority = text.substr(0, slash);
    if (target.authority.empty()) return refuse("the target names no host");
    text = slash == std::string_view::npos ? "/" : text.substr(slash);
    break;
  }
  const auto fragment = text.find('#');
  if (fragment != std::string_view::npos) return refuse("the target has a fragment");
  const auto question = text.find('?');
  const auto path = text.substr(0, question);
  if (path.empty() || path.front() != '/') return refuse("the target must be a path that begins with /");
  auto segments = split_path(path);
  if (!segments) return fail(std::move(segments));
  if (question != std::string_view::npos) {
    auto query = split_query(text.substr(question + 1));
    if (!query) return fail(std::move(query));
    target.query = std::move(*query);
  }
  target.path = path;
  target.segments = std::move(*segments);
  return target;
}

}  // namespace holdfast::gateway
