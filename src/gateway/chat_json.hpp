/// A conversation as clients of the original backend read it. Pure.
#pragma once

#include <string>
#include <vector>

#include "journal/record.hpp"

namespace holdfast::gateway {

/// Two entries a turn, oldest first: the question, and the answer once the run is terminal. A turn whose
/// run is not finished has its question with a `status`. Returns a JSON array.
[[nodiscard]] std::string chat_messages_json(const std::vector<journal::Run>& turns);

}  // namespace holdfast::gateway
