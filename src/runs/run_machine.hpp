/// Which move of a run is allowed: one table, checked when compiled. Pure.
#pragma once

#include <array>
#include <optional>

#include "journal/record.hpp"

namespace holdfast::runs {

using journal::EntryKind;
using journal::is_terminal;
using journal::RunStatus;

struct Move {
  RunStatus from;
  EntryKind on;
  RunStatus to;
};

inline constexpr std::array kMoves{
    Move{RunStatus::queued, EntryKind::started, RunStatus::running},
    Move{RunStatus::queued, EntryKind::cancelled, RunStatus::cancelled},
    Move{RunStatus::queued, EntryKind::expired, RunStatus::expired},
    Move{RunStatus::running, EntryKind::progress, RunStatus::running},
    Move{RunStatus::running, EntryKind::checkpoint, RunStatus::running},
    Move{RunStatus::running, EntryKind::delta, RunStatus::running},
    Move{RunStatus::running, EntryKind::response, RunStatus::running},
    Move{RunStatus::running, EntryKind::piece, RunStatus::running},
    // A dead worker costs an attempt, not the run.
    Move{RunStatus::running, EntryKind::attempt_lost, RunStatus::queued},
    Move{RunStatus::running, EntryKind::completed, RunStatus::completed},
    Move{RunStatus::running, EntryKind::failed, RunStatus::failed},
    Move{RunStatus::running, EntryKind::cancelled, RunStatus::cancelled},
    Move{RunStatus::running, EntryKind::expired, RunStatus::expired},
};

[[nodiscard]] constexpr std::optional<RunStatus> next(RunStatus from, EntryKind on) noexcept {
  for (const auto& move : kMoves) {
    if (move.from == from && move.on == on) return move.to;
  }
  return std::nullopt;
}

namespace detail {

constexpr bool terminal_states_have_no_exit() {
  for (const auto& move : kMoves) {
    if (is_terminal(move.from)) return false;
  }
  return true;
}

constexpr bool moves_are_deterministic() {
  for (std::size_t i = 0; i < kMoves.size(); ++i) {
    for (std::size_t j = i + 1; j < kMoves.size(); ++j) {
      if (kMoves[i].from == kMoves[j].from && kMoves[i].on == kMoves[j].on) return false;
    }
  }
  return true;
}

constexpr bool every_live_state_can_end_without_a_worker() {
  for (const auto live : {RunStatus::queued, RunStatus::running}) {
    if (!next(live, EntryKind::cancelled) || !next(live, EntryKind::expired)) return false;
  }
  return true;
}

}  // namespace detail

static_assert(detail::terminal_states_have_no_exit());
static_assert(detail::moves_are_deterministic());
static_assert(detail::every_live_state_can_end_without_a_worker());

}  // namespace holdfast::runs
