#include "gateway/assets.hpp"

#include <algorithm>
#include <span>

namespace holdfast::gateway {

/// Defined in the file that console/embed.mjs writes.
extern const std::span<const Asset> embedded_assets;

const Asset* find_asset(std::string_view path) noexcept {
  const auto found = std::ranges::find(embedded_assets, path, &Asset::path);
  return found == embedded_assets.end() ? nullptr : &*found;
}

}  // namespace holdfast::gateway
