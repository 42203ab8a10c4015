/// One request to the endpoint and what came back. Used by ChatClient only.
///
/// Runs on: the worker's one thread, blocks within the limits of the configuration.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "text2sql/chat_client.hpp"
#include "text2sql/sse.hpp"

namespace holdfast::text2sql {

/// The problem of a reply that came to its end without a word.
inline constexpr std::string_view kNoText = "the answer holds no text";

struct ChatReply {
  long status = 0;  ///< 0: no response.
  std::string text;
  bool complete = false;  ///< The answer came to its end.
  bool sent_pieces = false;
  std::optional<std::chrono::milliseconds> retry_after;
  std::string problem;   ///< Why there is no complete text; may quote the server.
  Result<void> stopped;  ///< The error of the stop check or the sink, which ended the exchange.
};

/// Sends `body` and reads the reply. `delta` may be empty.
ChatReply exchange(const ChatConfig& config, const std::string& body, const DeltaSink& delta, const Clock& clock,
                   StopCheck& stop);

}  // namespace holdfast::text2sql
