#include "gateway/event_stream.hpp"

#include <algorithm>

#include "gateway/analyze_json.hpp"
#include "gateway/fallback.hpp"
#include "gateway/header_values.hpp"
#include "gateway/json_text.hpp"
#include "gateway/sse.hpp"

namespace holdfast::gateway {
namespace {

using journal::Entry;
using journal::EntryKind;
using journal::Run;
using journal::RunStatus;

// Entries read and written at a time: bounds what a stream holds in memory.
constexpr int kBatch = 100;

std::string_view status_after(EntryKind kind) {
  switch (kind) {
    case EntryKind::accepted:
    case EntryKind::attempt_lost: return to_string(RunStatus::queued);
    default: return to_string(RunStatus::running);
  }
}

ObjectText entry_head(const Entry& entry) {
  ObjectText out;
  out.number("seq", entry.seq).number("at", entry.at).number("attempt", std::int64_t{entry.attempt});
  return out;
}

bool is_last(EntryKind kind) {
  return kind == EntryKind::completed || kind == EntryKind::failed || kind == EntryKind::cancelled ||
         kind == EntryKind::expired;
}

std::string hello(const Call& call, const Run& run) {
  std::string text = sse_retry(call.config().event_retry);
  ObjectText data;
  data.text("run_id", run.id.text()).text("status", to_string(run.status)).number("last_seq", run.last_seq);
  if (const auto place = call.coordinator().queue_place(run)) data.raw("queue", place_json(*place));
  const auto json = data.take();
  append_sse(text, {std::nullopt, "hello", json});
  return text;
}

std::string event_text(const Call& call, const Entry& entry, const Run& run, EventShape shape) {
  std::string text;
  if (shape == EventShape::compatible) {
    const auto data = compatible_event(entry, run, call.services->clock->wall());
    if (!data.empty()) append_sse(text, {entry.seq, "", data});
    return text;
  }
  const auto event = native_event(entry, run, call.coordinator().queue_place(run));
  if (!event.type.empty()) append_sse(text, {entry.seq, event.type, event.data});
  return text;
}

std::string draining_text(EventShape shape) {
  std::string text;
  if (shape == EventShape::native) {
    append_sse(text, {std::nullopt, "draining", R"({"detail":"the server is stopping; connect again"})"});
  } else {
    append_sse(text, {std::nullopt, "", R"({"type":"status","message":"The server is stopping; ask again"})"});
  }
  return text;
}

Headers stream_headers(const RunId& id, Headers headers) {
  headers.add("Cache-Control", "no-store, no-transform");
  headers.add("X-Accel-Buffering", "no");
  if (!headers.contains("Holdfast-Run-Id")) headers.add("Holdfast-Run-Id", id.text());
  return headers;
}

/// The state of one stream; what a step does to it is told by the step's name.
struct Follower {
  Call call;
  RunId id;
  EventShape shape;
  std::int64_t cursor = 0;
  bool ended = false;

  // Writes what is new in the journal.
  awaitable<Sent> write_news() {
    while (!ended) {
      auto entries = co_await call.coordinator().entries(id, cursor, kBatch);
      if (!entries) co_return Sent::client_gone;
      if (entries->empty()) break;
      auto run = co_await state_with(entries->back());
      if (!run) co_return Sent::client_gone;
      const bool last = std::ranges::any_of(*entries, is_last, &Entry::kind);
      if (last) note_pressure(call, *run);
      auto text = try_build("gateway.build_response", [&] { return batch_text(*entries, *run); });
      if (!text) {
        // With the end among them the client is told of it; else the stream breaks off, and it resumes.
        if (last) send_fallback(call, *run, form(), text.error());
        co_return Sent::client_gone;
      }
      cursor = entries->back().seq;
      ended = last;
      if (text->empty()) continue;
      const auto sent = co_await call.exchange->write(std::move(*text));
      if (sent == Sent::client_gone) co_return sent;
    }
    co_return Sent::ok;
  }

  [[nodiscard]] AnswerForm form() const noexcept {
    return shape == EventShape::native ? AnswerForm::native_event : AnswerForm::compatible_event;
  }

  // The events of a batch up to the last one of the run.
  [[nodiscard]] std::string batch_text(const std::vector<Entry>& entries, const Run& run) const {
    std::string text;
    for (const auto& entry : entries) {
      text += event_text(call, entry, run, shape);
      if (is_last(entry.kind)) break;
    }
    return text;
  }

  // The run as it is once `latest` counts. The journal may know of the end a moment before the live run does.
  awaitable<Result<Run>> state_with(Entry latest) {
    const auto deadline = call.in(call.config().heartbeat);
    return is_last(latest.kind) ? call.coordinator().wait_terminal(call.subject.owner, id, deadline)
                                : call.coordinator().find(call.subject.owner, id);
  }

