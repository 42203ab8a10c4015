/// What large requests leave free on the disk of a journal file. May block.
#pragma once

#include <cstdint>
#include <string>

#include "base/error.hpp"

namespace holdfast::journal {

/// In bytes. What the file needs beside the runs themselves (docs/reference/journal.md), so that runs and answers can
/// be written, and what was refused removed, when uploads have filled the rest.
inline constexpr std::uint64_t kSpareRoom = std::uint64_t{64} << 20U;

/// unavailable: with `bytes` more in `file` less than kSpareRoom would be left on its volume.
[[nodiscard]] Result<void> check_spare_room(const std::string& file, std::uint64_t bytes);

}  // namespace holdfast::journal
