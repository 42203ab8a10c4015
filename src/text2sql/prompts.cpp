#include "text2sql/prompts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <cmath>

#include "base/text.hpp"
#include "text2sql/schema_text.hpp"
#include "text2sql/words.hpp"

namespace holdfast::text2sql {
namespace {

// Bounds of what is sent: a question of 10,000 characters helps no model.
constexpr std::size_t kQuestionBytes = 8 * 1024;
constexpr std::size_t kRowBytes = 8 * 1024;
constexpr std::size_t kPastBytes = 1024;

std::string cut(std::string_view text, std::size_t limit) { return std::string(truncate_utf8(text, limit)); }

std::string_view without_fence(std::string_view reply) {
  auto text = trim(reply);
  if (!text.starts_with("```")) return text;
  text.remove_prefix(std::min(text.find('\n'), text.size()));
  const auto end = text.rfind("```");
  return trim(text.substr(0, end));
}

}  // namespace

Messages rewrite_prompt(const AgentState& state, const std::vector<PastRun>& history) {
  std::string past;
  for (const auto& run : history)
    past += fmt::format("Question: {}\nAnswer: {}\n\n", cut(run.question, kPastBytes), cut(run.answer, kPastBytes));
  return {{"system",
           "Rewrite the last question so that it can be understood without the earlier ones. Keep its language and "
           "meaning. "
           "If it stands alone already, repeat it unchanged. Reply with the question only."},
          {"user", fmt::format("{}Last question: {}", past, cut(state.prompt, kQuestionBytes))}};
}

Messages tables_prompt(const AgentState& state, const Catalogue& catalogue) {
  return {{"system",
           "Choose the tables needed to answer the question. Reply with JSON only: {\"tables\": [\"name\", ...]}. "
           "Reply {\"tables\": []} if none of them can answer it.\n\nTables:\n" +
               table_list_text(catalogue)},
          {"user", cut(state.question, kQuestionBytes)}};
}

Messages sql_prompt(const AgentState& state) {
  Messages messages{
      {"system",
       "Write one SQLite SELECT statement that answers the question from these tables. Use only the listed tables "
       "and columns, quote identifiers with double quotes and texts with single quotes, and name computed columns. The "
       "functions printf and format are not available. At most 200 rows are returned. Reply with JSON only: "
       "{\"sql\": \"...\"}, or {\"cannot\": \"the reason in one sentence\"} if the tables do not hold the answer.\n\n" +
           state.schema},
      {"user", cut(state.question, kQuestionBytes)}};
  if (!state.failure.empty()) {
    messages.push_back({"assistant", json::serialize(json::object{{"sql", cut(state.sql, kQuestionBytes)}})});
    messages.push_back({"user", "That did not work: " + cut(state.failure, kPastBytes) + ". Write another statement."});
  }
  return messages;
}

Messages answer_prompt(const AgentState& state) {
  const auto rows = state.rows.value_or(Rows{});
  return {
      {"system",
       "Answer the question from the rows, in its language, in at most a few sentences. Use only numbers that are in "
       "the rows. "
       "If the rows are empty or do not answer the question, say so. Name the table."},
      {"user", fmt::format("Question: {}\n\nTables: {}\nSQL: {}\nRows ({}{}):\n{}", cut(state.question, kQuestionBytes),
                           fmt::join(state.tables_read, ", "), cut(state.sql, kQuestionBytes), rows.size(),
                           rows.truncated ? ", truncated" : "", rows.to_text(kRowBytes))}};
}

std::optional<json::object> object_in(std::string_view reply) {
  const auto first = reply.find('{');
  const auto last = reply.rfind('}');
  if (first == std::string_view::npos || last == std::string_view::npos || last < first) return std::nullopt;
  auto object = parse_json_object(reply.substr(first, last - first + 1));
  if (!object) return std::nullopt;
  return std::move(*object);
}

OrDecline<std::string> sql_in(std::string_view reply) {
  if (const auto object = object_in(reply)) {
    if (const auto sql = find_string(*object, "sql")) return std::string(trim(*sql));
    if (const auto reason = find_string(*object, "cannot")) {
      return std::unexpected(
          Decline{reason->empty() ? "The data does not hold the answer." : cut(*reason, kPastBytes), {}, nullptr});
    }
  }
  // Whole: what is left of a statement that was cut is another statement.
  return std::string(without_fence(reply));
}

std::vector<std::string> numbers_not_in(std::string_view text, const Rows& rows, std::string_view question) {
  std::vector<double> known{static_cast<double>(rows.size())};
  auto add_numbers = [&](std::string_view from) {
    for (const auto& word : split_words(from)) {
      if (word.number) known.push_back(*word.number);
    }
  };
  add_numbers(question);
  for (const auto& row : rows.rows) {
    for (const auto& cell : row) {
      if (const auto* integer = cell.if_int64()) known.push_back(std::abs(static_cast<double>(*integer)));
      if (const auto* real = cell.if_double()) known.push_back(std::abs(*real));
      if (const auto* words = cell.if_string()) add_numbers(std::string_view(*words));
    }
  }
  std::vector<std::string> out;
  for (const auto& word : split_words(text)) {
    const auto written = text.substr(word.begin, word.end - word.begin);
    if (!word.number || written.find_first_of("0123456789") == std::string_view::npos) continue;
    const auto point = written.find('.');
    const auto decimals = point == std::string_view::npos ? 0.0 : static_cast<double>(written.size() - point - 1);
    const double half_step = 0.5 * std::pow(10.0, -decimals) + 1e-9;
    const bool found = std::ranges::any_of(known, [&](double n) { return std::abs(n - *word.number) <= half_step; });
    if (!found && std::ranges::find(out, written) == out.end()) out.emplace_back(written);
  }
  return out;
}

}  // namespace holdfast::text2sql
