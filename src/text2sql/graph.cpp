#include "text2sql/graph.hpp"

#include <algorithm>
#include <utility>

namespace holdfast::text2sql {
namespace {

constexpr std::array<std::pair<Step, std::string_view>, 9> kNames{{{Step::rewrite, "rewrite"},
                                                                   {Step::select_tables, "select_tables"},
                                                                   {Step::schema, "schema"},
                                                                   {Step::generate_sql, "generate_sql"},
                                                                   {Step::execute, "execute"},
                                                                   {Step::reflect, "reflect"},
                                                                   {Step::answer, "answer"},
                                                                   {Step::followups, "followups"},
                                                                   {Step::finished, "finished"}}};

}  // namespace

std::string_view to_string(Step step) noexcept {
  return std::ranges::find(kNames, step, &std::pair<Step, std::string_view>::first)->second;
}

std::optional<Step> step_named(std::string_view name) noexcept {
  const auto found = std::ranges::find(kNames, name, &std::pair<Step, std::string_view>::second);
  if (found == kNames.end()) return std::nullopt;
  return found->first;
}

}  // namespace holdfast::text2sql
