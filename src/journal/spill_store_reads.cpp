// The reads of a SpillStore, and the operations that only the database can do.
#include <algorithm>

#include "journal/spill_store.hpp"

namespace holdfast::journal {
namespace {

std::unexpected<Error> is_on_its_way() {
  return fail(ErrorCode::unavailable, "this run is on its way from the local journal to the database; try again");
}

void sort_by_age(std::vector<Run>& runs) {
  std::ranges::sort(runs, {}, [](const Run& run) { return std::tie(run.created_at, run.id.text()); });
}

}  // namespace

Result<std::optional<SpilledRun>> SpillStore::find_spilled(const RunId& id) {
  if (status_.depth() == 0) return std::optional<SpilledRun>();
  return file_->rows().find(id);
}

void SpillStore::see(const std::vector<Run>& runs) {
  for (const auto& run : runs) known_.runs.add(run.id);
}

void SpillStore::see_as_current(const std::vector<Run>& runs) {
  see(runs);
  for (const auto& run : runs) known_.current.add(run.id);
}

Result<std::optional<Run>> SpillStore::find(const RunId& id) {
  if (status_.depth() > 0) {
    auto local = file_->reads().find(id);
    if (!local || *local) return local;
  }
  auto found = database_.read([&](Store& store) { return store.find(id); });
  if (found && *found) known_.runs.add(id);
  return found;
}

Result<std::vector<Entry>> SpillStore::entries(const RunId& id, std::int64_t after_seq, int limit) {
  auto spilled = find_spilled(id);
  if (!spilled) return fail(std::move(spilled));
  if (!*spilled) return database_.read([&](Store& store) { return store.entries(id, after_seq, limit); });
  const auto before_base = (*spilled)->base_seq - after_seq;
  if (before_base <= 0) return file_->reads().entries(id, after_seq, limit);

  // What the database has after the base is the same as here, or not for us.
  const auto wanted = static_cast<int>(std::min<std::int64_t>(before_base, std::max(limit, 0)));
  auto entries = database_.read([&](Store& store) { return store.entries(id, after_seq, wanted); });
  if (!entries || wanted == limit) return entries;
  auto local = file_->reads().entries(id, (*spilled)->base_seq, limit - wanted);
  if (!local) return local;
  std::ranges::move(*local, std::back_inserter(*entries));
  return entries;
}

Result<std::optional<Checkpoint>> SpillStore::checkpoint(const RunId& id) {
  auto spilled = find_spilled(id);
  if (!spilled) return fail(std::move(spilled));
  if (*spilled) {
    auto local = file_->reads().checkpoint(id);
    if (!local || *local || (*spilled)->accepted_here) return local;
  }
  return database_.read([&](Store& store) { return store.checkpoint(id); });
}

Result<std::vector<Run>> SpillStore::list(const RunFilter& filter) {
  return database_.read([&](Store& store) { return store.list(filter); });
}

Result<std::vector<Run>> SpillStore::thread_runs(const std::string& owner, const std::string& thread_id, int limit) {
  return database_.read([&](Store& store) { return store.thread_runs(owner, thread_id, limit); });
}

Result<ThreadPage> SpillStore::threads(const std::string& owner, int offset, int limit) {
  return database_.read([&](Store& store) { return store.threads(owner, offset, limit); });
}

Result<std::vector<Run>> SpillStore::unfinished() {
  std::vector<Run> runs;
  if (status_.depth() > 0) {
    auto local = file_->reads().unfinished();
    if (!local) return local;
    runs = std::move(*local);
  }
  if (config_.shared) return runs;
  auto others = database_.read([](Store& store) { return store.unfinished(); });
  if (!others) return others;
  see(*others);
  for (auto& run : *others) {
    auto spilled = find_spilled(run.id);
    if (!spilled) return fail(std::move(spilled));
    if (!*spilled) runs.push_back(std::move(run));
  }
  sort_by_age(runs);
  return runs;
}

Result<Backlog> SpillStore::backlog() {
  auto backlog = database_.read([](Store& store) { return store.backlog(); });
  if (!backlog || status_.depth() == 0) return backlog;
  auto local = file_->reads().backlog(clock_.wall());
  if (!local) return local;
  backlog->undelivered += local->undelivered;
  backlog->oldest_undelivered = std::max(backlog->oldest_undelivered, local->oldest_undelivered);
  backlog->oldest_queued = std::max(backlog->oldest_queued, local->oldest_queued);
  return backlog;
}

Result<int> SpillStore::renew_lease(const std::string& instance, std::chrono::milliseconds ttl) {
  const auto asked_at = clock_.steady();
  auto others = database_.write([&](Store& store) { return store.renew_lease(instance, ttl); });
  if (!others) {
    if (!database_.away() && others.error().code() == ErrorCode::unavailable) lose_database(others.error(), asked_at);
    return others;
  }
  const bool gap = lease_.leaves_gap(instance, clock_.steady());
  if (gap) known_.current.clear();
  const bool doubts = gap && status_.depth() > 0;
  if (doubts || *others != lease_.others()) {
    auto noted = file_->transaction([&]() -> Result<void> {
      if (doubts) {
        if (auto doubted = file_->rows().doubt_all(); !doubted) return doubted;
      }
      // A later process must know too, if it starts while the database is away.
      return file_->rows().set_others(*others);
    });
    if (!noted) return fail(std::move(noted), "note the lease in the local journal");
  }
  lease_.renewed({instance, ttl}, *others, asked_at);
  return others;
}

Result<void> SpillStore::end_lease(const std::string& instance) {
  auto ended = database_.write([&](Store& store) { return store.end_lease(instance); });
  if (ended) lease_.ended();
  return ended;
}

Result<std::optional<UnixMillis>> SpillStore::lease_until(const std::string& instance) {
  return database_.read([&](Store& store) { return store.lease_until(instance); });
}

Result<std::vector<Run>> SpillStore::claim(const Claim& claim) {
  if (pending_ && !database_.away()) return std::vector<Run>();
  const auto asked_at = clock_.steady();
  auto claimed = database_.write([&](Store& store) { return store.claim(claim); });
  if (claimed) {
    see_as_current(*claimed);
  } else if (!database_.away() && claimed.error().code() == ErrorCode::unavailable) {
    lose_database(claimed.error(), asked_at);
  }
  return claimed;
}

Result<std::vector<Run>> SpillStore::held_by(const std::string& instance) {
  if (pending_ && !database_.away()) return std::vector<Run>();
  auto held = database_.write([&](Store& store) { return store.held_by(instance); });
  if (held) see_as_current(*held);
  return held;
}

Result<std::vector<Run>> SpillStore::orphans(int limit) {
  if (pending_ && !database_.away()) return std::vector<Run>();
  auto orphans = database_.write([&](Store& store) { return store.orphans(limit); });
  if (orphans) see(*orphans);
  return orphans;
}

Result<std::vector<RunVersion>> SpillStore::versions(std::span<const RunId> ids) {
  std::vector<RunId> there;
  std::vector<RunVersion> versions;
  for (const auto& id : ids) {
    std::optional<Run> local;
    if (status_.depth() > 0) {
      auto found = file_->reads().find(id);
      if (!found) return fail(std::move(found));
      local = std::move(*found);
    }
    if (local) {
      versions.push_back(RunVersion{id, local->status, local->attempt, local->last_seq});
    } else {
      there.push_back(id);
    }
  }
  if (there.empty()) return versions;
  auto others = database_.read([&](Store& store) { return store.versions(there); });
  if (!others) return others;
  std::ranges::move(*others, std::back_inserter(versions));
  return versions;
}

Result<ReplayVerdict> SpillStore::import(const Import& local) {
  return database_.write([&](Store& store) { return store.import(local); });
}

Result<Rating> SpillStore::rate(const RunId& id, const RatingChange& change) {
  auto spilled = find_spilled(id);
  if (!spilled) return fail(std::move(spilled));
  if (*spilled) return is_on_its_way();
  return database_.write([&](Store& store) { return store.rate(id, change); });
}

Result<std::vector<Rating>> SpillStore::ratings(const std::string& owner, const std::string& thread_id) {
  return database_.read([&](Store& store) { return store.ratings(owner, thread_id); });
}

Result<Deleted> SpillStore::delete_thread(const std::string& owner, const std::string& thread_id) {
  if (status_.depth() > 0) {
    auto has = file_->rows().has_thread(owner, thread_id);
    if (!has) return fail(std::move(has));
    if (*has) return is_on_its_way();
  }
  return database_.write([&](Store& store) { return store.delete_thread(owner, thread_id); });
}

Result<std::int64_t> SpillStore::retire(std::chrono::milliseconds age, int limit) {
  return database_.write([&](Store& store) { return store.retire(age, limit); });
}

Result<void> SpillStore::reset_connections() {
  auto* store = database_.current();
  if (store == nullptr) return database_.is_away();
  return store->reset_connections();
}

StoreHealth SpillStore::health() const {
  StoreHealth health;
  health.type = config_.database_type;
  if (const auto* store = database_.current()) health = store->health();
  status_.fill(health);
  return health;
}

}  // namespace holdfast::journal
