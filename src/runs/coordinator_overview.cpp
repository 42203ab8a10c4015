// What is under way, and what has ended lately: for those who watch many runs.
#include <algorithm>

#include "base/text.hpp"
#include "runs/coordinator.hpp"

namespace holdfast::runs {
namespace {

constexpr std::size_t kStepBytes = 200;

}  // namespace

std::vector<std::shared_ptr<const LiveRun>> Coordinator::unfinished(const std::optional<std::string>& owner) const {
  std::vector<std::shared_ptr<const LiveRun>> runs;
  for (const auto& [id, live] : live_) {
    if (!owner || live->run->owner == *owner) runs.push_back(live);
  }
  std::ranges::sort(runs, {}, [](const auto& live) { return std::tie(live->run->created_at, live->run->id.text()); });
  return runs;
}

void Coordinator::note_step(LiveRun& live, const workers::WorkerEvent& event) {
  const auto* progress = std::get_if<workers::ProgressEvent>(&event);
  if (progress == nullptr) return;
  live.step.name = truncate_utf8(progress->step, kStepBytes);
  live.step.message = truncate_utf8(progress->message, kStepBytes);
  live.step.at = clock_.wall();
  ++live.step.count;
}

void Coordinator::note_end(const LiveRun& live) {
  const auto& run = *live.run;
  ends_.add({.id = run.id,
             .owner = run.owner,
             .thread_id = run.thread_id,
             .title = title_of(run.prompt),
             .status = run.status,
             .attempt = run.attempt,
             .created_at = run.created_at,
             .started_at = run.started_at,
             .finished_at = run.finished_at,
             .delivered_at = run.delivered_at,
             .shared = !live.answered_by.empty(),
             .receipt = live.receipt});
}

}  // namespace holdfast::runs
