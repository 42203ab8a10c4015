#include "runs/worker_body.hpp"

#include <boost/json/serialize.hpp>

#include "base/json.hpp"

namespace holdfast::runs {
namespace {

// A result past this size tells a follow-up question nothing more, but is copied on every run of the thread.
constexpr std::size_t kLargestHistoryResult = std::size_t{256} * 1024;

json::array history_of(const journal::Run& run, std::span<const journal::Run> thread_runs) {
  json::array history;
  for (const auto& earlier : thread_runs) {
    if (earlier.id == run.id || earlier.status != journal::RunStatus::completed) continue;
    if (earlier.result.size() > kLargestHistoryResult) continue;
    history.push_back(json::object{{"prompt", earlier.prompt}, {"result", stored_json(earlier.result)}});
  }
  if (history.size() > kHistoryRuns) history.erase(history.begin(), history.end() - kHistoryRuns);
  return history;
}

}  // namespace

std::string worker_body(const journal::Run& run, const std::optional<journal::Checkpoint>& checkpoint,
                        std::span<const journal::Run> thread_runs) {
  json::object extra;
  if (checkpoint) {
    extra["checkpoint"] = json::object{{"step", checkpoint->step}, {"state", stored_json(checkpoint->state)}};
  }
  if (auto history = history_of(run, thread_runs); !history.empty()) extra["history"] = std::move(history);
  auto request = parse_json_object(run.request);
  if (extra.empty() || !request) return run.request;
  (*request)["holdfast"] = std::move(extra);
  return json::serialize(*request);
}

}  // namespace holdfast::runs
