#include "memory/pressure.hpp"

#include <algorithm>
#include <utility>

namespace holdfast::memory {
namespace {

Pressure pressure_at(double share) noexcept {
  if (share >= kEmergencyShare) return Pressure::emergency;
  return share >= kHighShare ? Pressure::high : Pressure::calm;
}

}  // namespace

std::string_view to_string(Pressure pressure) noexcept {
  switch (pressure) {
    case Pressure::calm: return "calm";
    case Pressure::high: return "high";
    case Pressure::emergency: return "emergency";
  }
  std::unreachable();
}

bool update(PressureGauge& gauge, const std::optional<Bytes>& used) noexcept {
  if (!used) return false;
  gauge.used = *used;
  const double share = static_cast<double>(used->count()) / static_cast<double>(gauge.limit.count());
  auto next = pressure_at(share);
  // On the way down the shares are lower.
  if (next < gauge.pressure) next = std::min(gauge.pressure, pressure_at(share + kLeaveBelow));
  return std::exchange(gauge.pressure, next) != next;
}

}  // namespace holdfast::memory
