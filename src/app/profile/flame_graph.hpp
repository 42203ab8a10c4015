/// A heap profile as a picture: names from top to bottom, as wide as what is held below them. Pure.
#pragma once

#include <string>

#include "app/profile/heap_profile.hpp"

namespace holdfast::app {

/// An SVG document without scripts. What is narrower than a pixel is left out.
[[nodiscard]] std::string to_flame_graph(const HeapProfile& profile, const std::string& title);

}  // namespace holdfast::app
