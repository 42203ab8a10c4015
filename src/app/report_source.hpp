/// Asks a running server for what the daily look is made of. Blocks; every list is bounded and says when it was cut.
#pragma once

#include "app/api_client.hpp"
#include "app/daily_look.hpp"

namespace holdfast::app {

/// What the server says of the last `period`. A list that its journal cannot give now is missing, and the rest is
/// there. unavailable: it cannot be asked; failed_precondition: it does not answer whoever asks, or not such questions.
[[nodiscard]] Result<Seen> ask_for_report(const ApiClient& client, std::chrono::milliseconds period);

/// "2026-01-31T12:00:00.000Z", as the server writes times. invalid_argument: anything else.
[[nodiscard]] Result<UnixMillis> parse_iso_time(std::string_view text);

}  // namespace holdfast::app
