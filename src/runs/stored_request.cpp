#include "runs/stored_request.hpp"

#include <fmt/format.h>

#include <utility>

#include "base/json.hpp"
#include "base/sha256.hpp"
#include "base/stored_bytes.hpp"

namespace holdfast::runs {
namespace {

constexpr std::string_view kBeginning = R"({"http":)";

std::string_view first_line(std::string_view head) { return head.substr(0, head.find("\r\n")); }

std::string body_json(const StoredRequest& request) {
  if (!request.kept) return stored_bytes(request.body);
  return fmt::format(R"({{"kept":"{}","bytes":{},"sha256":"{}"}})", request.kept->id, request.kept->bytes,
                     request.kept->sha256);
}

std::optional<KeptBody> kept_body(const json::object& http) {
  const auto* body = find_object(http, "body");
  const auto id = body == nullptr ? std::nullopt : find_string(*body, "kept");
  const auto bytes = id ? find_int(*body, "bytes") : std::nullopt;
  const auto sha256 = id ? find_string(*body, "sha256") : std::nullopt;
  if (!bytes || *bytes < 0 || !sha256) return std::nullopt;
  return KeptBody{std::string(*id), static_cast<std::uint64_t>(*bytes), std::string(*sha256)};
}

std::string sha256_of(const StoredRequest& request) {
  if (request.kept) return request.kept->sha256;
  Sha256 sum;
  sum.add(request.body);
  return sum.hex();
}

// The limit between the two kinds may have been another one when the first of them came.
bool same_body(const StoredRequest& a, const StoredRequest& b) {
  if (!a.kept && !b.kept) return a.body == b.body;
  const auto length = [](const StoredRequest& one) { return one.kept ? one.kept->bytes : one.body.size(); };
  return length(a) == length(b) && sha256_of(a) == sha256_of(b);
}

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
                     stored_bytes(request.head), body_json(request));
}

bool is_stored_request(std::string_view request) noexcept { return request.starts_with(kBeginning); }

std::optional<StoredRequest> parse_stored_request(std::string_view request) {
  if (!is_stored_request(request)) return std::nullopt;
  const auto object = parse_json_object(request);
  const auto* http = object ? find_object(*object, "http") : nullptr;
  if (http == nullptr) return std::nullopt;
  const auto retry = parse_retry(find_string(*http, "retry").value_or(""));
  auto head = bytes_under(*http, "head");
  auto kept = kept_body(*http);
  auto body = kept ? std::string() : bytes_under(*http, "body");
  if (!retry || !head || !body) return std::nullopt;
  return StoredRequest{*retry, std::move(*head), std::move(*body), std::move(kept)};
}

bool same_stored_request(std::string_view a, std::string_view b) {
  const auto left = parse_stored_request(a);
  const auto right = parse_stored_request(b);
  return left && right && first_line(left->head) == first_line(right->head) && same_body(*left, *right);
}

}  // namespace holdfast::runs
