#include "journal/spill_store.hpp"

#include <algorithm>

#include "base/log.hpp"

namespace holdfast::journal {
namespace {

// Runs that the database refuses are tried again, but they wait for a person.
constexpr std::chrono::seconds kNextPass{30};

// Refusals of single writes come from a commit that worked.
const Error* failure_of(const std::vector<Result<Written>>& results) {
  if (results.empty() || results.front()) return nullptr;
  const auto& error = results.front().error();
  const auto code = error.code();
  const bool failed = code == ErrorCode::unavailable || code == ErrorCode::data_loss || code == ErrorCode::internal;
  return failed ? &error : nullptr;
}

void add(ReplayCounts& sum, const ReplayCounts& counts) {
  sum.imported += counts.imported;
  sum.already_there += counts.already_there;
  sum.fenced += counts.fenced;
}

}  // namespace

Result<std::unique_ptr<Store>> open_spill_store(SpillConfig config, OpenDatabase open_database, const Clock& clock) {
  auto file = open_spill_file(config.path, clock);
  if (!file) return fail(std::move(file));
  auto store = std::make_unique<SpillStore>(std::move(config), std::move(*file), std::move(open_database), clock);
  if (auto started = store->start(); !started) return fail(std::move(started));
  return store;
}

SpillStore::SpillStore(SpillConfig config, std::unique_ptr<SpillFile> file, OpenDatabase open, const Clock& clock)
    : config_(std::move(config)),
      clock_(clock),
      file_(std::move(file)),
      database_(std::move(open), config_.retry_interval, clock),
      writes_(*file_, lease_, known_, clock),
      replay_(*file_, clock),
      status_(clock),
      next_step_(clock.steady()) {}

Result<void> SpillStore::start() {
  auto totals = file_->rows().totals();
  if (!totals) return fail(std::move(totals), "read the local journal");
  auto others = file_->rows().others();
  if (!others) return fail(std::move(others), "read the local journal");
  status_.start_with(*totals);
  lease_.remember_others(*others);
  auto incidents = file_->incidents().oldest(1);
  if (!incidents) return fail(std::move(incidents), "read the local journal");
  pending_ = totals->depth > 0 || !incidents->empty();
  if (totals->depth > 0) log::warning("journal.spill_found", {{"local_runs", totals->depth}});

  const auto asked_at = clock_.steady();
  if (auto opened = database_.open(); !opened) {
    if (opened.error().code() != ErrorCode::unavailable) return opened;
    lose_database(opened.error(), asked_at);
    return {};
  }
  database_.try_again();
  if (database_.away()) lose_database(Error(ErrorCode::unavailable, database_.error()), asked_at);
  return {};
}

std::vector<Result<Written>> SpillStore::commit(std::span<const Write> writes) {
  if (writes.empty()) return {};
  auto local = find_local(writes);
  if (!local) return std::vector<Result<Written>>(writes.size(), std::unexpected(std::move(local).error()));
  const auto count = std::ranges::count(*local, true);
  if (count == 0) return commit_to_database(writes);
  if (count == std::ssize(writes)) return commit_locally(writes, Tried::no);
  return commit_apart(writes, *local);
}

Result<std::vector<bool>> SpillStore::find_local(std::span<const Write> writes) {
  std::vector<bool> local(writes.size(), false);
  for (std::size_t i = 0; i < writes.size(); ++i) {
    if (std::holds_alternative<Accept>(writes[i])) {
      auto here = has_local_body(run_of(writes[i]));
      if (!here) return fail(std::move(here));
      local[i] = *here;
    }
    if (local[i] || status_.depth() == 0) continue;
    auto spilled = file_->rows().find(run_of(writes[i]));
    if (!spilled) return fail(std::move(spilled));
    local[i] = spilled->has_value();
  }
  return local;
}

// The writes of one run stay together and in order, which is all the order that matters.
std::vector<Result<Written>> SpillStore::commit_apart(std::span<const Write> writes, const std::vector<bool>& local) {
  std::vector<Write> here;
  std::vector<Write> there;
  for (std::size_t i = 0; i < writes.size(); ++i) (local[i] ? here : there).push_back(writes[i]);
  auto results_here = commit_locally(here, Tried::no);
  auto results_there = commit_to_database(there);
  auto next_here = results_here.begin();
  auto next_there = results_there.begin();
  std::vector<Result<Written>> results;
  results.reserve(writes.size());
  for (const bool is_local : local) results.push_back(std::move(is_local ? *next_here++ : *next_there++));
  return results;
}

std::vector<Result<Written>> SpillStore::commit_to_database(std::span<const Write> writes) {
  if (database_.away()) return commit_locally(writes, Tried::no);
  const auto asked_at = clock_.steady();
  auto results = database_.current()->commit(writes);
  if (const auto* failure = failure_of(results)) {
    if (failure->code() == ErrorCode::unavailable) lose_database(*failure, asked_at);
    return commit_locally(writes, Tried::outcome_unknown);
  }
  database_.prove();
  for (std::size_t i = 0; i < writes.size(); ++i) {
    const auto& id = run_of(writes[i]);
    writes_.resolved(id);
    if (!results[i]) continue;
    known_.runs.add(id);
    if (results[i]->changed) known_.current.add(id);
  }
  return results;
}

std::vector<Result<Written>> SpillStore::commit_locally(std::span<const Write> writes, Tried tried) {
  auto outcome = writes_.commit(writes, tried);
  status_.note_added(outcome.added);
  if (outcome.added > 0 && !pending_) {
    pending_ = true;
    if (!database_.away()) next_step_ = clock_.steady() + config_.retry_interval;
  }
  return std::move(outcome.results);
}

void SpillStore::lose_database(const Error& error, SteadyTime asked_at) {
  database_.lose(error, asked_at);
  status_.begin(error.message());
  in_pass_ = false;
  pending_ = true;
  next_step_ = database_.next_try();
}

void SpillStore::settle() {
  file_->settle();
  if (auto* store = database_.current()) store->settle();
  go_on();
}

std::optional<std::chrono::milliseconds> SpillStore::settles_again_in() const {
  if (!pending_ && status_.depth() == 0) return std::nullopt;
  const auto wait = std::chrono::ceil<std::chrono::milliseconds>(next_step_ - clock_.steady());
  return std::max(wait, std::chrono::milliseconds(0));
}

Result<void> SpillStore::probe() {
  go_on();
  if (database_.away()) return file_->probe();
  const auto asked_at = clock_.steady();
  auto probed = database_.current()->probe();
  if (probed) return probed;
  lose_database(probed.error(), asked_at);
  return file_->probe();
}

void SpillStore::go_on() {
  if (!settles_again_in() || clock_.steady() < next_step_) return;
  // A read that failed meanwhile may have put the next try off.
  if (database_.away()) next_step_ = std::max(next_step_, database_.next_try());
  if (clock_.steady() < next_step_) return;
  if (database_.away() && !come_back()) return;
  replay_some();
}

bool SpillStore::come_back() {
  database_.try_again();
  if (database_.away()) {
    status_.begin(database_.error());
    next_step_ = database_.next_try();
    return false;
  }
  status_.note_return();
  // First of all: what this instance runs comes into the database as its own, and must not look abandoned there.
  if (const auto renewal = lease_.renewal()) (void)renew_lease(renewal->instance, renewal->ttl);
  return !database_.away();
}

void SpillStore::replay_some() {
  if (!in_pass_) replay_.begin_pass();
  in_pass_ = true;
  const auto asked_at = clock_.steady();
  auto step = replay_.step(*database_.current());
  add(replayed_, step.counts);
  auto oldest_at = file_->rows().oldest_at();
  status_.note_replayed(step.counts, oldest_at ? *oldest_at : std::nullopt);
  if (step.counts.imported + step.counts.already_there + step.counts.fenced > 0) database_.prove();

  using End = SpillReplay::End;
  switch (step.end) {
    case End::more: break;
    case End::finished:
      if (!move_incidents()) break;
      in_pass_ = false;
      pending_ = false;
      next_step_ = clock_.steady() + kNextPass;
      status_.end(replayed_);
      replayed_ = ReplayCounts();
      break;
    case End::database_failed: lose_database(*step.error, asked_at); break;
    case End::file_failed: next_step_ = clock_.steady() + config_.retry_interval; break;
  }
  const bool finished = step.end == End::finished && !pending_;
  auto moved_on = std::move(step.fenced);
  for (auto& id : step.ahead) {
    writes_.is_ahead(id);
    moved_on.push_back(std::move(id));
  }
  if (finished || !moved_on.empty()) database_.announce(Change{std::move(moved_on), finished});
}

}  // namespace holdfast::journal
