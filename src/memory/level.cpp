#include "memory/level.hpp"

#include <utility>

namespace holdfast::memory {

std::string_view to_string(Level level) noexcept {
  switch (level) {
    case Level::normal: return "normal";
    case Level::warning: return "warning";
    case Level::critical: return "critical";
    case Level::emergency: return "emergency";
  }
  std::unreachable();
}

}  // namespace holdfast::memory
