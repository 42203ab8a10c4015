#include "governor/recycling.hpp"

#include <algorithm>

#include "governor/saturating.hpp"

namespace holdfast::governor {
namespace {

std::optional<RecycleReason> reason_to_recycle(const RecycleConfig& config, const WorkerMemory& worker,
                                               const RecycleRoom& room, Bytes gain, SteadyTime now) {
  if (gain == Bytes()) return std::nullopt;
  const auto urgent = std::chrono::duration<double, std::milli>(config.drain) * config.safety;
  if (worker.time_to_limit && *worker.time_to_limit < urgent) return RecycleReason::time_to_limit;
  if (room.run_waits) return RecycleReason::room;
  if (now - worker.started_at < config.min_life) return std::nullopt;
  if (gain >= config.growth_budget) return RecycleReason::growth;
  const bool fragmented =
      worker.fragmented >= config.fragmented && worker.fragmented >= times(worker.floor, config.fragmented_share);
  return fragmented ? std::optional(RecycleReason::fragmentation) : std::nullopt;
}

RecycleMode mode_for(const RecycleRoom& room) {
  // A run that waits for memory wants the old worker's now, not the new one's on top.
  if (!room.boot || room.run_waits) return RecycleMode::drain_first;
  const auto both = plus(plus(room.used, plus(room.unconsumed, room.speculative)), *room.boot);
  return both <= times(room.limit, room.ceiling) ? RecycleMode::overlap : RecycleMode::drain_first;
}

}  // namespace

std::string_view to_string(RecycleReason reason) noexcept {
  switch (reason) {
    case RecycleReason::manual: return "manual";
    case RecycleReason::saturation: return "saturation";
    case RecycleReason::time_to_limit: return "time_to_limit";
    case RecycleReason::room: return "room";
    case RecycleReason::growth: return "growth";
    case RecycleReason::fragmentation: return "fragmentation";
    case RecycleReason::relief: return "relief";
  }
  return "unknown";
}

std::string_view to_string(RecycleMode mode) noexcept {
  switch (mode) {
    case RecycleMode::overlap: return "overlap";
    case RecycleMode::drain_first: return "drain_first";
    case RecycleMode::retire: return "retire";
  }
  return "unknown";
}

Bytes winnable(const RecycleConfig& config, const WorkerMemory& worker, std::optional<Bytes> boot) noexcept {
  // A worker that was fat from its start is no fatter than the next one will be.
  const auto fresh = std::max(worker.fresh_floor, boot.value_or(Bytes()));
  const auto gain = minus(worker.floor, fresh);
  return gain >= config.min_gain ? gain : Bytes();
}

std::optional<RecycleDecision> judge_recycling(const RecycleConfig& config, const WorkerMemory& worker,
                                               const RecycleRoom& room, const RecycleHistory& history,
                                               std::optional<RecycleReason> asked, SteadyTime now) {
  if (!asked && room.run_waits && room.is_spare && worker.floor >= config.min_gain) {
    return RecycleDecision{RecycleReason::room, RecycleMode::retire, worker.floor};
  }
  const auto gain = winnable(config, worker, room.boot);
  auto reason = asked;
  if (!reason && !history.stop(now)) reason = reason_to_recycle(config, worker, room, gain, now);
  if (!reason) return std::nullopt;
  return RecycleDecision{*reason, mode_for(room), gain};
}

}  // namespace holdfast::governor
