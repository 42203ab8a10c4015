#include "runs/stored_request.hpp"

#include <fmt/format.h>

#include <utility>

#include "base/json.hpp"
#include "base/stored_bytes.hpp"

namespace holdfast::runs {
namespace {

constexpr std::string_view kBeginning = R"({"http":)";

std::string_view first_line(std::string_view head) { return head.substr(0, head.find("\r\n")); }

std::optional<std::string> bytes_under(const json::object& http, std::string_view key) {
  const auto* stored = find_object(http, key);
  return stored == nullptr ? std::nullopt : restored_bytes(*stored);
}

}  // namespace

std::string_view to_string(Retry retry) noexcept {
  switch (retry) {
    case Retry::requeue: return "requeue";
    case Retry::fail: return "fail";
  }
  std::unreachable();
}

std::optional<Retry> parse_retry(std::string_view word) noexcept {
  for (const auto retry : {Retry::requeue, Retry::fail}) {
    if (to_string(retry) == word) return retry;
  }
  return std::nullopt;
}

std::string to_json(const StoredRequest& request) {
  return fmt::format(R"({}{{"retry":"{}","head":{},"body":{}}}}})", kBeginning, to_string(request.retry),
                     stored_bytes(request.head), stored_bytes(request.body));
}

bool is_stored_request(std::string_view request) noexcept { return request.starts_with(kBeginning); }

std::optional<StoredRequest> parse_stored_request(std::string_view request) {
  if (!is_stored_request(request)) return std::nullopt;
  const auto object = parse_json_object(request);
  const auto* http = object ? find_object(*object, "http") : nullptr;
  if (http == nullptr) return std::nullopt;
  const auto retry = parse_retry(find_string(*http, "retry").value_or(""));
  auto head = bytes_under(*http, "head");
  auto body = bytes_under(*http, "body");
  if (!retry || !head || !body) return std::nullopt;
  return StoredRequest{*retry, std::move(*head), std::move(*body)};
}

bool same_stored_request(std::string_view a, std::string_view b) {
  const auto left = parse_stored_request(a);
  const auto right = parse_stored_request(b);
  return left && right && first_line(left->head) == first_line(right->head) && left->body == right->body;
}

}  // namespace holdfast::runs
