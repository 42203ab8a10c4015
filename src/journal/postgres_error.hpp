/// What PostgreSQL reports, as Errors that say what happened and what to do. Pure.
#pragma once

#include <string_view>

#include "base/error.hpp"

namespace holdfast::journal {

/// A statement failed with `sqlstate` (five characters; empty: the connection was lost) and `message`.
/// unavailable: the database is away, full, read-only or too slow; data_loss: its storage is damaged;
/// invalid_argument: a text that PostgreSQL cannot hold; failed_precondition: rights are missing.
[[nodiscard]] Error postgres_error(std::string_view sqlstate, std::string_view message);

/// Connecting failed with the text of libpq, in its verbose form when the server has spoken.
/// failed_precondition: the server refuses us for good; unavailable: anything else.
[[nodiscard]] Error postgres_connect_error(std::string_view message);

/// The transaction lost against another one and may be tried again at once: deadlock, serialization, or a row that
/// another instance inserted meanwhile.
[[nodiscard]] bool lost_a_race(std::string_view sqlstate) noexcept;

}  // namespace holdfast::journal
