#include "governor/boot_footprint.hpp"

#include <algorithm>

namespace holdfast::governor {

void BootFootprint::observe(Bytes held_when_ready) {
  latest_.push_front(held_when_ready);
  if (latest_.size() > kKept) latest_.pop_back();
}

std::optional<Bytes> BootFootprint::expected() const {
  if (latest_.empty()) return std::nullopt;
  return *std::ranges::max_element(latest_);
}

}  // namespace holdfast::governor
