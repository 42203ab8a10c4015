#include "text2sql/agent_state.hpp"

#include <boost/json/array.hpp>

namespace holdfast::text2sql {
namespace {

// Raise it when a field changes its meaning; a state of another version is not used.
constexpr std::int64_t kVersion = 2;

json::array to_array(const std::vector<std::string>& texts) {
  json::array out;
  for (const auto& text : texts) out.emplace_back(text);
  return out;
}

// Reads fields and remembers whether one was missing or of another type.
class FieldReader {
 public:
  explicit FieldReader(const json::object& object) : object_(object) {}

  void read(std::string_view key, std::string& out) {
    const auto text = find_string(object_, key);
    ok_ = ok_ && text;
    if (text) out = *text;
  }
  void read(std::string_view key, std::vector<std::string>& out) {
    const auto* value = object_.if_contains(key);
    ok_ = ok_ && value != nullptr && value->is_array();
    if (!ok_) return;
    for (const auto& item : value->get_array()) {
      ok_ = ok_ && item.is_string();
      if (ok_) out.emplace_back(item.get_string());
    }
  }
  [[nodiscard]] bool ok() const { return ok_; }

 private:
  const json::object& object_;
  bool ok_ = true;
};

bool read_tried(const json::object& object, std::vector<TriedQuery>& out) {
  const auto* value = object.if_contains("tried");
  if (value == nullptr || !value->is_array()) return false;
  for (const auto& item : value->get_array()) {
    if (!item.is_array() || item.get_array().size() != 2) return false;
    const auto& pair = item.get_array();
    if (!pair[0].is_string() || !pair[1].is_string()) return false;
    out.push_back({std::string(pair[0].get_string()), std::string(pair[1].get_string())});
  }
  return true;
}

}  // namespace

json::object AgentState::to_json() const {
  json::array tried_list;
  for (const auto& query : tried) tried_list.emplace_back(json::array{query.sql, query.result});
  return {{"version", kVersion},
          {"next", to_string(next)},
          {"prompt", prompt},
          {"question", question},
          {"tables", to_array(tables)},
          {"schema", schema},
          {"sql", sql},
          {"tables_read", to_array(tables_read)},
          {"rows", rows ? json::value(rows->to_json()) : json::value(nullptr)},
          {"failure", failure},
          {"tried", std::move(tried_list)},
          {"iteration", iteration},
          {"declined", declined},
          {"suggestions", to_array(suggestions)},
          {"answer", answer},
          {"followups", to_array(followups)}};
}

std::optional<AgentState> AgentState::from_json(const json::value& value) {
  const auto* object = value.if_object();
  if (object == nullptr || find_int(*object, "version") != kVersion) return std::nullopt;
  const auto next_name = find_string(*object, "next");
  const auto step = next_name ? step_named(*next_name) : std::nullopt;
  const auto count = find_int(*object, "iteration");
  if (!step || !count || *count < 0 || *count > kMaxIterations) return std::nullopt;
  AgentState state;
  state.next = *step;
  state.iteration = static_cast<int>(*count);
  FieldReader fields(*object);
  fields.read("prompt", state.prompt);
  fields.read("question", state.question);
  fields.read("tables", state.tables);
  fields.read("schema", state.schema);
  fields.read("sql", state.sql);
  fields.read("tables_read", state.tables_read);
  fields.read("failure", state.failure);
  fields.read("declined", state.declined);
  fields.read("suggestions", state.suggestions);
  fields.read("answer", state.answer);
  fields.read("followups", state.followups);
  if (!fields.ok() || !read_tried(*object, state.tried)) return std::nullopt;
  const auto* saved_rows = object->if_contains("rows");
  if (saved_rows == nullptr) return std::nullopt;
  if (!saved_rows->is_null()) {
    state.rows = Rows::from_json(*saved_rows);
    if (!state.rows) return std::nullopt;
  }
  return state;
}

}  // namespace holdfast::text2sql
