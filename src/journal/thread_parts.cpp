#include "journal/thread_parts.hpp"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <map>

#include "base/json.hpp"

namespace holdfast::journal {

std::string part_names(std::span<const ThreadPart> parts) {
  json::array names;
  for (const auto& part : parts) names.push_back(json::array{part.name, part.version});
  return json::serialize(names);
}

std::vector<ThreadPart> parse_part_names(std::string_view text) {
  std::vector<ThreadPart> parts;
  const auto names = parse_json(text);
  if (!names || !names->is_array()) return parts;
  for (const auto& pair : names->get_array()) {
    const auto* items = pair.if_array();
    if (items == nullptr || items->size() != 2 || !items->at(0).is_string() || !items->at(1).is_string()) continue;
    parts.push_back({std::string(items->at(0).get_string()), std::string(items->at(1).get_string()), std::nullopt});
  }
  return parts;
}

SqlText stored_parts(const CheckpointPlace& place, std::span<const ThreadPart> parts, PartColumn column) {
  const std::string_view name = column == PartColumn::bytes ? "bytes" : "value";
  SqlText text{
      fmt::format("SELECT name, version, {} FROM thread_parts WHERE owner = $1 AND thread_id = $2 AND space = $3 "
                  "AND (name, version) IN (VALUES ",
                  name),
      {place.owner, place.thread_id, place.space}};
  std::string rows;
  for (const auto& part : parts) {
    text.values.emplace_back(part.name);
    text.values.emplace_back(part.version);
    rows += fmt::format("{}(${}, ${})", rows.empty() ? "" : ", ", text.values.size() - 1, text.values.size());
  }
  text.sql += (rows.empty() ? "(NULL, NULL)" : rows) + ") ORDER BY name";
  return text;
}

PartChange change_parts(const CheckpointPlace& place, std::span<const ThreadPart> parts, const SqlRows& stored) {
  std::map<std::pair<std::string, std::string>, std::int64_t> sizes;
  for (const auto& row : stored) sizes[{text_of(row.at(0)), text_of(row.at(1))}] = integer_of(row.at(2));
  PartChange change;
  for (const auto& part : parts) {
    const auto found = sizes.find({part.name, part.version});
    if (found != sizes.end()) change.whole += found->second;
    if (found != sizes.end() || !part.value) continue;
    const auto bytes = static_cast<std::int64_t>(part.value->size());
    change.added += bytes;
    change.whole += bytes;
    change.writes.push_back(
        {"INSERT INTO thread_parts (owner, thread_id, space, name, version, bytes, value) "
         "VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (owner, thread_id, space, name, version) DO NOTHING",
         {place.owner, place.thread_id, place.space, part.name, part.version, bytes, *part.value}});
    sizes[{part.name, part.version}] = bytes;
  }
  return change;
}

std::vector<ThreadPart> read_parts(SqlRows stored) {
  std::vector<ThreadPart> parts;
  for (auto& row : stored) {
    parts.push_back({text_of(std::move(row.at(0))), text_of(std::move(row.at(1))), text_of(std::move(row.at(2)))});
  }
  return parts;
}

}  // namespace holdfast::journal
