/// Runs under way and runs that ended lately, as JSON for consoles. Pure.
#pragma once

#include <optional>
#include <string>

#include "runs/coordinator.hpp"

namespace holdfast::gateway {

/// Whose runs are told of: one owner's, or everybody's.
using OwnerFilter = std::optional<std::string>;

/// Most runs of a list that are told one by one; of the others their number. The longest text is about 60 KB.
inline constexpr std::size_t kMostRunsTold = 100;

/// {running: [...], waiting: [...], running_count, waiting_count}: oldest first.
[[nodiscard]] std::string live_runs_json(const runs::Coordinator& coordinator, const OwnerFilter& owner);

/// An array of the runs that ended at this server lately, newest first.
[[nodiscard]] std::string ended_runs_json(const runs::Coordinator& coordinator, const OwnerFilter& owner);

}  // namespace holdfast::gateway
