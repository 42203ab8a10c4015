/// Whether a text is JSON, without building it: a large answer must not cost its size several times over. Pure.
#pragma once

#include <string_view>

#include "base/error.hpp"

namespace holdfast::workers {

/// invalid_argument: not JSON, not UTF-8, nested deeper than base/json.hpp reads, or followed by something else.
[[nodiscard]] Result<void> check_json(std::string_view text);

}  // namespace holdfast::workers
