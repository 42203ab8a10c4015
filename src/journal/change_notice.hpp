/// What one instance tells the others through the database: "SENDER:queued" or "SENDER:id,id,…". Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "journal/store.hpp"

namespace holdfast::journal {

/// As few texts as PostgreSQL's limit of 8000 bytes allows.
[[nodiscard]] std::vector<std::string> notices_of(const std::string& sender, const Change& change);

/// Absent: sent by `receiver` itself, or not a notice.
[[nodiscard]] std::optional<Change> parse_notice(std::string_view text, std::string_view receiver);

}  // namespace holdfast::journal
