#include "text2sql/chat_exchange.hpp"

#include <curl/curl.h>
#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <memory>

#include "base/text.hpp"

namespace holdfast::text2sql {
namespace {

// How often the stop check is asked while nothing arrives.
constexpr int kPollMs = 50;
constexpr std::size_t kQuotedBytes = 200;

struct EasyCleanup {
  void operator()(CURL* handle) const noexcept { curl_easy_cleanup(handle); }
};
struct MultiCleanup {
  void operator()(CURLM* handle) const noexcept { curl_multi_cleanup(handle); }
};
struct ListCleanup {
  void operator()(curl_slist* list) const noexcept { curl_slist_free_all(list); }
};
using Headers = std::unique_ptr<curl_slist, ListCleanup>;

Headers with_header(Headers list, const std::string& line) {
  return Headers(curl_slist_append(list.release(), line.c_str()));
}

// "choices[0].delta.content" of a piece, "choices[0].message.content" of a whole answer.
std::string_view content_of(const json::object& reply, std::string_view part) {
  const auto* choices = reply.if_contains("choices");
  if (choices == nullptr || !choices->is_array() || choices->get_array().empty()) return {};
  const auto* choice = choices->get_array()[0].if_object();
  const auto* inner = choice == nullptr ? nullptr : find_object(*choice, part);
  return inner == nullptr ? std::string_view{} : find_string(*inner, "content").value_or("");
}

bool has_finish_reason(const json::object& reply) {
  const auto* choices = reply.if_contains("choices");
  if (choices == nullptr || !choices->is_array() || choices->get_array().empty()) return false;
  const auto* choice = choices->get_array()[0].if_object();
  return choice != nullptr && find_string(*choice, "finish_reason").has_value();
}

class Exchange {
 public:
  Exchange(const ChatConfig& config, const DeltaSink& delta, const Clock& clock, StopCheck& stop)
      : config_(config), delta_(delta), clock_(clock), stop_(stop), started_(clock.steady()), last_byte_(started_) {}

  ChatReply run(const std::string& body) {
    std::unique_ptr<CURL, EasyCleanup> easy(curl_easy_init());
    std::unique_ptr<CURLM, MultiCleanup> multi(curl_multi_init());
    if (!easy || !multi) {
      reply_.problem = "out of memory";
      return std::move(reply_);
    }
    auto headers = with_header(with_header(nullptr, "Content-Type: application/json"),
                               "Accept: text/event-stream, application/json");
    // No "Expect: 100-continue": some local servers never answer it.
    headers = with_header(std::move(headers), "Expect:");
    if (!config_.api_key.empty()) headers = with_header(std::move(headers), "Authorization: Bearer " + config_.api_key);
    configure(easy.get(), body, headers.get());
    curl_multi_add_handle(multi.get(), easy.get());
    drive(multi.get());
    curl_easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &reply_.status);
    curl_multi_remove_handle(multi.get(), easy.get());
    finish();
    return std::move(reply_);
  }

