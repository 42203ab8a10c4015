/// The agent graph: which step follows which. A table, checked when compiled. Pure.
#pragma once

#include <array>
#include <optional>
#include <string_view>

namespace holdfast::text2sql {

/// Sent and stored by name.
enum class Step : unsigned char {
  rewrite,  ///< Makes the question stand alone.
  select_tables,
  schema,
  generate_sql,
  execute,
  reflect,  ///< Looks at the rows or the failure; may go back to generate_sql.
  answer,
  followups,
  finished,
};

enum class Outcome : unsigned char {
  done,
  declined,  ///< The question cannot be answered from the data; the answer says so.
  retry,     ///< The query was no good and there is an iteration left.
};

struct Move {
  Step from;
  Outcome on;
  Step to;
};

inline constexpr std::array kMoves{
    Move{Step::rewrite, Outcome::done, Step::select_tables},
    Move{Step::select_tables, Outcome::done, Step::schema},
    Move{Step::select_tables, Outcome::declined, Step::answer},
    Move{Step::schema, Outcome::done, Step::generate_sql},
    Move{Step::generate_sql, Outcome::done, Step::execute},
    Move{Step::generate_sql, Outcome::declined, Step::answer},
    Move{Step::execute, Outcome::done, Step::reflect},
    Move{Step::reflect, Outcome::done, Step::answer},
    Move{Step::reflect, Outcome::retry, Step::generate_sql},
    Move{Step::reflect, Outcome::declined, Step::answer},
    Move{Step::answer, Outcome::done, Step::followups},
    Move{Step::followups, Outcome::done, Step::finished},
};

/// How often SQL is written for one question.
inline constexpr int kMaxIterations = 3;

[[nodiscard]] constexpr std::optional<Step> next_step(Step from, Outcome on) {
  for (const auto& move : kMoves) {
    if (move.from == from && move.on == on) return move.to;
  }
  return std::nullopt;
}

[[nodiscard]] std::string_view to_string(Step step) noexcept;
[[nodiscard]] std::optional<Step> step_named(std::string_view name) noexcept;

namespace detail {
constexpr bool moves_are_deterministic() {
  for (std::size_t i = 0; i < kMoves.size(); ++i) {
    for (std::size_t j = i + 1; j < kMoves.size(); ++j) {
      if (kMoves[i].from == kMoves[j].from && kMoves[i].on == kMoves[j].on) return false;
    }
  }
  return true;
}
constexpr bool only_reflect_goes_back() {
  for (const auto& move : kMoves) {
    if (move.to <= move.from && move.from != Step::reflect) return false;
  }
  return true;
}
}  // namespace detail
static_assert(detail::moves_are_deterministic());
static_assert(detail::only_reflect_goes_back(), "so that every run ends");

}  // namespace holdfast::text2sql
