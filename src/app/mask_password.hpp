/// Addresses as they may be shown and logged. Pure.
#pragma once

#include <string>
#include <string_view>

namespace holdfast::app {

/// `url` with every password in it as "***": "scheme://user:password@host", and "password=…" in a query or in the
/// keywords of a connection string. Doing it twice changes nothing.
[[nodiscard]] std::string mask_password(std::string_view url);

}  // namespace holdfast::app
