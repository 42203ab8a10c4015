#include "memory/bands.hpp"

#include <algorithm>

namespace holdfast::memory {

Bands make_bands(Bytes resident, const BandReport& report) {
  Bands bands{resident, report.live, report.allocator_held, report.runtime_held, {}};
  if (bands.live && bands.allocator_held && bands.runtime_held) {
    const auto told = bands.live->count() + bands.allocator_held->count() + bands.runtime_held->count();
    bands.outside = Bytes(resident.count() - std::min(resident.count(), told));
  }
  return bands;
}

std::optional<double> fragmentation(const Bands& bands) noexcept {
  if (!bands.live || bands.resident.count() == 0) return std::nullopt;
  const double live = static_cast<double>(bands.live->count()) / static_cast<double>(bands.resident.count());
  // Live bytes need not be resident: swapped out, or never touched.
  return std::clamp(1.0 - live, 0.0, 1.0);
}

std::optional<double> fragmentation_ratio(Bytes vm_size, Bytes resident) noexcept {
  if (resident.count() == 0) return std::nullopt;
  return static_cast<double>(vm_size.count()) / static_cast<double>(resident.count());
}

}  // namespace holdfast::memory
