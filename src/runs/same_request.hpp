/// Whether two requests of clients ask for the same. Pure.
#pragma once

#include <string_view>

namespace holdfast::runs {

/// True when the texts are equal, or are the same JSON: the order of members and white space do not count, strings are
/// compared decoded, numbers by their text (1.0 is not 1, and no digit is rounded away). Text that is no JSON of at
/// most 32 levels is the same only as itself.
[[nodiscard]] bool same_request(std::string_view a, std::string_view b);

}  // namespace holdfast::runs
