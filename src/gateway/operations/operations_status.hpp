/// What the consoles cost, and what waits in the journal, for GET /metrics. Plain values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "journal/backlog.hpp"

namespace holdfast::gateway {

struct OperationsStatus {
  std::size_t consoles = 0;   ///< Open now.
  std::uint64_t merged = 0;   ///< Ticks that slow consoles were told together with a later one.
  std::uint64_t refused = 0;  ///< Consoles that were not opened, because too many were.
  std::optional<journal::Backlog> backlog;
};

}  // namespace holdfast::gateway
