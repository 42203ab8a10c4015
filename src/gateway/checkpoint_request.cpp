#include "gateway/checkpoint_request.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/json_members.hpp"
#include "base/text.hpp"
#include "gateway/field_reader.hpp"
#include "gateway/query_values.hpp"
#include "gateway/run_request.hpp"

namespace holdfast::gateway {
namespace {

constexpr NumberRange kPage{.least = 1, .most = 100, .fallback = 10};
constexpr std::size_t kLongestFilter = 4096;

FieldError in_query(std::string field, std::string msg, std::string type) {
  return FieldError{{"query", std::move(field)}, std::move(msg), std::move(type)};
}

bool is_id(std::string_view text) { return !text.empty() && text.size() <= kLongestCheckpointId; }

std::expected<std::string, Problem> path_thread(const Call& call) {
  auto thread_id = call.parameters.front();
  if (const auto wrong = check_thread_id(thread_id)) return std::unexpected(bad_request(wrong->msg));
  return thread_id;
}

std::string query_namespace(const Target& target, std::vector<FieldError>& errors) {
  const auto* space = target.find_query("namespace");
  if (space == nullptr) return {};
  if (space->size() > kLongestNamespace)
    errors.push_back(in_query("namespace", "1,000 bytes at most", "string_too_long"));
  return *space;
}

// Name and version of each are checked; the value is taken as it stands.
std::vector<journal::ThreadPart> read_parts(const json::object& body, std::string_view text, FieldReader& fields) {
  std::vector<journal::ThreadPart> parts;
  const auto* sent = body.if_contains("parts");
  if (sent == nullptr) return parts;
  if (!sent->is_array() || sent->get_array().size() > kMostParts) {
    fields.wrong("body", "parts", "must be an array of 1,000 items at most", "list_type");
    return parts;
  }
  const auto items = split_items(text);
  for (std::size_t i = 0; i < items.size(); ++i) {
    const auto* item = sent->get_array()[i].if_object();
    const auto name = item == nullptr ? std::nullopt : find_string(*item, "name");
    const auto version = item == nullptr ? std::nullopt : find_string(*item, "version");
    if (!name || !version || !is_id(*name) || !is_id(*version)) {
      fields.wrong("body", "parts", fmt::format("item {} has no `name` or no `version` of 1 to 200 bytes", i),
                   "dict_type");
      return parts;
    }
    journal::ThreadPart part{std::string(*name), std::string(*version), std::nullopt};
    if (item->contains("value")) part.value = find_member(split_members(items[i]), "value");
    parts.push_back(std::move(part));
  }
  return parts;
}

bool is_plain(const json::value& value) { return !value.is_object() && !value.is_array(); }

std::string query_members(const Target& target, std::vector<FieldError>& errors) {
  const auto* text = target.find_query("metadata");
  if (text == nullptr) return {};
  const auto object = text->size() <= kLongestFilter ? parse_json_object(*text) : fail(ErrorCode::invalid_argument, "");
  const bool plain =
      object && std::ranges::all_of(*object, [](const auto& member) { return is_plain(member.value()); });
  if (!plain || text->contains("\\u0000")) {
    errors.push_back(in_query("metadata",
                              "a JSON object of 4 KB at most, whose values are texts, numbers, true, false or null",
                              "json_invalid"));
  }
  return *text;
}

std::optional<journal::CheckpointPlace> parse_cursor_place(std::string_view text) {
  std::vector<std::string> parts;
  while (parts.size() < 3) {
    const auto end = parts.size() < 2 ? text.find('/') : text.size();
    if (end == std::string_view::npos) return std::nullopt;
    auto part = percent_decode(text.substr(0, end));
    if (!part) return std::nullopt;
    parts.push_back(std::move(*part));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return journal::CheckpointPlace{.owner = {}, .thread_id = parts[1], .space = parts[2], .id = parts[0]};
}

}  // namespace

std::expected<journal::CheckpointPlace, Problem> checkpoint_place(const Call& call) {
  auto thread_id = path_thread(call);
  if (!thread_id) return std::unexpected(std::move(thread_id).error());
  const auto& id = call.parameters.at(1);
  if (!is_id(id)) return std::unexpected(bad_request("a checkpoint id has 1 to 200 bytes"));
  std::vector<FieldError> errors;
  auto space = query_namespace(call.request().target, errors);
  if (!errors.empty()) return std::unexpected(invalid_shape(std::move(errors)));
  return journal::CheckpointPlace{call.subject.owner, std::move(*thread_id), std::move(space), id};
}

std::expected<journal::ThreadCheckpoint, Problem> parse_checkpoint(const Call& call) {
  auto place = checkpoint_place(call);
  if (!place) return std::unexpected(std::move(place).error());
  const auto& text = call.request().body;
  const auto body = body_object(text);
  if (!body) return std::unexpected(body.error());
  FieldReader fields(*body);
  const auto parent = fields.optional_string("parent_id");
  if (parent && !is_id(*parent)) fields.wrong("body", "parent_id", "1 to 200 bytes", "string_too_long");
  const auto* metadata = body->if_contains("metadata");
  if (metadata != nullptr && !metadata->is_object()) fields.wrong("body", "metadata", "must be an object", "dict_type");
  if (!body->contains("state")) fields.wrong("body", "state", "is missing", "missing");
  const auto members = split_members(text);
  auto parts = read_parts(*body, find_member(members, "parts"), fields);
  if (fields.failed()) return std::unexpected(invalid_shape(fields.take_errors()));

  journal::ThreadCheckpoint checkpoint;
  checkpoint.place = std::move(*place);
  checkpoint.parent_id = parent.value_or("");
  if (metadata != nullptr) checkpoint.metadata = find_member(members, "metadata");
  checkpoint.state = find_member(members, "state");
  checkpoint.parts = std::move(parts);
  return checkpoint;
}

std::expected<std::vector<journal::ThreadWrite>, Problem> parse_writes(const Call& call) {
  const auto& task = call.parameters.at(2);
  if (!is_id(task)) return std::unexpected(bad_request("a task id has 1 to 200 bytes"));
  const auto& text = call.request().body;
  const auto body = body_object(text);
  if (!body) return std::unexpected(body.error());
  FieldReader fields(*body);
  std::vector<journal::ThreadWrite> writes;
  const auto* sent = body->if_contains("writes");
  if (sent == nullptr || !sent->is_array() || sent->get_array().size() > kMostWrites) {
    fields.wrong("body", "writes", "must be an array of 1,000 items at most", "list_type");
  } else {
    const auto members = split_members(text);
    const auto items = split_items(find_member(members, "writes"));
    for (std::size_t i = 0; i < items.size(); ++i) {
      const auto* item = sent->get_array()[i].if_object();
      const auto index = item == nullptr ? std::nullopt : find_int(*item, "index");
      if (!index || !item->contains("value")) {
        fields.wrong("body", "writes", fmt::format("item {} has no whole number `index`, or no `value`", i),
                     "dict_type");
        break;
      }
      const auto parts = split_members(items[i]);
      writes.push_back({task, *index, std::string(find_member(parts, "value"))});
    }
  }
  if (fields.failed()) return std::unexpected(invalid_shape(fields.take_errors()));
  return writes;
}

std::expected<journal::ThreadCheckpointFilter, Problem> parse_checkpoint_filter(const Call& call) {
  const auto& target = call.request().target;
  journal::ThreadCheckpointFilter filter;
  filter.owner = call.subject.owner;
  if (!call.parameters.empty()) {
    auto thread_id = path_thread(call);
    if (!thread_id) return std::unexpected(std::move(thread_id).error());
    filter.thread_id = std::move(*thread_id);
  }
  std::vector<FieldError> errors;
  auto space = query_namespace(target, errors);
  if (target.find_query("namespace") != nullptr) filter.space = std::move(space);
  if (const auto* before = target.find_query("before")) filter.before = *before;
  if (const auto* cursor = target.find_query("cursor")) {
    filter.after = parse_cursor_place(*cursor);
    if (!filter.after) errors.push_back(in_query("cursor", "not a cursor of this server", "value_error"));
  }
  filter.members = query_members(target, errors);
  filter.limit = query_number(target, "limit", kPage, errors);
  if (!errors.empty()) return std::unexpected(invalid_shape(std::move(errors)));
  return filter;
}

std::string cursor_behind(const journal::CheckpointPlace& last) {
  return percent_encode(last.id) + '/' + percent_encode(last.thread_id) + '/' + percent_encode(last.space);
}

}  // namespace holdfast::gateway
