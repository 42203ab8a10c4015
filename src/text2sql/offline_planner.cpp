#include "text2sql/offline_planner.hpp"

#include <span>

#include "text2sql/answer_text.hpp"

namespace holdfast::text2sql {

Result<std::string> OfflinePlanner::rewrite(const AgentState& state, const std::vector<PastRun>& history, StopCheck&) {
  if (history.empty()) return state.prompt;
  // The question before may itself lean on one before it.
  std::string earlier = history.front().question;
  for (const auto& run : std::span(history).subspan(1)) earlier = grounding_.complete(run.question, earlier);
  return grounding_.complete(state.prompt, earlier);
}

Result<OrDecline<std::vector<std::string>>> OfflinePlanner::select_tables(const AgentState& state, StopCheck&) {
  auto interpretation = grounding_.interpret_question(state.question);
  if (!interpretation) return OrDecline<std::vector<std::string>>(std::unexpected(std::move(interpretation.error())));
  return OrDecline<std::vector<std::string>>(std::vector{interpretation->form->table->name});
}

Result<OrDecline<std::string>> OfflinePlanner::generate_sql(const AgentState& state, StopCheck&) {
  // The same question gives the same query: a second try would only repeat the failure.
  if (!state.failure.empty()) {
    return OrDecline<std::string>(
        std::unexpected(Decline{"The query for this question failed: " + state.failure, {}, nullptr}));
  }
  auto interpretation = grounding_.interpret_question(state.question);
  if (!interpretation) return OrDecline<std::string>(std::unexpected(std::move(interpretation.error())));
  return OrDecline<std::string>(render_sql(*interpretation->form));
}

std::string OfflinePlanner::review(const AgentState&) {
  // No rows is an answer here: the question was understood word by word.
  return {};
}

Result<std::string> OfflinePlanner::write_answer(const AgentState& state, const DeltaSink& delta, StopCheck&) {
  const auto interpretation = grounding_.interpret_question(state.question);
  const bool same = interpretation && state.rows && render_sql(*interpretation->form) == state.sql;
  // A checkpoint of another planner or another data file: the rows still speak for themselves.
  auto text = same ? answer_text(*interpretation, *state.rows)
                   : plain_answer_text(state.rows.value_or(Rows{}), state.tables_read);
  if (auto sent = delta(text); !sent) return fail(std::move(sent));
  return text;
}

}  // namespace holdfast::text2sql
