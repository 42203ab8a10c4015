#include "gateway/run_json.hpp"

#include <fmt/format.h>

#include <charconv>
#include <ctime>

#include "base/stored_bytes.hpp"
#include "gateway/json_text.hpp"

namespace holdfast::gateway {
std::string place_json(const runs::QueuePlace& place) {
  ObjectText out;
  out.number("position", place.position ? std::optional<std::int64_t>(*place.position) : std::nullopt);
  out.text("reason", place.reason);
  if (!place.detail.empty()) out.text("detail", place.detail);
  out.number("estimate_seconds",
             place.estimate_seconds ? std::optional<std::int64_t>(*place.estimate_seconds) : std::nullopt);
  if (place.needed) out.number("needed_bytes", static_cast<std::int64_t>(place.needed->count()));
  if (place.free) out.number("free_bytes", static_cast<std::int64_t>(place.free->count()));
  return out.take();
}

std::string_view to_string(Via via) noexcept {
  switch (via) {
    case Via::direct: return "direct";
    case Via::stream: return "stream";
    case Via::poll: return "poll";
    case Via::journal: return "journal";
    case Via::replayed: return "replayed";
  }
  std::unreachable();
}

std::string run_json(const journal::Run& run, const std::optional<runs::QueuePlace>& place, Via via) {
  ObjectText out;
  out.text("run_id", run.id.text()).text("thread_id", run.thread_id).text("status", to_string(run.status));
  out.text("prompt", run.prompt).number("created_at", run.created_at);
  out.number("started_at", run.started_at).number("finished_at", run.finished_at);
  out.number("delivered_at", run.delivered_at).number("attempt", std::int64_t{run.attempt});
  if (place && run.status == journal::RunStatus::queued) out.raw("queue", place_json(*place));
  if (!run.result.empty()) out.raw("result", run.result);
  if (!run.error.empty()) out.raw("error", run.error);
  out.raw("usage", run.usage.empty() ? std::string_view("{}") : std::string_view(run.usage));
  if (is_terminal(run.status)) out.text("via", to_string(via));
  return out.take();
}

std::string run_etag(const journal::Run& run, const std::optional<runs::QueuePlace>& place) {
  if (place && place->position && run.status == journal::RunStatus::queued) {
    return fmt::format("\"{}.{}\"", run.last_seq, *place->position);
  }
  return fmt::format("\"{}\"", run.last_seq);
}

std::optional<std::int64_t> seq_of_etag(std::string_view etag) {
  if (etag.starts_with("W/")) etag.remove_prefix(2);
  if (etag.size() < 3 || etag.front() != '"') return std::nullopt;
  std::int64_t seq = 0;
  const auto* end = etag.data() + etag.size();
  const auto [after, ec] = std::from_chars(etag.data() + 1, end, seq);
  if (ec != std::errc() || after == end || (*after != '"' && *after != '.')) return std::nullopt;
  return seq;
}

std::string entry_json(const journal::Entry& entry) {
  ObjectText out;
  out.number("seq", entry.seq).number("at", entry.at).number("attempt", std::int64_t{entry.attempt});
  out.text("kind", to_string(entry.kind));
  if (entry.kind != journal::EntryKind::piece) return out.members(entry.body).take();
  // What happened is told, not the answer once more.
  const auto bytes = restored_bytes(entry.body);
  return out.number("bytes", static_cast<std::int64_t>(bytes ? bytes->size() : 0)).take();
}

std::string iso_time(UnixMillis at) {
  const auto seconds = static_cast<std::time_t>(at / 1000);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", parts.tm_year + 1900, parts.tm_mon + 1,
                     parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec, at % 1000);
}

}  // namespace holdfast::gateway
