#include "app/relief_actions.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/event.hpp"
#include "base/log.hpp"
#include "governor/result_cache_relief.hpp"
#include "memory/own_allocator.hpp"

namespace holdfast::app {
namespace {

using governor::ReliefAction;
using governor::ReliefCost;
using governor::ReliefOutcome;
using memory::Level;

// A worker that trims is done when two readings agree.
constexpr std::chrono::milliseconds kTrimReading{50};
constexpr std::chrono::milliseconds kTrimPatience{5'000};
// A collection of a large heap takes 0.4 s, and of a worker that computes instead of waiting it is not to be awaited.
constexpr std::chrono::milliseconds kAgentPatience{2'000};
constexpr std::uint64_t kTrimNoise = 256 * 1024;
constexpr std::chrono::milliseconds kReplaceReading{100};
constexpr std::chrono::milliseconds kTickReading{20};

/// What an action is, and what it does.
struct Rung {
  std::string_view name;
  ReliefCost cost;
  Level from;
  std::function<awaitable<Result<ReliefOutcome>>()> apply;
};

class FunctionRelief final : public ReliefAction {
 public:
  explicit FunctionRelief(Rung rung) : rung_(std::move(rung)) {}
  [[nodiscard]] std::string_view name() const noexcept override { return rung_.name; }
  [[nodiscard]] ReliefCost cost() const noexcept override { return rung_.cost; }
  [[nodiscard]] Level from_level() const noexcept override { return rung_.from; }
  awaitable<Result<ReliefOutcome>> apply(Level) override { return rung_.apply(); }

 private:
  Rung rung_;
};

awaitable<Result<ReliefOutcome>> forget_idle(gateway::Gateway* gateway) {
  gateway->drop_caches();
  co_return ReliefOutcome::relieved();
}

awaitable<Result<ReliefOutcome>> purge_allocator() {
  memory::purge_own_allocator();
  co_return ReliefOutcome::relieved();
}

std::uint64_t sum_of(const ReliefMeans& means, const std::vector<workers::Slot>& slots) {
  std::uint64_t sum = 0;
  for (const auto& slot : slots) sum += means.read_worker(slot.worker_pid()).value_or(Bytes()).count();
  return sum;
}

void log_trim(int worker, const memory::AgentAnswer& collected, const memory::AgentAnswer& trimmed) {
  constexpr auto milliseconds = [](std::chrono::nanoseconds time) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(time).count();
  };
  log::info("memory.worker_trimmed", {{"worker", worker},
                                      {"before_bytes", collected.resident_before.count()},
                                      {"collected_bytes", trimmed.resident_before.count()},
                                      {"after_bytes", trimmed.resident_after.count()},
                                      {"collect_ms", milliseconds(collected.took)},
                                      {"trim_ms", milliseconds(trimmed.took)}});
}

// The collector first: what it frees, malloc can give back. False: there is no agent in the worker that can.
awaitable<bool> trim_by_agent(int worker, std::shared_ptr<workers::AgentLink> agent) {
  if (!agent) co_return false;
  auto deadline = system_clock().steady() + kAgentPatience;
  const auto collected = co_await workers::AgentLink::ask(agent, agent::kCollect, deadline);
  // One that does not answer is busy with something: it is not asked for more.
  if (!collected) co_return false;
  deadline = system_clock().steady() + kAgentPatience;
  const auto trimmed = co_await workers::AgentLink::ask(agent, agent::kTrim, deadline);
  const bool given = trimmed && trimmed->status == agent::kDone;
  if (trimmed) log_trim(worker, *collected, *trimmed);
  co_return given || collected->status == agent::kDone;
}

// The workers are held as if they had a run: a pause must meet nobody's.
awaitable<Result<ReliefOutcome>> trim_workers(const ReliefMeans* means) {
  const auto slots = means->pool.acquire_all();
  if (slots.empty()) co_return ReliefOutcome::nothing_to_do();
  const auto before = sum_of(*means, slots);
  std::size_t by_agent = 0;
  std::size_t by_signal = 0;
  for (const auto& slot : slots) {
    // Idle is who has no run; a request that is passed through must not meet a pause either.
    if (slot.passages() > 0) continue;
    const bool done = co_await trim_by_agent(slot.worker_index(), slot.agent());
    const bool stopped = co_await cancel_requested();
    if (stopped) co_return fail(ErrorCode::cancelled, "trim idle workers");
    if (done) {
      ++by_agent;
    } else if (means->trim_signal != 0) {
      slot.signal(means->trim_signal);
      ++by_signal;
    }
  }
  if (by_agent + by_signal == 0) co_return ReliefOutcome::nothing_to_do();
  auto last = by_signal == 0 ? sum_of(*means, slots) : before;
  if (by_signal == 0) co_return ReliefOutcome::relieved(Bytes(before > last ? before - last : 0));
  const auto deadline = system_clock().steady() + kTrimPatience;
  bool settled = false;
  while (!settled && system_clock().steady() < deadline) {
    const bool slept = co_await sleep_until(system_clock().steady() + kTrimReading);
    if (!slept) co_return fail(ErrorCode::cancelled, "trim idle workers");
    const auto now = sum_of(*means, slots);
    settled = now + kTrimNoise >= last;
    last = now;
  }
  co_return ReliefOutcome::relieved(Bytes(before > last ? before - last : 0));
}

struct Reset {
  explicit Reset(const asio::any_io_executor& executor) : ended(executor) {}
  Event ended;
  std::optional<Result<void>> result;
};

// The journal takes it up when its database has done what it was asked before, and cannot be told to leave it: who
// waits for relief does not wait for that beyond its deadline.
awaitable<Result<ReliefOutcome>> reset_connections(journal::Journal* journal) {
  if (journal->health().store.connections.created == 0) co_return ReliefOutcome::nothing_to_do();
  const auto executor = co_await asio::this_coro::executor;
  const auto reset = std::make_shared<Reset>(executor);
  spawn(executor, "reset connections", [journal, reset]() -> awaitable<void> {
    reset->result = co_await journal->reset_connections();
    reset->ended.notify_all();
  });
  while (!reset->result) {
    const auto woken = co_await reset->ended.wait_until(SteadyTime::max());
    if (woken == Wake::cancelled) co_return fail(ErrorCode::cancelled, "reset connections");
  }
  if (!*reset->result) co_return fail(std::move(*reset->result));
  co_return ReliefOutcome::relieved();
}

// Ends with the replacements, so that the next reading shows what they gave.
awaitable<Result<ReliefOutcome>> replace_idle(governor::Governor* governor) {
  // Workers that a step before has held were not idle to the last tick.
  for (const auto before = governor->ticks(); governor->ticks() == before;) {
    const bool slept = co_await sleep_until(system_clock().steady() + kTickReading);
    if (!slept) co_return fail(ErrorCode::cancelled, "replace idle workers");
  }
  const auto asked = governor->ask_to_replace_idle();
  if (asked == 0) co_return ReliefOutcome::nothing_to_do();
  do {
    const bool slept = co_await sleep_until(system_clock().steady() + kReplaceReading);
    if (!slept) co_return fail(ErrorCode::cancelled, "replace idle workers");
  } while (governor->replacing());
  co_return ReliefOutcome::relieved();
}

}  // namespace

std::vector<std::unique_ptr<ReliefAction>> make_relief_actions(ReliefMeans means) {
  const auto shared = std::make_shared<ReliefMeans>(std::move(means));
  std::vector<Rung> rungs{
      {"idle_entries", ReliefCost::cheap, Level::warning, [shared] { return forget_idle(&shared->gateway); }},
      {"own_allocator", ReliefCost::cheap, Level::warning, [] { return purge_allocator(); }},
      {"trim_workers", ReliefCost::pauses_worker, Level::critical, [shared] { return trim_workers(shared.get()); }},
      {"connection_pool", ReliefCost::loses_warm_state, Level::emergency,
       [shared] { return reset_connections(&shared->journal); }},
      {"replace_workers", ReliefCost::loses_warm_state, Level::critical,
       [shared] { return replace_idle(&shared->governor); }}};
  std::vector<std::unique_ptr<ReliefAction>> actions;
  actions.push_back(std::make_unique<governor::ResultCacheRelief>(shared->cache));
  for (auto& rung : rungs) actions.push_back(std::make_unique<FunctionRelief>(std::move(rung)));
  return actions;
}

}  // namespace holdfast::app
