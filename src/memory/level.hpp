/// How close the process tree is to its memory limit, as one ordered answer.
#pragma once

#include <string_view>

namespace holdfast::memory {

/// Ordered: a later level is nearer to the limit.
enum class Level : unsigned char { normal, warning, critical, emergency };

[[nodiscard]] std::string_view to_string(Level level) noexcept;

}  // namespace holdfast::memory
