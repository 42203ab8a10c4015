#include "runs/worker_body.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <vector>

#include "base/json.hpp"

namespace holdfast::runs {
namespace {

// A result past this size tells a follow-up question nothing more, but is copied on every run of the thread.
constexpr std::size_t kLargestHistoryResult = std::size_t{256} * 1024;

std::string json_quoted(std::string_view text) { return json::serialize(json::string(text)); }

// Stored JSON is put in as text: parsed and written again, its numbers would change.
std::string_view stored(std::string_view json) { return json.empty() ? "null" : json; }

std::string history_of(const journal::Run& run, std::span<const journal::Run> thread_runs) {
  std::vector<std::string> turns;
  for (const auto& earlier : thread_runs) {
    if (earlier.id == run.id || earlier.status != journal::RunStatus::completed) continue;
    if (earlier.result.size() > kLargestHistoryResult) continue;
    turns.push_back(fmt::format(R"({{"prompt":{},"result":{}}})", json_quoted(earlier.prompt), stored(earlier.result)));
  }
  if (turns.size() > kHistoryRuns) turns.erase(turns.begin(), turns.end() - kHistoryRuns);
  return turns.empty() ? "" : fmt::format(R"("history":[{}])", fmt::join(turns, ","));
}

// `request` with one more member at its end.
std::string with_member(std::string_view request, std::string_view key, std::string_view json) {
  const auto end = request.find_last_of('}');
  const auto last = request.find_last_not_of(" \t\r\n", end == 0 ? 0 : end - 1);
  const bool empty = request[last] == '{';
  return fmt::format(R"({}{}"{}":{}}})", request.substr(0, end), empty ? "" : ",", key, json);
}

}  // namespace

std::string worker_body(const journal::Run& run, const std::optional<journal::Checkpoint>& checkpoint,
                        std::span<const journal::Run> thread_runs) {
  std::vector<std::string> extra;
  if (checkpoint) {
    extra.push_back(fmt::format(R"("checkpoint":{{"step":{},"state":{}}})", json_quoted(checkpoint->step),
                                stored(checkpoint->state)));
  }
  if (auto history = history_of(run, thread_runs); !history.empty()) extra.push_back(std::move(history));
  if (extra.empty() || !parse_json_object(run.request)) return run.request;
  return with_member(run.request, "holdfast", fmt::format("{{{}}}", fmt::join(extra, ",")));
}

bool has_history(std::span<const journal::Run> thread_runs) {
  return std::ranges::any_of(thread_runs, [](const auto& run) { return run.status == journal::RunStatus::completed; });
}

}  // namespace holdfast::runs
