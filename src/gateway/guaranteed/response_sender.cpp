#include "gateway/guaranteed/response_sender.hpp"

#include <array>

#include "base/fixed_text.hpp"
#include "gateway/analyze_json.hpp"
#include "gateway/response_text.hpp"

namespace holdfast::gateway {
namespace {

using journal::Entry;
using journal::EntryKind;
using journal::Run;

// Entries read at a time, of 64 KB each at most: what a client that reads slowly keeps of memory.
constexpr int kBatch = 8;

using ChunkRoom = std::array<char, 24>;

Problem no_response(const Run& run) {
  auto problem = problem_of_run(run);
  if (run.status == journal::RunStatus::failed) problem.status = 502;
  return problem;
}

}  // namespace

ResponseSender::ResponseSender(Call call, RunId id, Headers added)
    : call_(std::move(call)), id_(std::move(id)), added_(std::move(added)), wire_(&call_.exchange->wire()) {}

awaitable<bool> ResponseSender::run() {
  wire_->look_after_client(true);
  auto next = Next::go_on;
  while (next == Next::go_on) next = co_await take_news();
  co_return whole_;
}

awaitable<ResponseSender::Next> ResponseSender::take_news() {
  const auto entries = co_await call_.coordinator().entries(id_, cursor_, kBatch);
  if (!entries) {
    if (framing_) co_return break_off();
    auto problem = problem_of(entries.error());
    problem.run_id = id_.text();
    co_return co_await refuse(std::move(problem));
  }
  if (entries->empty()) co_return co_await wait_for_news();
  for (const auto& entry : *entries) {
    cursor_ = entry.seq;
    const auto next = co_await take(&entry);
    if (next == Next::done) co_return next;
  }
  co_return Next::go_on;
}

awaitable<ResponseSender::Next> ResponseSender::wait_for_news() {
  const auto deadline = call_.in(call_.config().heartbeat);
  auto run = co_await call_.coordinator().wait_past(call_.subject.owner, id_, cursor_, deadline);
  if (run && !call_.exchange->interrupted() && !call_.exchange->client_gone()) co_return Next::go_on;
  if (framing_ || call_.exchange->client_gone()) co_return break_off();
  auto problem = run ? stopping_problem("the run goes on after the restart; ask again with the same run id")
                     : problem_of(run.error());
  problem.run_id = id_.text();
  co_return co_await refuse(std::move(problem));
}

awaitable<ResponseSender::Next> ResponseSender::take(const Entry* entry) {
  switch (entry->kind) {
    case EntryKind::response: {
      auto head = kept_head(*entry);
      if (!head) co_return framing_ ? break_off() : Next::go_on;
      co_return co_await take_head(std::move(*head));
    }
    case EntryKind::piece: co_return co_await take_piece(entry);
    case EntryKind::attempt_lost: co_return framing_ ? break_off() : Next::go_on;
    case EntryKind::completed:
    case EntryKind::failed:
    case EntryKind::cancelled:
    case EntryKind::expired: co_return co_await take_end();
    case EntryKind::accepted:
    case EntryKind::started:
    case EntryKind::progress:
    case EntryKind::checkpoint:
    case EntryKind::delta:
    case EntryKind::delivered: co_return Next::go_on;
  }
  std::unreachable();
}

awaitable<ResponseSender::Next> ResponseSender::take_head(KeptHead head) {
  auto run = co_await call_.coordinator().find(call_.subject.owner, id_);
  const auto goes_on = [&run, &head] {
    return run && run->status == journal::RunStatus::running && run->attempt == head.attempt;
  };
  if (goes_on() && grows_in_sight(head)) co_return co_await begin(std::move(head), std::nullopt);
  // Whole or not at all: so long as the attempt goes on, nothing is sent.
  while (goes_on()) {
    if (call_.exchange->interrupted() || call_.exchange->client_gone()) co_return co_await wait_for_news();
    const auto seen = run->last_seq;
    const auto deadline = call_.in(call_.config().heartbeat);
    run = co_await call_.coordinator().wait_past(call_.subject.owner, id_, seen, deadline);
  }
  if (!run) co_return co_await wait_for_news();
  const bool last = is_terminal(run->status) && run->attempt == head.attempt;
  const auto length = last ? kept_length(*run) : std::nullopt;
  // Of a lost attempt: another one follows, or the end.
  if (!length) co_return Next::go_on;
  note_pressure(call_, *run);
  co_return co_await begin(std::move(head), length);
}

awaitable<ResponseSender::Next> ResponseSender::begin(KeptHead kept, std::optional<std::uint64_t> length) {
  const auto& request = call_.request();
  const bool bodiless = kept.status == 204 || kept.status == 304;
  const auto end = bodiless ? BodyEnd::none : length ? BodyEnd::length : BodyEnd::chunked;
  framing_ = client_framing(end, request.version);
  keep_alive_ = call_.exchange->may_keep_alive() && *framing_ != ClientFraming::close;
  status_ = kept.status;
  ResponseHead head{.status = kept.status, .reason = kept.reason};
  for (const auto& header : kept.headers) {
    if (!equal_ignoring_case(header.name, "Content-Length")) head.headers.add(header.name, header.value);
  }
  if (end == BodyEnd::length) head.headers.add("Content-Length", std::to_string(*length));
  for (const auto& header : added_) head.headers.add(header.name, header.value);
  ResponseFacts facts;
  facts.framing = *framing_;
  facts.keep_alive = keep_alive_;
  facts.to_head = request.method == "HEAD";
  facts.client_version = request.version;
  facts.request_id = request.id;
  const auto text = response_head(head, facts);
  const Parts parts{text};
  const auto sent = co_await wire_->write(parts);
  if (sent != Sent::ok) co_return break_off();
  if (!facts.to_head) co_return Next::go_on;
  call_.exchange->passed(status_, 0, keep_alive_);
  co_return Next::done;
}

awaitable<ResponseSender::Next> ResponseSender::take_piece(const Entry* entry) {
  if (!framing_) co_return Next::go_on;
  const auto bytes = kept_piece(*entry);
  if (!bytes) co_return break_off();
  if (bytes->empty()) co_return Next::go_on;
  bytes_ += bytes->size();
  ChunkRoom room;
  FixedText size(room);
  Parts parts{"", *bytes, ""};
  if (*framing_ == ClientFraming::chunked) {
    write_chunk_size(size, bytes->size());
    parts = {size.text(), *bytes, kChunkEnd};
  }
  const auto sent = co_await wire_->write(parts);
  co_return sent == Sent::ok ? Next::go_on : break_off();
}

awaitable<ResponseSender::Next> ResponseSender::take_end() {
  // The journal may know of the end a moment before the live run does.
  const auto deadline = call_.in(call_.config().heartbeat);
  auto run = co_await call_.coordinator().wait_terminal(call_.subject.owner, id_, deadline);
  const bool ended = run && is_terminal(run->status);
  if (!framing_) {
    auto problem =
        ended ? no_response(*run) : problem_of(run ? Error(ErrorCode::unavailable, "try again") : run.error());
    problem.run_id = id_.text();
    co_return co_await refuse(std::move(problem));
  }
  const auto length = ended ? kept_length(*run) : std::nullopt;
  if (!length || *length != bytes_) co_return break_off();
  if (*framing_ == ClientFraming::chunked) {
    const Parts parts{kLastChunk};
    const auto sent = co_await wire_->write(parts);
    if (sent != Sent::ok) co_return break_off();
  }
  call_.exchange->passed(status_, bytes_, keep_alive_);
  whole_ = true;
  co_return Next::done;
}

awaitable<ResponseSender::Next> ResponseSender::refuse(Problem problem) {
  auto response = to_response(problem, call_.request().target.path);
  for (const auto& header : added_) {
    if (!response.headers.contains(header.name)) response.headers.add(header.name, header.value);
  }
  co_await send_response(call_, std::move(response));
  co_return Next::done;
}

// What is not whole must not look whole.
ResponseSender::Next ResponseSender::break_off() {
  if (framing_ == ClientFraming::close) wire_->abort();
  call_.exchange->passed(status_, bytes_, false);
  return Next::done;
}

}  // namespace holdfast::gateway