  // Waits for news for one heartbeat at most.
  awaitable<Sent> wait_for_news() {
    const auto deadline = call.in(call.config().heartbeat);
    auto run = co_await call.coordinator().wait_past(call.subject.owner, id, cursor, deadline);
    if (!run) co_return Sent::client_gone;
    // A client that has seen the end asks for what comes after it.
    if (is_terminal(run->status) && run->last_seq <= cursor) ended = true;
    if (ended || run->last_seq > cursor || call.exchange->interrupted()) co_return Sent::ok;
    co_return co_await call.exchange->write(sign_of_life(*run));
  }

  // A run that waits hears its place: the journal does not tell when others leave the line.
  [[nodiscard]] std::string sign_of_life(const Run& run) const {
    const auto place = shape == EventShape::native ? call.coordinator().queue_place(run) : std::nullopt;
    if (!place) return std::string(kHeartbeat);
    ObjectText data;
    data.text("status", to_string(run.status)).raw("queue", place_json(*place));
    std::string text;
    const auto json = data.take();
    append_sse(text, {std::nullopt, "queue", json});
    return text;
  }
};

}  // namespace

std::optional<std::int64_t> terminal_seq(const Run& run) {
  if (!is_terminal(run.status)) return std::nullopt;
  // Only `delivered` may follow the terminal entry.
  return run.delivered_at ? run.last_seq - 1 : run.last_seq;
}

NativeEvent native_event(const Entry& entry, const Run& run, const std::optional<runs::QueuePlace>& place) {
  switch (entry.kind) {
    case EntryKind::accepted:
    case EntryKind::started:
    case EntryKind::attempt_lost: {
      auto data = entry_head(entry);
      data.text("status", status_after(entry.kind)).text("cause", to_string(entry.kind));
      if (place && entry.kind != EntryKind::started) data.raw("queue", place_json(*place));
      return {"status", data.members(entry.body).take()};
    }
    case EntryKind::progress: return {"progress", entry_head(entry).members(entry.body).take()};
    case EntryKind::delta:
    case EntryKind::piece: return {"delta", entry_head(entry).members(entry.body).take()};
    case EntryKind::completed:
    case EntryKind::failed:
    case EntryKind::cancelled:
    case EntryKind::expired: return {"done", run_json(run, std::nullopt, Via::stream)};
    case EntryKind::response:
    case EntryKind::checkpoint:
    case EntryKind::delivered: return {};
  }
  std::unreachable();
}

std::expected<std::int64_t, Problem> event_cursor(const Request& request) {
  const auto header = request.headers.find("Last-Event-ID");
  const auto* query = request.target.find_query("after");
  if (!header && query == nullptr) return 0;
  auto cursor = parse_cursor(header ? *header : std::string_view(*query));
  if (!cursor) return std::unexpected(bad_request(cursor.error().message()));
  return *cursor;
}

awaitable<void> stream_run(Call call, RunId id, std::int64_t cursor, EventShape shape, Headers headers) {
  auto found = co_await call.coordinator().find(call.subject.owner, id);
  if (!found) {
    auto problem = problem_of(found.error());
    co_await send_problem(std::move(call), std::move(problem));
    co_return;
  }
  if (auto gone = retired_problem(*found)) {
    co_await send_problem(std::move(call), std::move(*gone));
    co_return;
  }
  call.exchange->watch_client();
  StreamHead head;
  head.content_type = "text/event-stream; charset=utf-8";
  head.headers = stream_headers(id, std::move(headers));
  auto sent = co_await call.exchange->begin(std::move(head));
  if (call.request().method == "HEAD") {
    co_await call.exchange->finish();
    co_return;
  }
  if (shape == EventShape::native && sent == Sent::ok) {
    auto greeting = try_build("gateway.build_hello", [&] { return hello(call, *found); });
    if (!greeting) co_return;
    sent = co_await call.exchange->write(std::move(*greeting));
  }
  Follower follower{call, id, shape, cursor};
  while (sent == Sent::ok) {
    sent = co_await follower.write_news();
    if (sent == Sent::client_gone || follower.ended || call.exchange->interrupted()) break;
    sent = co_await follower.wait_for_news();
  }
  if (sent == Sent::ok && !follower.ended) {
    auto farewell = draining_text(shape);
    sent = co_await call.exchange->write(std::move(farewell));
  }
  if (sent == Sent::ok) co_await call.exchange->finish();
}

}  // namespace holdfast::gateway
