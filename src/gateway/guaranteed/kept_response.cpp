#include "gateway/guaranteed/kept_response.hpp"

#include <algorithm>
#include <array>

#include "base/json.hpp"
#include "base/stored_bytes.hpp"
#include "base/text.hpp"

namespace holdfast::gateway {
namespace {

constexpr std::array<std::string_view, 6> kGrowing{"text/event-stream",    "application/x-ndjson",
                                                   "application/ndjson",   "application/jsonl",
                                                   "application/json-seq", "application/stream+json"};

std::string_view take_line(std::string_view& lines) {
  const auto line = lines.substr(0, lines.find("\r\n"));
  lines.remove_prefix(std::min(lines.size(), line.size() + 2));
  return line;
}

Headers parse_headers(std::string_view lines) {
  Headers headers;
  while (!lines.empty()) {
    const auto line = take_line(lines);
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    headers.add(std::string(line.substr(0, colon)), std::string(trim(line.substr(colon + 1))));
  }
  return headers;
}

// The worker's summary of its response: the result of a run that completed, or the detail of its error.
std::optional<json::object> summary_of(const journal::Run& run) {
  if (run.status == journal::RunStatus::completed) {
    auto result = parse_json_object(run.result);
    return result ? std::optional(std::move(*result)) : std::nullopt;
  }
  if (run.status != journal::RunStatus::failed) return std::nullopt;
  const auto error = parse_json_object(run.error);
  if (!error || find_string(*error, "code") != "worker_status") return std::nullopt;
  const auto* detail = find_object(*error, "detail");
  return detail == nullptr ? std::nullopt : std::optional(*detail);
}

}  // namespace

std::optional<KeptHead> kept_head(const journal::Entry& entry) {
  const auto body = parse_json_object(entry.body);
  const auto status = body ? find_int(*body, "status") : std::nullopt;
  const auto* stored = body ? find_object(*body, "head") : nullptr;
  const auto text = stored == nullptr ? std::nullopt : restored_bytes(*stored);
  if (!status || !text) return std::nullopt;
  std::string_view lines = *text;
  const auto first = take_line(lines);
  const auto reason = first.substr(std::min(first.size(), first.find(' ')));
  return KeptHead{static_cast<int>(*status), std::string(trim(reason)), parse_headers(lines), entry.attempt};
}

std::optional<std::string> kept_piece(const journal::Entry& entry) { return restored_bytes(entry.body); }

std::optional<std::uint64_t> kept_length(const journal::Run& run) {
  const auto summary = summary_of(run);
  const auto bytes = summary ? find_int(*summary, "bytes") : std::nullopt;
  return bytes && *bytes >= 0 ? std::optional(static_cast<std::uint64_t>(*bytes)) : std::nullopt;
}

bool grows_in_sight(const KeptHead& head) {
  const auto type = head.headers.find("Content-Type").value_or("");
  const auto media = to_lower_ascii(trim(type.substr(0, type.find(';'))));
  return std::ranges::find(kGrowing, media) != kGrowing.end();
}

}  // namespace holdfast::gateway
