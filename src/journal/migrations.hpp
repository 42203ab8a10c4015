/// The tables of the journal, as the ordered steps that lead to them. Pure.
///
/// SQLite and PostgreSQL run the same steps, so they use only what both understand. A step that was
/// released never changes; a change of the tables is a new step.
#pragma once

#include <span>
#include <string_view>

namespace holdfast::journal {

/// The version of the tables after all steps, and the number of steps.
inline constexpr int kSchemaVersion = 7;

/// Step n leads from version n-1 to version n. Each may hold several statements and is run in one
/// transaction together with the new version number.
[[nodiscard]] std::span<const std::string_view> migrations() noexcept;

}  // namespace holdfast::journal
