/// A conversation as clients of the original backend read it. Pure.
#pragma once

#include <string>
#include <vector>

#include "journal/record.hpp"

namespace holdfast::gateway {

/// Two JSON objects, parted by a comma: the question, and the answer once the run is terminal. A turn whose run is
/// not finished has only its question, with a `status`.
[[nodiscard]] std::string chat_messages_json(const journal::Run& turn);

/// The whole turn as one object.
[[nodiscard]] std::string turn_json(const journal::Run& turn);

/// {run_id, prompt, timestamp}
[[nodiscard]] std::string run_line_json(const journal::Run& run);

/// {RUN_ID: true|false}, for the runs that have a sentiment.
[[nodiscard]] std::string sentiments_json(const std::vector<journal::Rating>& ratings);

}  // namespace holdfast::gateway
