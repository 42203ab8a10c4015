/// What `holdfast top` shows. Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/json.hpp"

namespace holdfast::app {

/// What the server said of itself in one look.
struct TopLook {
  json::object memory;  ///< GET /health/memory.
  json::object health;  ///< GET /health; what a login keeps from whoever asks is missing.
};

enum class Colour : unsigned char { no, yes };

/// One screen, each line ended. A member that the server did not send shows as "-".
[[nodiscard]] std::string top_text(const TopLook& look, Colour colour);

/// The first `rows` lines of `text`, each cut to `columns` code points; escape sequences take no room.
[[nodiscard]] std::string fit_to_screen(std::string_view text, std::size_t rows, std::size_t columns);

}  // namespace holdfast::app
