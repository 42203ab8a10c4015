#include "journal/spill_replay.hpp"

#include "base/hook_point.hpp"
#include "base/log.hpp"

namespace holdfast::journal {
namespace {

// Writes and reads wait for a step. On a usual database 32 runs take less than the time limit.
constexpr int kRunsPerStep = 32;
constexpr std::chrono::milliseconds kTimePerStep{25};

void add_to(ReplayCounts& counts, ReplayVerdict verdict) {
  switch (verdict) {
    case ReplayVerdict::imported: ++counts.imported; return;
    case ReplayVerdict::already_there: ++counts.already_there; return;
    case ReplayVerdict::fenced: ++counts.fenced; return;
  }
}

}  // namespace

SpillReplay::Step SpillReplay::step(Store& database) {
  Step step;
  // Before the database is asked: from then on others may go on with what it took, even if nobody tells us that it did.
  auto doubted = file_.transaction([&] { return file_.rows().doubt_next(position_, kRunsPerStep); });
  if (!doubted) {
    step.error = std::move(doubted).error();
    step.end = End::file_failed;
    return step;
  }
  const auto until = clock_.steady() + kTimePerStep;
  for (int moved = 0; moved < kRunsPerStep && clock_.steady() < until; ++moved) {
    auto spilled = file_.rows().next(position_);
    if (!spilled) {
      step.error = std::move(spilled).error();
      step.end = End::file_failed;
      return step;
    }
    if (!*spilled) {
      step.end = End::finished;
      return step;
    }
    if (auto end = move_one(database, **spilled, step, until)) {
      step.end = *end;
      return step;
    }
    position_ = (*spilled)->number;
  }
  return step;
}

std::optional<SpillReplay::End> SpillReplay::move_one(Store& database, const SpilledId& spilled, Step& step,
                                                      SteadyTime until) {
  auto local = file_.load(spilled.id);
  if (!local) {
    if (local.error().code() == ErrorCode::unavailable) {
      step.error = std::move(local).error();
      return End::file_failed;
    }
    note_left(spilled, local.error());
    return std::nullopt;
  }
  // Nobody needs the body of one that has ended.
  if (!is_terminal(local->run.status)) {
    if (const auto end = copy_bodies(database, spilled.id, step, until)) return end;
  }
  auto verdict = database.import(*local);
  if (!verdict) {
    if (verdict.error().code() == ErrorCode::unavailable) {
      step.error = std::move(verdict).error();
      return End::database_failed;
    }
    note_left(spilled, verdict.error());
    return std::nullopt;
  }
  HOLDFAST_HOOK_POINT("journal.after_import");
  if (*verdict == ReplayVerdict::already_there) {
    const auto there = database.find(spilled.id);
    const bool same = there && *there && (*there)->last_seq == local->run.last_seq;
    if (!same) step.ahead.push_back(spilled.id);
  }
  if (auto finished = finish(*local, *verdict, step); !finished) {
    step.error = std::move(finished).error();
    return End::file_failed;
  }
  return std::nullopt;
}

std::optional<SpillReplay::End> SpillReplay::copy_bodies(Store& database, const RunId& run, Step& step,
                                                         SteadyTime until) {
  const auto failed = [&](Error error, End end) {
    copied_ = {};
    step.error = std::move(error);
    return end;
  };
  auto bodies = file_.bodies().of_run(run);
  if (!bodies) return failed(std::move(bodies).error(), End::file_failed);
  for (const auto& id : *bodies) {
    // In the order of their ids.
    if (id < copied_.body_id) continue;
    if (id != copied_.body_id) copied_ = {id, 0};
    while (true) {
      auto piece = file_.bodies().piece(id, copied_.pieces);
      if (!piece && piece.error().code() == ErrorCode::not_found) break;
      if (!piece) return failed(std::move(piece).error(), End::file_failed);
      const auto put = database.put_body_piece({id, run, copied_.pieces, std::move(*piece)});
      if (!put) return failed(put.error(), End::database_failed);
      ++copied_.pieces;
      if (clock_.steady() >= until) return End::more;
    }
  }
  copied_ = {};
  return std::nullopt;
}

Result<void> SpillReplay::finish(const Import& local, ReplayVerdict verdict, Step& step) {
  const auto& id = local.run.id;
  const bool fenced = verdict == ReplayVerdict::fenced;
  auto gone = fenced ? file_.set_aside(id, clock_.wall()) : file_.remove(id);
  if (!gone) return gone;
  add_to(step.counts, verdict);
  if (!fenced) return {};
  step.fenced.push_back(id);
  log::warning("journal.spill_fenced", {{"run", id.text()},
                                        {"local_status", to_string(local.run.status)},
                                        {"local_attempt", local.run.attempt},
                                        {"base_seq", local.base_seq},
                                        {"local_entries", local.entries.size()}});
  return {};
}

void SpillReplay::note_left(const SpilledId& spilled, const Error& error) {
  if (spilled.number <= told_left_) return;
  told_left_ = spilled.number;
  log::error("journal.spill_left", {{"run", spilled.id.text()}, {"error", error.message()}});
}

}  // namespace holdfast::journal
