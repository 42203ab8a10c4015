#include "gateway/operations/run_topics.hpp"

#include <ranges>

#include "gateway/json_text.hpp"
#include "gateway/run_json.hpp"

namespace holdfast::gateway {
namespace {

using journal::RunStatus;

std::int64_t count_of(Bytes size) { return static_cast<std::int64_t>(size.count()); }

std::string step_json(const runs::LiveStep& step) {
  if (step.count == 0) return "null";
  ObjectText out;
  out.text("name", step.name).text("message", step.message).number("at", step.at);
  return out.number("count", std::int64_t{step.count}).take();
}

// What it has taken so far, and what it was expected to take at most.
std::string memory_json(const governor::AttemptMemory* memory) {
  if (memory == nullptr) return "null";
  const auto& receipt = memory->receipt;
  const auto grown = count_of(receipt.after) - count_of(receipt.before);
  ObjectText out;
  out.number("grown_bytes", std::max<std::int64_t>(grown, 0));
  return out.number("predicted_bytes", count_of(receipt.predicted)).take();
}

std::string live_json(const runs::Coordinator& coordinator, const runs::LiveRun& live) {
  const auto& run = *live.run;
  ObjectText out;
  out.text("run_id", run.id.text()).text("owner", run.owner).text("thread_id", run.thread_id);
  out.text("title", runs::title_of(run.prompt)).number("attempt", std::int64_t{run.attempt});
  out.number("last_seq", run.last_seq).number("created_at", run.created_at);
  if (run.status == RunStatus::running) {
    out.number("started_at", run.started_at).raw("step", step_json(live.step));
    out.number("worker", live.worker >= 0 ? std::optional<std::int64_t>(live.worker) : std::nullopt);
    return out.raw("memory", memory_json(live.memory.get())).take();
  }
  const auto place = coordinator.queue_place(run);
  return out.raw("queue", place ? place_json(*place) : "null").take();
}

std::string ended_json(const runs::EndedRun& run) {
  ObjectText out;
  out.text("run_id", run.id.text()).text("owner", run.owner).text("thread_id", run.thread_id);
  out.text("title", run.title).text("status", to_string(run.status)).number("attempt", std::int64_t{run.attempt});
  out.number("created_at", run.created_at).number("started_at", run.started_at);
  out.number("finished_at", run.finished_at).number("delivered_at", run.delivered_at).boolean("shared", run.shared);
  const auto& receipt = run.receipt;
  out.number("retained_bytes", receipt ? std::optional(receipt->retained) : std::nullopt);
  out.number("peak_bytes", receipt ? std::optional(count_of(receipt->peak) - count_of(receipt->before)) : std::nullopt);
  return out.take();
}

/// A list that keeps the first kMostRunsTold and counts the others.
struct BoundedList {
  std::string text = "[";
  std::int64_t count = 0;

  template <class Make>
  void add(Make make) {
    if (static_cast<std::size_t>(count++) >= kMostRunsTold) return;
    if (text.size() > 1) text += ',';
    text += make();
  }
};

}  // namespace

std::string live_runs_json(const runs::Coordinator& coordinator, const OwnerFilter& owner) {
  BoundedList running;
  BoundedList waiting;
  for (const auto& live : coordinator.unfinished(owner)) {
    auto& list = live->run->status == RunStatus::running ? running : waiting;
    list.add([&] { return live_json(coordinator, *live); });
  }
  ObjectText out;
  out.raw("running", running.text + ']').raw("waiting", waiting.text + ']');
  return out.number("running_count", running.count).number("waiting_count", waiting.count).take();
}

std::string ended_runs_json(const runs::Coordinator& coordinator, const OwnerFilter& owner) {
  BoundedList ended;
  for (const auto& run : coordinator.recent_ends() | std::views::reverse) {
    if (!owner || run.owner == *owner) ended.add([&] { return ended_json(run); });
  }
  return ended.text + ']';
}

}  // namespace holdfast::gateway
