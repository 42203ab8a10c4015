/// Talks to an OpenAI-compatible `/chat/completions` endpoint, streaming, within limits of time and size.
///
/// Ownership: one per worker. Runs on: the worker's one thread, may block until `stop` says no.
/// Invariants:
///   - The API key is in the request header and nowhere else: not in errors, not in logs.
///   - Nothing is sent to the delta sink twice: an attempt after one that has sent pieces is silent.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/backoff.hpp"
#include "base/clock.hpp"
#include "base/error.hpp"
#include "text2sql/planner.hpp"

namespace holdfast::text2sql {

struct ChatConfig {
  std::string base_url;  ///< Up to and without "/chat/completions".
  std::string api_key;   ///< Empty: no Authorization header, as local servers like it.
  std::string model;
  std::chrono::milliseconds connect_timeout{5'000};
  /// A local model may read the prompt for a while before its first word.
  std::chrono::milliseconds first_byte_timeout{60'000};
  /// Between two pieces of a stream.
  std::chrono::milliseconds stall_timeout{30'000};
  std::chrono::milliseconds total_timeout{180'000};
  std::uint32_t attempts = 4;
  BackoffConfig backoff{.base = std::chrono::milliseconds(500), .cap = std::chrono::milliseconds(10'000)};
  std::size_t max_response_bytes = 1U << 20U;
};

struct ChatMessage {
  std::string role;
  std::string content;
};

/// The settings in the environment; empty when neither OPENAI_BASE_URL nor OPENAI_API_KEY is set.
[[nodiscard]] std::optional<ChatConfig> chat_config_from_environment();

/// "Retry-After: 3"; empty for a date or anything else.
[[nodiscard]] std::optional<std::chrono::milliseconds> parse_retry_after(std::string_view value);

class ChatClient {
 public:
  ChatClient(ChatConfig config, const Clock& clock);

  /// The text of the model's answer; also sent in pieces to `delta` when given.
  /// failed_precondition: the endpoint refuses (key, model, request); repeating cannot help.
  /// unavailable, resource_exhausted: it could not be reached or was too busy, after all attempts.
  /// data_loss: the answer is too large or not in the expected form, after all attempts.
  /// cancelled, deadline_exceeded, unavailable: from `stop`.
  Result<std::string> complete(const std::vector<ChatMessage>& messages, const DeltaSink& delta, StopCheck& stop);

 private:
  Result<void> wait(std::chrono::milliseconds time, StopCheck& stop) const;
  [[nodiscard]] std::string redacted(std::string text) const;

  ChatConfig config_;
  const Clock& clock_;
};

}  // namespace holdfast::text2sql