 private:
  void configure(CURL* easy, const std::string& body, curl_slist* headers) {
    const auto url = config_.base_url + "/chat/completions";
    curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
    curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS, body.c_str());
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(config_.connect_timeout.count()));
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &Exchange::on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, this);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &Exchange::on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, this);
  }

  void drive(CURLM* multi) {
    int running = 1;
    while (running > 0) {
      if (curl_multi_perform(multi, &running) != CURLM_OK) {
        reply_.problem = "the transfer failed";
        return;
      }
      int left = 0;
      if (const auto* message = curl_multi_info_read(multi, &left);
          message != nullptr && message->data.result != CURLE_OK) {
        if (reply_.problem.empty()) reply_.problem = curl_easy_strerror(message->data.result);
        return;
      }
      if (running == 0 || !may_go_on()) return;
      curl_multi_poll(multi, nullptr, 0, kPollMs, nullptr);
    }
  }

  bool may_go_on() {
    if (!reply_.stopped) return false;
    reply_.stopped = stop_.check();
    if (!reply_.stopped) return false;
    const auto now = clock_.steady();
    if (!any_byte_ && now - started_ > config_.first_byte_timeout) reply_.problem = "no answer in time";
    if (any_byte_ && now - last_byte_ > config_.stall_timeout) reply_.problem = "the answer stopped half way";
    if (now - started_ > config_.total_timeout) reply_.problem = "the answer takes too long";
    return reply_.problem.empty();
  }

  static std::size_t on_header(char* bytes, std::size_t size, std::size_t count, void* self) {
    static_cast<Exchange*>(self)->take_header(std::string_view(bytes, size * count));
    return size * count;
  }
  static std::size_t on_body(char* bytes, std::size_t size, std::size_t count, void* self) {
    return static_cast<Exchange*>(self)->take_body(std::string_view(bytes, size * count)) ? size * count : 0;
  }

  void take_header(std::string_view line) {
    const auto colon = line.find(':');
    if (line.starts_with("HTTP/")) ok_ = line.find(" 200") != std::string_view::npos;
    if (colon == std::string_view::npos) return;
    const auto name = to_lower_ascii(line.substr(0, colon));
    const auto value = trim(line.substr(colon + 1));
    if (name == "retry-after") reply_.retry_after = parse_retry_after(value);
    if (name == "content-type") streams_ = to_lower_ascii(value).starts_with("text/event-stream");
  }

  // False ends the transfer.
  bool take_body(std::string_view bytes) {
    any_byte_ = true;
    last_byte_ = clock_.steady();
    received_ += bytes.size();
    if (received_ > config_.max_response_bytes) {
      reply_.problem = "the answer is too large";
      return false;
    }
    if (!ok_ || !streams_) {
      raw_ += bytes;
      return true;
    }
    for (const auto& event : sse_.feed(bytes)) {
      if (!take_event(event)) return false;
    }
    return true;
  }

  bool take_event(const std::string& event) {
    if (trim(event) == "[DONE]") {
      reply_.complete = true;
      return true;
    }
    const auto piece = parse_json_object(event);
    if (!piece) {
      reply_.problem = "the answer is not in the expected form";
      return false;
    }
    if (piece->contains("error")) {
      reply_.problem =
          "the server reports " + std::string(truncate_utf8(json::serialize(piece->at("error")), kQuotedBytes));
      return false;
    }
    const auto text = content_of(*piece, "delta");
    reply_.text += text;
    if (has_finish_reason(*piece)) reply_.complete = true;
    if (text.empty() || !delta_) return true;
    reply_.sent_pieces = true;
    reply_.stopped = delta_(text);
    return reply_.stopped.has_value();
  }

  void finish() {
    if (reply_.status == 200 && !streams_ && reply_.problem.empty()) {
      // A server that does not stream answers in one piece.
      const auto whole = parse_json_object(raw_);
      if (whole) reply_.text = content_of(*whole, "message");
      reply_.complete = whole.has_value() && !reply_.text.empty();
      if (!reply_.complete) {
        reply_.problem = whole && whole->contains("choices")
                             ? fmt::format("{}; does it answer with a tool call?", kNoText)
                             : "the answer is not in the expected form";
      }
      if (reply_.complete && delta_) {
        reply_.sent_pieces = true;
        reply_.stopped = delta_(reply_.text);
      }
    }
    if (reply_.status == 200 && streams_ && reply_.complete && trim(reply_.text).empty()) {
      reply_.complete = false;
      reply_.problem = fmt::format("{}; does it answer with a tool call?", kNoText);
    }
    if (reply_.status != 0 && reply_.status != 200 && reply_.problem.empty()) {
      reply_.problem = fmt::format("HTTP status {}: {}", reply_.status, truncate_utf8(trim(raw_), kQuotedBytes));
    }
    if (!reply_.complete && reply_.problem.empty()) reply_.problem = "the answer was cut off";
  }

  const ChatConfig& config_;
  const DeltaSink& delta_;
  const Clock& clock_;
  StopCheck& stop_;
  SteadyTime started_;
  SteadyTime last_byte_;
  bool any_byte_ = false;
  bool ok_ = false;
  bool streams_ = false;
  std::size_t received_ = 0;
  std::string raw_;
  SseReader sse_;
  ChatReply reply_;
};

}  // namespace

ChatReply exchange(const ChatConfig& config, const std::string& body, const DeltaSink& delta, const Clock& clock,
                   StopCheck& stop) {
  return Exchange(config, delta, clock, stop).run(body);
}

}  // namespace holdfast::text2sql
