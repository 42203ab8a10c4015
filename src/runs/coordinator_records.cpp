// What attempts say and how they end, into the journal: tried again until it is durable, where that matters.
#include "base/hook_point.hpp"
#include "base/log.hpp"
#include "runs/attempt_entries.hpp"
#include "runs/coordinator.hpp"

namespace holdfast::runs {
namespace {

using journal::Append;
using journal::EntryKind;

constexpr BackoffConfig kRecordBackoff{std::chrono::milliseconds(50), std::chrono::milliseconds(2000)};

std::string usage_of(const LiveRun& live, const Clock& clock) {
  using std::chrono::milliseconds;
  const auto started = live.run->started_at.value_or(live.run->created_at);
  return usage_json({.queued = milliseconds(started - live.run->created_at),
                     .run = milliseconds(clock.wall() - started),
                     .journal = live.journal_time,
                     .memory = live.receipt,
                     .answered_by = live.answered_by});
}

}  // namespace

// Progress that cannot be written now is not worth an attempt; it is not shown either.
awaitable<Result<void>> Coordinator::record_event(LiveRunPtr live, int attempt, workers::WorkerEvent event) {
  auto append = event_append(live->run->id, attempt, event);
  append.known = live->run;
  const bool part_of_answer = append.kind == EntryKind::response || append.kind == EntryKind::piece;
  if (part_of_answer) co_return co_await record_part(std::move(live), std::move(append));
  auto written = co_await journal_.append(std::move(append));
  if (!written && can_be_written_later(written.error())) co_return Result<void>{};
  if (!written) co_return fail(std::move(written), "record progress");
  HOLDFAST_HOOK_POINT("runs.after_progress");
  note_step(*live, event);
  update(*live, std::move(written->run));
  co_return Result<void>{};
}

// A response is kept whole, and each part of it once.
awaitable<Result<void>> Coordinator::record_part(LiveRunPtr live, Append append) {
  const auto before = append.known->last_seq;
  for (std::uint32_t failures = 1;; ++failures) {
    auto copy = append;
    auto written = co_await journal_.append(std::move(copy));
    if (written) {
      HOLDFAST_HOOK_POINT("runs.after_progress");
      update(*live, std::move(written->run));
      co_return Result<void>{};
    }
    if (!can_be_written_later(written.error())) co_return fail(std::move(written), "record the response");
    // It may be durable although its acknowledgement was lost. Nobody else writes while the attempt goes on.
    std::optional<Run> stored;
    while (!stored) {
      const auto again = clock_.steady() + backoff_delay(kRecordBackoff, failures, random_uniform());
      const bool slept = co_await sleep_until(again);
      if (!slept) co_return fail(ErrorCode::cancelled, "stopped while the response could not be written");
      auto found = co_await journal_.find(append.id);
      if (found) stored = std::move(*found);
      if (found && !stored) co_return fail(ErrorCode::not_found, "the run is gone");
    }
    const bool ours = stored->status == RunStatus::running && stored->attempt == append.attempt;
    if (ours && stored->last_seq > before) {
      update(*live, std::move(*stored));
      co_return Result<void>{};
    }
  }
}

awaitable<Result<void>> Coordinator::record_end(LiveRunPtr live, Append append) {
  append.usage = usage_of(*live, clock_);
  append.known = live->run;
  const auto asked = clock_.steady();
  for (std::uint32_t failures = 1;; ++failures) {
    auto copy = append;
    auto written = co_await journal_.append(std::move(copy));
    if (written) {
      const double took_ms = std::chrono::duration<double, std::milli>(clock_.steady() - asked).count();
      log::debug("runs.recorded_end", {{"run", live->run->id.text()}, {"journal_ms", took_ms}});
      if (written->run.status == RunStatus::completed && live->answered_by.empty()) {
        const auto run_ms = static_cast<double>(clock_.wall() - written->run.started_at.value_or(clock_.wall()));
        mean_run_ms_ = mean_run_ms_ > 0 ? mean_run_ms_ * 0.9 + run_ms * 0.1 : run_ms + 1;
      }
      if (append.kind != EntryKind::completed) {
        log::info("runs.attempt_ended", {{"run", live->run->id.text()},
                                         {"attempt", append.attempt},
                                         {"entry", to_string(append.kind)},
                                         {"why", append.body}});
      }
      update(*live, std::move(written->run));
      co_return Result<void>{};
    }
    if (!can_be_written_later(written.error())) {
      // The fence refused it: another end is durable, perhaps this very one with its acknowledgement lost.
      co_await refresh(live);
      co_return fail(std::move(written), "record the end");
    }
    if (failures == 1) {
      log::error("runs.end_not_written", {{"run", live->run->id.text()},
                                          {"error", written.error().message()},
                                          {"next", "kept in memory and tried again"}});
    }
    if (live->stopping) co_return fail(std::move(written), "record the end while stopping");
    co_await sleep_until(clock_.steady() + backoff_delay(kRecordBackoff, failures, random_uniform()));
  }
}

}  // namespace holdfast::runs
