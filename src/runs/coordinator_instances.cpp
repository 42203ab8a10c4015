// Several instances on one journal: the lease, runs of instances that are gone, and claims.
#include <algorithm>

#include "base/log.hpp"
#include "runs/attempt_outcome.hpp"
#include "runs/coordinator.hpp"

namespace holdfast::runs {
namespace {

// Read at a time; what is left is seen at the next look.
constexpr int kOrphansPerLook = 100;
// An instance that has just accepted a run and has an idle worker should start it itself.
constexpr std::chrono::milliseconds kFirstGoTime{50};

}  // namespace

awaitable<void> Coordinator::hold_lease() {
  bool awake = true;
  int others = -1;
  while (awake && !draining_) {
    const auto renewed = co_await journal_.renew_lease(config_.instance, config_.lease);
    if (renewed && *renewed != others) {
      others = *renewed;
      log::info("runs.lease_held", {{"instance", config_.instance}, {"other_instances", others}});
    }
    holds_lease_ = renewed.has_value();
    if (renewed) {
      auto held = co_await journal_.held_by(config_.instance);
      co_await take_over(std::move(held), "the claim was not confirmed in time");
    }
    awake = co_await sleep_until(clock_.steady() + config_.lease / 3);
  }
}

// As often as other runs of others are looked at: so long may a run lie there after the lease of its instance has
// ended.
awaitable<void> Coordinator::watch_orphans() {
  bool awake = true;
  while (awake && !draining_) {
    // Who cannot renew a lease must not judge those of others.
    if (holds_lease_) {
      auto orphans = co_await journal_.orphans(kOrphansPerLook);
      co_await take_over(std::move(orphans), "the instance that worked on it is gone");
    }
    awake = co_await sleep_until(clock_.steady() + config_.poll);
  }
}

// A journal of one server needs no lease. What the lease says is when the server was last alive: the next start then
// knows how long an attempt that it cut short had lasted.
awaitable<void> Coordinator::show_life() {
  bool awake = true;
  while (awake && !draining_) {
    awake = co_await sleep_until(clock_.steady() + config_.lease / 3);
    if (!awake || status().running == 0) continue;
    const auto renewed = co_await journal_.renew_lease(config_.instance, config_.lease);
    if (!renewed) log::debug("runs.life_not_shown", {{"error", renewed.error().message()}});
  }
}

// Absent when nothing is known of the instance.
awaitable<std::optional<UnixMillis>> Coordinator::last_alive(std::string instance) {
  const auto until = co_await journal_.lease_until(std::move(instance));
  if (!until || !*until) co_return std::nullopt;
  co_return **until - config_.lease.count();
}

// Several instances may try: the fence lets one of them through.
awaitable<void> Coordinator::take_over(Result<std::vector<Run>> orphans, std::string reason) {
  if (!orphans) co_return;
  for (const auto& run : *orphans) {
    if (find_live(run.id)) continue;
    const auto alive_until = co_await last_alive(run.lease_owner);
    auto orphan = settle_orphan(run, config_.retry, reason, alive_until);
    const auto written = co_await journal_.append(std::move(orphan));
    if (!written) continue;
    log::warning("runs.taken_over", {{"run", run.id.text()},
                                     {"from", run.lease_owner},
                                     {"attempt", run.attempt},
                                     {"status", to_string(written->run.status)}});
    more_to_claim_ = true;
  }
  if (more_to_claim_) claimable_.notify_all();
}

awaitable<void> Coordinator::claim_waiting() {
  while (!draining_) {
    bool full = co_await claim_once();
    if (full) continue;
    const auto wake = co_await claimable_.wait_until(clock_.steady() + config_.poll);
    if (wake == Wake::cancelled) co_return;
    if (!told_of_queued_) continue;
    told_of_queued_ = false;
    co_await sleep_until(clock_.steady() + kFirstGoTime);
  }
}

// True: as many runs as idle workers, so there may be more.
awaitable<bool> Coordinator::claim_once() {
  if (queue_.size() > 0) co_return false;
  std::vector<Place> places;
  journal::Claim claim{.instance = config_.instance, .bodies = {}};
  while (places.size() < config_.claims_at_once) {
    auto place = place_for_newcomer(config_.route);
    if (!place) break;
    claim.bodies.push_back(start_body(place->slot));
    places.push_back(std::move(*place));
  }
  if (places.empty()) {
    more_to_claim_ = true;
    co_return false;
  }
  auto claimed = co_await journal_.claim(std::move(claim));
  const std::size_t count = claimed ? claimed->size() : 0;
  more_to_claim_ = count == places.size();
  for (std::size_t i = 0; i < count; ++i) work_on_started(std::move((*claimed)[i]), std::move(places[i]));
  co_return more_to_claim_;
}

}  // namespace holdfast::runs
