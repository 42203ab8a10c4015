#include "text2sql/chat_client.hpp"

#include <curl/curl.h>
#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <charconv>
#include <cstdlib>
#include <thread>

#include "base/log.hpp"
#include "base/text.hpp"
#include "text2sql/chat_exchange.hpp"

namespace holdfast::text2sql {
namespace {

constexpr std::chrono::milliseconds kWaitSlice{25};

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::string request_body(const std::string& model, const std::vector<ChatMessage>& messages) {
  json::array list;
  for (const auto& message : messages)
    list.emplace_back(json::object{{"role", message.role}, {"content", message.content}});
  return json::serialize(json::object{{"model", model}, {"messages", std::move(list)}, {"stream", true}});
}

bool may_retry(const ChatReply& reply) {
  return reply.status == 0 || reply.status == 200 || reply.status == 408 || reply.status == 429 || reply.status >= 500;
}

ErrorCode code_of(const ChatReply& reply) {
  if (!may_retry(reply)) return ErrorCode::failed_precondition;
  const bool malformed = reply.problem.find("expected form") != std::string::npos ||
                         reply.problem.find("too large") != std::string::npos ||
                         reply.problem.find(kNoText) != std::string::npos;
  return malformed ? ErrorCode::data_loss : ErrorCode::unavailable;
}

}  // namespace

std::optional<ChatConfig> chat_config_from_environment() {
  ChatConfig config;
  config.base_url = environment("OPENAI_BASE_URL");
  config.api_key = environment("OPENAI_API_KEY");
  config.model = environment("OPENAI_MODEL");
  if (config.base_url.empty() && config.api_key.empty()) return std::nullopt;
  if (config.base_url.empty()) config.base_url = "https://api.openai.com/v1";
  if (config.model.empty()) config.model = "gpt-4o-mini";
  while (config.base_url.ends_with('/')) config.base_url.pop_back();
  return config;
}

std::optional<std::chrono::milliseconds> parse_retry_after(std::string_view value) {
  std::int64_t seconds = 0;
  const auto trimmed = trim(value);
  const auto [end, ec] = std::from_chars(trimmed.data(), trimmed.data() + trimmed.size(), seconds);
  if (ec != std::errc() || end != trimmed.data() + trimmed.size() || seconds < 0 || seconds > 86'400)
    return std::nullopt;
  return std::chrono::seconds(seconds);
}

ChatClient::ChatClient(ChatConfig config, const Clock& clock) : config_(std::move(config)), clock_(clock) {
  static const auto initialised = curl_global_init(CURL_GLOBAL_DEFAULT);
  (void)initialised;
}

std::string ChatClient::redacted(std::string text) const {
  if (config_.api_key.empty()) return text;
  for (auto at = text.find(config_.api_key); at != std::string::npos; at = text.find(config_.api_key, at)) {
    text.replace(at, config_.api_key.size(), "…");
  }
  return text;
}

Result<void> ChatClient::wait(std::chrono::milliseconds time, StopCheck& stop) const {
  const auto until = clock_.steady() + time;
  if (until >= stop.deadline())
    return fail(ErrorCode::deadline_exceeded, "the model is busy for longer than this run may take");
  while (clock_.steady() < until) {
    if (auto going = stop.check(); !going) return going;
    std::this_thread::sleep_for(kWaitSlice);
  }
  return {};
}

Result<std::string> ChatClient::complete(const std::vector<ChatMessage>& messages, const DeltaSink& delta,
                                         StopCheck& stop) {
  const auto body = request_body(config_.model, messages);
  static const DeltaSink silent;
  bool sent_pieces = false;
  for (std::uint32_t attempt = 1;; ++attempt) {
    auto reply = exchange(config_, body, sent_pieces ? silent : delta, clock_, stop);
    if (!reply.stopped) return fail(std::move(reply.stopped));
    if (reply.complete) return std::move(reply.text);
    sent_pieces = sent_pieces || reply.sent_pieces;
    const auto problem = redacted(reply.problem);
    if (!may_retry(reply) || attempt >= config_.attempts) {
      return fail(code_of(reply), fmt::format("the model endpoint: {} ({} {}; see OPENAI_BASE_URL, OPENAI_API_KEY and "
                                              "OPENAI_MODEL)",
                                              problem, attempt, attempt == 1 ? "attempt" : "attempts"));
    }
    auto delay = backoff_delay(config_.backoff, attempt, random_uniform());
    if (reply.retry_after) delay = std::max(delay, *reply.retry_after);
    log::info("text2sql.model_retried", {{"attempt", attempt}, {"reason", problem}, {"wait_ms", delay.count()}});
    if (auto waited = wait(delay, stop); !waited) return fail(std::move(waited), problem);
  }
}

}  // namespace holdfast::text2sql
