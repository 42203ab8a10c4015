#include "journal/incident.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/json.hpp"
#include "journal/text_rules.hpp"

namespace holdfast::journal {
namespace {

constexpr std::size_t kLongestKind = 40;
constexpr std::size_t kLongestInstance = 200;

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

bool is_incident_kind(std::string_view text) noexcept {
  if (text.empty() || text.size() > kLongestKind || !is_lower(text.front())) return false;
  return std::ranges::all_of(text, [](char c) { return is_lower(c) || is_digit(c) || c == '_'; });
}

Result<void> check_incident(const Incident& incident) {
  if (!is_incident_kind(incident.kind)) {
    return fail(ErrorCode::invalid_argument, "the kind of an incident is up to 40 lower-case letters, digits and _");
  }
  if (incident.instance.size() > kLongestInstance || !is_storable_text(incident.instance)) {
    return fail(ErrorCode::invalid_argument, "an incident without a name of its instance that can be stored");
  }
  if (incident.body.size() > kLargestIncidentBody) {
    return fail(ErrorCode::invalid_argument, fmt::format("the body of an incident has {} bytes, more than {}",
                                                         incident.body.size(), kLargestIncidentBody));
  }
  if (!is_storable_text(incident.body)) return fail(ErrorCode::invalid_argument, kUnstorableText);
  if (auto object = parse_json_object(incident.body); !object) return fail(std::move(object), "body of an incident");
  return {};
}

std::string cursor_after(const Incident& last) { return fmt::format("{}.{}", last.at, last.id.text()); }

}  // namespace holdfast::journal
