/// The environment of a worker: ours without our secrets, with what the settings add. Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::workers {

/// Whether a variable of our environment is our own business: everything named HOLDFAST_…, the address of the database
/// and its password.
[[nodiscard]] bool is_withheld(std::string_view name) noexcept;

/// The value of a variable in "NAME=value" entries; empty when it is not there.
[[nodiscard]] std::string_view value_of(std::span<const std::string_view> environment, std::string_view name) noexcept;

/// Whole entries. `ours`: "NAME=value", as we were started. `chosen`: what the settings say, "NAME=value", or "NAME"
/// for a variable of ours that is handed on although it is withheld otherwise. `added`: of the pool, over both.
[[nodiscard]] std::vector<std::string> worker_environment(std::span<const std::string_view> ours,
                                                          std::span<const std::string> chosen,
                                                          std::span<const std::string> added);

}  // namespace holdfast::workers
