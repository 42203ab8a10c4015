#include "runs/same_request.hpp"

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <string>
#include <utility>
#include <vector>

#include "base/json.hpp"
#include "base/json_members.hpp"
#include "base/text.hpp"

namespace holdfast::runs {
namespace {

std::string canonical(std::string_view text);

std::string canonical_object(std::string_view text) {  // NOLINT(misc-no-recursion)
  auto members = split_members(text);
  // Which of repeated keys counts is the reader's business: they keep their order, by where they stand in the text.
  std::ranges::sort(members, {},
                    [](const Member& member) { return std::pair(std::string_view(member.key), member.value.data()); });
  std::string out = "{";
  for (const auto& member : members) {
    out += json::serialize(json::string(member.key)) + ":" + canonical(member.value) + ",";
  }
  return out + "}";
}

std::string canonical_array(std::string_view text) {  // NOLINT(misc-no-recursion)
  std::string out = "[";
  for (const auto item : split_items(text)) out += canonical(item) + ",";
  return out + "]";
}

// One spelling for everything that is the same. `text` is valid JSON.
std::string canonical(std::string_view text) {  // NOLINT(misc-no-recursion)
  text = trim(text);
  if (text.starts_with('{')) return canonical_object(text);
  if (text.starts_with('[')) return canonical_array(text);
  if (text.starts_with('"')) return json::serialize(json::string(decode_json_string(text).value_or("")));
  return std::string(text);
}

}  // namespace

bool same_request(std::string_view a, std::string_view b) {
  if (a == b) return true;
  // The cheap test first: nearly all requests that are not the same differ in what parsing keeps.
  const auto left = parse_json(a);
  const auto right = parse_json(b);
  if (!left || !right || *left != *right) return false;
  return canonical(a) == canonical(b);
}

}  // namespace holdfast::runs
