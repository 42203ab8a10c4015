#include "text2sql/agent.hpp"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <thread>
#include <utility>

#include "base/hook_point.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "text2sql/answer_text.hpp"
#include "text2sql/schema_text.hpp"

namespace holdfast::text2sql {
namespace {

// queries_and_results is for reading along; the rows themselves are in `table`.
constexpr std::size_t kResultTextBytes = 8 * 1024;

// What is kept of one query that was tried; longer SQL is read by nobody.
constexpr std::size_t kTriedSqlBytes = 8 * 1024;

std::string shortened(const std::string& sql) {
  return sql.size() <= kTriedSqlBytes ? sql : std::string(truncate_utf8(sql, kTriedSqlBytes)) + " …";
}

// Short enough that a stop during a delay is met at once.
constexpr std::chrono::milliseconds kDelaySlice{20};

}  // namespace

AgentState Agent::begin(const AgentTask& task) const {
  if (task.checkpoint) {
    auto saved = AgentState::from_json(*task.checkpoint);
    if (saved && saved->prompt == task.prompt) return std::move(*saved);
    log::info("text2sql.checkpoint_unusable", {{"reason", saved ? "another question" : "unreadable"}});
  }
  AgentState state;
  state.prompt = task.prompt;
  return state;
}

std::string Agent::message_of(const AgentState& state) const {
  switch (state.next) {
    case Step::rewrite: return "Reading the question";
    case Step::select_tables: return "Choosing tables";
    case Step::schema:
      return fmt::format("Reading {} {}", state.tables.size(), state.tables.size() == 1 ? "table" : "tables");
    case Step::generate_sql:
      return state.iteration == 0
                 ? "Writing SQL"
                 : fmt::format("Writing SQL again (try {} of {})", state.iteration + 1, kMaxIterations);
    case Step::execute: return "Running the query";
    case Step::reflect:
      return state.rows ? fmt::format("Checking {} {}", state.rows->size(), state.rows->size() == 1 ? "row" : "rows")
                        : "Looking at what went wrong";
    case Step::answer: return "Writing the answer";
    case Step::followups: return "Looking for questions to ask next";
    case Step::finished: return "";
  }
  std::unreachable();
}

Result<json::object> Agent::run(const AgentTask& task, EventSink& sink, StopCheck& stop) {
  auto state = begin(task);
  while (state.next != Step::finished) {
    const auto step = state.next;
    if (auto going = stop.check(); !going) return fail(std::move(going));
    if (auto sent = sink.progress(step, message_of(state)); !sent) return fail(std::move(sent));
    if (auto waited = wait_step_delay(stop); !waited) return fail(std::move(waited));
    auto outcome = take_step(state, task, sink, stop);
    if (!outcome) return fail(std::move(outcome), to_string(step));
    const auto next = next_step(step, *outcome);
    if (!next) return fail(ErrorCode::internal, fmt::format("step {} has no way on", to_string(step)));
    state.next = *next;
    HOLDFAST_HOOK_POINT("text2sql.step_taken");
    if (auto sent = sink.checkpoint(step, state.to_json()); !sent) return fail(std::move(sent));
  }
  return result_of(state);
}

Result<void> Agent::wait_step_delay(StopCheck& stop) const {
  for (auto left = step_delay_; left.count() > 0; left -= kDelaySlice) {
    if (auto going = stop.check(); !going) return going;
    std::this_thread::sleep_for(std::min(left, kDelaySlice));
  }
  return {};
}

Outcome Agent::decline(AgentState& state, Decline reason) {
  state.declined = std::move(reason.text);
  state.suggestions = std::move(reason.suggestions);
  if (reason.nearest != nullptr) state.tables = {reason.nearest->name};
  return Outcome::declined;
}

Result<Outcome> Agent::take_step(AgentState& state, const AgentTask& task, EventSink& sink, StopCheck& stop) {
  switch (state.next) {
    case Step::rewrite: {
      auto question = planner_.rewrite(state, task.history, stop);
      if (!question) return fail(std::move(question));
      state.question = std::move(*question);
      return Outcome::done;
    }
    case Step::select_tables: {
      auto tables = planner_.select_tables(state, stop);
      if (!tables) return fail(std::move(tables));
      if (!*tables) return decline(state, std::move(tables->error()));
      state.tables = std::move(**tables);
      return Outcome::done;
    }
    case Step::schema: state.schema = schema_text(grounding_.catalogue(), state.tables); return Outcome::done;
    case Step::generate_sql: return generate(state, stop);
    case Step::execute: return execute(state, stop);
    case Step::reflect: return reflect(state);
    case Step::answer: return answer(state, sink, stop);
    case Step::followups:
      state.followups = suggestions_.pick(state.question, state.tables, state.suggestions, stop);
      return Outcome::done;
    case Step::finished: break;
  }
  return fail(ErrorCode::internal, "no such step");
}

Result<Outcome> Agent::generate(AgentState& state, StopCheck& stop) {
  auto sql = planner_.generate_sql(state, stop);
  if (!sql) return fail(std::move(sql));
  ++state.iteration;
  if (!*sql) return decline(state, std::move(sql->error()));
  state.sql = std::move(**sql);
  // Too long to be run, so the rest is not needed to be refused.
  if (state.sql.size() > kMaxSqlBytes) state.sql.resize(kMaxSqlBytes + 1, ' ');
  return Outcome::done;
}

Result<Outcome> Agent::execute(AgentState& state, StopCheck& stop) {
  auto rows = database_.query(state.sql, stop);
  state.rows.reset();
  state.failure.clear();
  state.tables_read.clear();
  if (rows) {
    for (auto& table : database_.tables_read()) {
      if (grounding_.catalogue().find(table) != nullptr) state.tables_read.push_back(std::move(table));
    }
    state.tried.push_back({shortened(state.sql), rows->to_text(kResultTextBytes)});
    state.rows = std::move(*rows);
    return Outcome::done;
  }
  const auto code = rows.error().code();
  if (code != ErrorCode::invalid_argument && code != ErrorCode::resource_exhausted) return fail(std::move(rows));
  state.failure = rows.error().message();
  state.sql = shortened(state.sql);
  state.tried.push_back({state.sql, "error: " + state.failure});
  return Outcome::done;
}

Outcome Agent::reflect(AgentState& state) {
  const bool last = state.iteration >= kMaxIterations;
  if (!state.rows) {
    if (!last) return Outcome::retry;
    return decline(state,
                   {"No query for this question could be run. The last one failed: " + state.failure, {}, nullptr});
  }
  state.failure = planner_.review(state);
  if (!state.failure.empty() && !last) return Outcome::retry;
  state.failure.clear();
  return Outcome::done;
}

Result<Outcome> Agent::answer(AgentState& state, EventSink& sink, StopCheck& stop) {
  const DeltaSink delta = [&](std::string_view text) { return sink.delta(text); };
  if (state.declined.empty()) {
    auto text = planner_.write_answer(state, delta, stop);
    if (!text) return fail(std::move(text));
    state.answer = std::move(*text);
    return Outcome::done;
  }
  auto near = suggestions_.pick(state.question, state.tables, state.suggestions, stop);
  state.answer = state.declined;
  if (!near.empty()) state.answer += "\n\nQuestions I can answer:";
  for (const auto& question : near) state.answer += "\n- " + question;
  state.suggestions = std::move(near);
  if (auto sent = delta(state.answer); !sent) return fail(std::move(sent));
  return Outcome::done;
}

json::object Agent::result_of(const AgentState& state) const {
  const bool answered = state.declined.empty();
  json::array tables;
  json::array sources;
  // How many rows of a table a figure comes from is known only of queries that count them.
  const bool counted = planner_.name() == "offline";
  for (const auto& name : answered ? state.tables_read : std::vector<std::string>{}) {
    tables.emplace_back(name);
    const auto* table = grounding_.catalogue().find(name);
    if (table == nullptr) continue;
    json::object source{{"table", name},
                        {"description", table->description.empty() ? table->title : table->description},
                        {"licence", table->licence},
                        {"origin", table->source}};
    if (counted && state.rows) source["rows_used"] = rows_used(*state.rows);
    sources.emplace_back(std::move(source));
  }
  json::array tried;
  for (const auto& query : state.tried) tried.emplace_back(json::array{query.sql, query.result});
  json::array followups;
  for (const auto& question : state.followups) followups.emplace_back(question);
  return {{"result", state.answer},
          {"question", state.question},
          {"answered", answered},
          {"sql", state.sql},
          {"queries_and_results", std::move(tried)},
          {"datasets_used", tables},
          {"top_selection_codes", tables},
          {"datasetUrl", nullptr},
          {"top_chunks", json::array()},
          {"followup_prompts", std::move(followups)},
          {"iteration", state.iteration},
          {"max_iterations", kMaxIterations},
          {"table", state.rows ? state.rows->to_json() : Rows{}.to_json()},
          {"sources", std::move(sources)},
          {"planner", planner_.name()}};
}

}  // namespace holdfast::text2sql
