#include "text2sql/model_planner.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>

#include "base/log.hpp"
#include "base/text.hpp"
#include "text2sql/answer_text.hpp"
#include "text2sql/prompts.hpp"
#include "text2sql/worker_request.hpp"

namespace holdfast::text2sql {
namespace {

// Few enough tables to show them all, which saves a call.
constexpr std::size_t kFewTables = 3;

// A few sentences were asked for; a longer answer is cut, so that the result fits into one line of the protocol.
constexpr std::size_t kMaxAnswerBytes = 64 * 1024;

std::vector<std::string> all_tables(const Catalogue& catalogue) {
  std::vector<std::string> names;
  for (const auto& table : catalogue.tables) names.push_back(table.name);
  return names;
}

}  // namespace

Result<std::string> ModelPlanner::rewrite(const AgentState& state, const std::vector<PastRun>& history,
                                          StopCheck& stop) {
  if (history.empty()) return state.prompt;
  auto reply = client_.complete(rewrite_prompt(state, history), {}, stop);
  // Without usable words the question stays as it was asked.
  if (!reply && reply.error().code() == ErrorCode::data_loss) return state.prompt;
  if (!reply) return fail(std::move(reply));
  auto question = checked_prompt(*reply);
  return question ? std::move(*question) : state.prompt;
}

Result<OrDecline<std::vector<std::string>>> ModelPlanner::select_tables(const AgentState& state, StopCheck& stop) {
  using Choice = OrDecline<std::vector<std::string>>;
  if (catalogue_.tables.size() <= kFewTables) return Choice(all_tables(catalogue_));
  auto reply = client_.complete(tables_prompt(state, catalogue_), {}, stop);
  if (!reply) return fail(std::move(reply));
  const auto object = object_in(*reply);
  const auto* list = object ? object->if_contains("tables") : nullptr;
  // A reply that cannot be read costs nothing but a longer schema.
  if (list == nullptr || !list->is_array()) return Choice(all_tables(catalogue_));
  std::vector<std::string> chosen;
  for (const auto& name : list->get_array()) {
    if (!name.is_string() || catalogue_.find(std::string_view(name.get_string())) == nullptr) continue;
    if (std::ranges::find(chosen, std::string_view(name.get_string())) == chosen.end())
      chosen.emplace_back(name.get_string());
  }
  if (!chosen.empty()) return Choice(std::move(chosen));
  if (!list->get_array().empty()) return Choice(all_tables(catalogue_));
  return Choice(std::unexpected(Decline{"None of the tables can answer that.", {}, nullptr}));
}

Result<OrDecline<std::string>> ModelPlanner::generate_sql(const AgentState& state, StopCheck& stop) {
  auto reply = client_.complete(sql_prompt(state), {}, stop);
  if (!reply) return fail(std::move(reply));
  return sql_in(*reply);
}

std::string ModelPlanner::review(const AgentState& state) {
  // Mostly a misspelt value. Once more is worth a call; after that no rows is the answer.
  if (state.rows->rows.empty() && state.iteration < 2)
    return "the query gave no rows; check how the values are written";
  return {};
}

Result<std::string> ModelPlanner::write_answer(const AgentState& state, const DeltaSink& delta, StopCheck& stop) {
  auto reply = client_.complete(answer_prompt(state), delta, stop);
  const auto rows = state.rows.value_or(Rows{});
  if (!reply || trim(*reply).empty()) {
    if (auto going = stop.check(); !going) return fail(std::move(going));
    // The rows are there; they must not be lost for want of a sentence.
    log::warning("text2sql.answer_without_model", {{"reason", reply ? "empty reply" : reply.error().message()}});
    return plain_answer_text(rows, state.tables_read);
  }
  std::string text(truncate_utf8(trim(*reply), kMaxAnswerBytes));
  const auto strange = numbers_not_in(text, rows, state.question);
  std::string note;
  if (text.size() < trim(*reply).size()) note = " … (cut)";
  if (!strange.empty()) note += fmt::format("\n\nNot in the rows, so check before use: {}.", fmt::join(strange, ", "));
  note += "\n\n" + result_sentence(rows, state.tables_read);
  if (auto sent = delta(note); !sent) return fail(std::move(sent));
  return text + note;
}

}  // namespace holdfast::text2sql
