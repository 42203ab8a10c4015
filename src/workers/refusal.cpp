#include "workers/refusal.hpp"

#include <fmt/format.h>

#include <array>
#include <boost/json/serialize.hpp>

#include "base/json.hpp"
#include "base/text.hpp"
#include "workers/json_check.hpp"

namespace holdfast::workers {
namespace {

// Enough to recognise an error page; the journal keeps it for every failed run.
constexpr std::size_t kShownBody = 4 * 1024;

/// Text that can be stored as JSON: what is not UTF-8 becomes '?'.
std::string storable(std::string_view text) {
  std::string kept(truncate_utf8(text, kShownBody));
  if (check_json(json::serialize(json::string(kept)))) return kept;
  for (auto& c : kept) {
    if (static_cast<unsigned char>(c) >= 0x80) c = '?';
  }
  return kept;
}

json::value body_value(std::string_view body) {
  if (body.size() <= kShownBody) {
    auto parsed = parse_json(body);
    if (parsed) return std::move(*parsed);
  }
  return json::value(storable(body));
}

/// What the worker itself says went wrong, as the common frameworks write it.
std::string reason_in(const json::value& body) {
  const auto* object = body.if_object();
  if (object == nullptr) return {};
  static constexpr std::array kKeys{std::string_view("detail"), std::string_view("message"), std::string_view("error")};
  for (const auto key : kKeys) {
    const auto text = find_string(*object, key);
    if (text && !text->empty()) return fmt::format(": {}", *text);
  }
  return {};
}

std::string detail_of(unsigned status, json::value body) {
  json::object detail;
  detail["status"] = status;
  detail["body"] = std::move(body);
  return json::serialize(detail);
}

}  // namespace

Refused refused_status(unsigned status, std::string_view reason, std::string_view body) {
  auto value = body_value(body);
  Refused refused;
  refused.code = "worker_status";
  refused.message = fmt::format("the worker answered {}{}{}{}", status, reason.empty() ? "" : " ", storable(reason),
                                reason_in(value));
  refused.detail = detail_of(status, std::move(value));
  return refused;
}

Refused refused_content_type(unsigned status, std::string_view content_type, std::string_view body) {
  Refused refused;
  refused.code = to_string(ErrorCode::data_loss);
  refused.message =
      fmt::format("the worker answered {} with content type {}, which is not JSON", status, storable(content_type));
  refused.detail = detail_of(status, json::value(storable(body)));
  return refused;
}

Refused refused_json(unsigned status, std::string_view problem, std::string_view body) {
  Refused refused;
  refused.code = to_string(ErrorCode::data_loss);
  refused.message = body.empty() ? fmt::format("the worker answered {} with an empty body instead of JSON", status)
                                 : fmt::format("the worker answered {} with invalid JSON: {}", status, problem);
  refused.detail = detail_of(status, json::value(storable(body)));
  return refused;
}

}  // namespace holdfast::workers
