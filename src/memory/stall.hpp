/// How long processes waited for memory, as the kernel's pressure files tell it (PSI). An extra signal only: without
/// swap it can stay near zero until death. Pure.
#pragma once

#include <string_view>

#include "base/error.hpp"

namespace holdfast::memory {

/// Shares of the last ten seconds, in [0, 1].
struct Stall {
  double some = 0;  ///< At least one process waited.
  double full = 0;  ///< All of them did.
};

/// data_loss: another form than that of the kernel.
[[nodiscard]] Result<Stall> parse_stall(std::string_view text);

}  // namespace holdfast::memory
