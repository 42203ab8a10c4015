#include "gateway/header_values.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <random>

#include "base/text.hpp"
#include "gateway/message.hpp"
#include "gateway/utf8.hpp"

namespace holdfast::gateway {
namespace {

constexpr std::size_t kLongestKey = 255;
constexpr std::size_t kLongestRequestId = 64;

// Cuts the next item off `rest` at `separator`, outside quotes.
std::string_view next_item(std::string_view& rest, char separator) {
  bool quoted = false;
  std::size_t i = 0;
  for (; i < rest.size(); ++i) {
    if (rest[i] == '\\' && quoted) {
      ++i;
    } else if (rest[i] == '"') {
      quoted = !quoted;
    } else if (rest[i] == separator && !quoted) {
      break;
    }
  }
  i = std::min(i, rest.size());
  const auto item = trim(rest.substr(0, i));
  rest.remove_prefix(std::min(i + 1, rest.size()));
  return item;
}

std::string_view unquoted(std::string_view text) {
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') return text.substr(1, text.size() - 2);
  return text;
}

// The number a whole text stands for; absent when it is not all digits or too large.
std::optional<std::int64_t> whole_number(std::string_view text) {
  std::int64_t number = 0;
  if (text.empty() || !std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; })) return std::nullopt;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (ec != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// False when the parameters of a list item say `q=0`.
bool has_quality(std::string_view parameters) {
  while (!parameters.empty()) {
    const auto parameter = next_item(parameters, ';');
    if (!parameter.starts_with("q=") && !parameter.starts_with("Q=")) continue;
    return parameter.substr(2).find_first_not_of("0.") != std::string_view::npos;
  }
  return true;
}

bool is_lower_hex(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool is_all_zero(std::string_view text) { return text.find_first_not_of('0') == std::string_view::npos; }

}  // namespace

Preferences parse_prefer(std::string_view value) {
  Preferences preferences;
  while (!value.empty()) {
    auto item = next_item(value, ',');
    const auto preference = next_item(item, ';');
    const auto equals = preference.find('=');
    const auto name = trim(preference.substr(0, equals));
    if (equal_ignoring_case(name, "respond-async")) preferences.respond_async = true;
    // The first of several counts (RFC 7240, section 2).
    if (equal_ignoring_case(name, "wait") && equals != std::string_view::npos && !preferences.wait) {
      // A million seconds stands for every longer wait; the caller caps it anyway.
      const auto seconds = whole_number(unquoted(trim(preference.substr(equals + 1))));
      if (seconds) preferences.wait = std::chrono::seconds(std::min<std::int64_t>(*seconds, 1'000'000));
    }
  }
  return preferences;
}

bool wants_no_cache(std::string_view cache_control) noexcept {
  while (!cache_control.empty()) {
    if (equal_ignoring_case(next_item(cache_control, ','), "no-cache")) return true;
  }
  return false;
}

Result<std::string> parse_idempotency_key(std::string_view value) {
  const auto text = trim(value);
  const auto key = unquoted(text);
  if (key.empty() || key.size() > kLongestKey || key.contains('"')) {
    return fail(ErrorCode::invalid_argument, "Idempotency-Key must be one string of 1 to 255 characters");
  }
  return std::string(key);
}

bool matches_etag(std::string_view if_none_match, std::string_view etag) noexcept {
  if (etag.starts_with("W/")) etag.remove_prefix(2);
  while (!if_none_match.empty()) {
    auto candidate = next_item(if_none_match, ',');
    if (candidate == "*") return true;
    if (candidate.starts_with("W/")) candidate.remove_prefix(2);
    if (!candidate.empty() && candidate == etag) return true;
  }
  return false;
}

bool accepts_by_name(std::string_view accept, std::string_view type) noexcept {
  while (!accept.empty()) {
    auto item = next_item(accept, ',');
    if (equal_ignoring_case(next_item(item, ';'), type)) return has_quality(item);
  }
  return false;
}

bool accepts_encoding(std::string_view accept_encoding, std::string_view coding) noexcept {
  bool any = false;
  while (!accept_encoding.empty()) {
    auto item = next_item(accept_encoding, ',');
    const auto name = next_item(item, ';');
    if (equal_ignoring_case(name, coding)) return has_quality(item);
    if (name == "*") any = has_quality(item);
  }
  return any;
}

Result<std::int64_t> parse_cursor(std::string_view value) {
  constexpr std::int64_t kLargest = std::int64_t{1} << 53;
  const auto number = whole_number(trim(value));
  if (!number || *number > kLargest) {
    return fail(ErrorCode::invalid_argument, "an event cursor is a whole number, the id of the last event seen");
  }
  return *number;
}

std::string valid_traceparent(std::string_view value) {
  const auto text = trim(value);
  // 00-<32 hex>-<16 hex>-<2 hex>
  if (text.size() != 55 || !text.starts_with("00-") || text[35] != '-' || text[52] != '-') return {};
  const auto trace = text.substr(3, 32);
  const auto span = text.substr(36, 16);
  if (!is_lower_hex(trace) || !is_lower_hex(span) || !is_lower_hex(text.substr(53))) return {};
  if (is_all_zero(trace) || is_all_zero(span)) return {};
  return std::string(text);
}

std::string request_id_for(std::optional<std::string_view> sent) {
  if (sent && !sent->empty() && sent->size() <= kLongestRequestId && is_visible_ascii(*sent)) {
    return std::string(*sent);
  }
  thread_local std::mt19937_64 generator(std::random_device{}());
  return fmt::format("{:016x}", generator());
}

}  // namespace holdfast::gateway
