/// Which texts a journal holds: valid UTF-8 without NUL, the set that PostgreSQL can store. The same for every store,
/// so that a run can move from one to another. Pure.
#pragma once

#include "journal/store.hpp"

namespace holdfast::journal {

inline constexpr const char* kUnstorableText = "a text is not UTF-8 or holds a NUL: the journal cannot store it";

[[nodiscard]] bool is_storable_text(std::string_view text) noexcept;

/// invalid_argument: a text of `write` cannot be stored.
[[nodiscard]] Result<void> check_texts(const Write& write);

}  // namespace holdfast::journal
