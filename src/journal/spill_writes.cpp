#include "journal/spill_writes.hpp"

#include <fmt/format.h>

#include "journal/fold.hpp"
#include "journal/text_rules.hpp"

namespace holdfast::journal {
namespace {

// As the answer to one write; the transaction goes on.
Result<Result<Written>> refuse(const RunId& id, std::string_view why) {
  auto message = fmt::format("run {}: {}; nothing was changed, try again when the database is back", id.text(), why);
  return Result<Written>(fail(ErrorCode::unavailable, std::move(message)));
}

constexpr std::string_view kOthersMayRunIt =
    "the database is away, and it may hold the start of this run, or another instance may have taken this run over";

}  // namespace

const RunId& run_of(const Write& write) {
  if (const auto* accept = std::get_if<Accept>(&write)) return accept->run.id;
  if (const auto* append = std::get_if<Append>(&write)) return append->id;
  return std::get<Deliver>(write).id;
}

SpillWrites::Outcome SpillWrites::commit(std::span<const Write> writes, Tried tried) {
  const auto now = clock_.wall();
  Outcome outcome;
  outcome.results.reserve(writes.size());
  auto done = file_.transaction([&]() -> Result<void> {
    for (const auto& write : writes) {
      auto answer = apply(write, tried, now, outcome.added);
      if (!answer) return fail(std::move(answer));
      outcome.results.push_back(std::move(*answer));
    }
    return {};
  });
  if (!done) {
    outcome.added = 0;
    outcome.results.assign(writes.size(), std::unexpected(std::move(done).error()));
  }
  if (tried == Tried::outcome_unknown) doubt_refused(writes, outcome.results);
  return outcome;
}

SpillWrites::Answer SpillWrites::apply(const Write& write, Tried tried, UnixMillis now, std::int64_t& added) {
  const auto& id = run_of(write);
  // The database would refuse it at the replay, when nobody can be told any more.
  if (auto storable = check_texts(write); !storable) return Result<Written>(fail(std::move(storable)));
  auto spilled = file_.rows().find(id);
  if (!spilled) return fail(std::move(spilled));
  if (*spilled) {
    if (!may_write(write, **spilled)) return refuse(id, kOthersMayRunIt);
    return write_here(write, now);
  }
  auto aside = file_.rows().is_set_aside(id);
  if (!aside) return fail(std::move(aside));
  if (*aside) return refuse(id, "the database is away, and another instance went on with this run there");
  if (const auto* accepted = std::get_if<Accept>(&write)) return accept(*accepted, tried, now, added);
  if (const auto* append = std::get_if<Append>(&write)) return adopt(*append, tried, now, added);
  return refuse(id, "the database is away, and this run is only there");
}

SpillWrites::Answer SpillWrites::accept(const Accept& accept, Tried tried, UnixMillis now, std::int64_t& added) {
  const auto& id = accept.run.id;
  if (known_.runs.contains(id)) return refuse(id, "the database is away, and this run is there already");
  // An earlier try may have become durable there, with other words about its start.
  if (doubtful_.contains(id)) return refuse(id, "the database is away, and it may hold this run already");
  SpilledRun spilled;
  spilled.in_doubt = tried == Tried::outcome_unknown;
  // The start is kept in the very words that the database may hold, or left for later.
  auto allowed = accept;
  if (accept.start && !lease_.allows(spilled, clock_.steady())) {
    allowed.start.reset();
    spilled.base_status = RunStatus::running;
  }
  auto accepted = write_here(allowed, now);
  if (!accepted || !*accepted) return accepted;
  if (auto noted = file_.rows().add(id, spilled, now); !noted) return fail(std::move(noted));
  ++added;
  return accepted;
}

SpillWrites::Answer SpillWrites::adopt(const Append& append, Tried tried, UnixMillis now, std::int64_t& added) {
  if (append.known == nullptr)
    return refuse(append.id, "the database is away, and the state of this run is only there");
  if (doubtful_.contains(append.id)) {
    return refuse(append.id, "the database is away, and it may hold more of this run than is known here");
  }
  const auto& base = *append.known;
  auto folded = base;
  if (auto entry = fold_append(folded, append, now); !entry) return Result<Written>(fail(std::move(entry)));
  // Others may have taken it over in a gap of the lease; and a return to the queue, if it is there, made it anybody's.
  const bool maybe_queued = tried == Tried::outcome_unknown && append.to == RunStatus::queued;
  const bool in_doubt = maybe_queued || !known_.current.contains(append.id);
  const SpilledRun spilled{false, in_doubt, base.last_seq, base.status, base.attempt, base.lease_owner};
  if (!may_write(append, spilled)) return refuse(append.id, kOthersMayRunIt);
  if (auto adopted = file_.rows().adopt(base, spilled, now); !adopted) return fail(std::move(adopted));
  ++added;
  return write_here(append, now);
}

SpillWrites::Answer SpillWrites::write_here(const Write& write, UnixMillis now) {
  auto written = file_.writes().apply(write, now);
  if (written) return written;
  const auto code = written.error().code();
  if (code == ErrorCode::conflict || code == ErrorCode::not_found) return written;
  return fail(std::move(written));
}

bool SpillWrites::may_write(const Write& write, const SpilledRun& spilled) const {
  const auto* append = std::get_if<Append>(&write);
  if (append == nullptr) return true;
  // Until the run was moved, nothing may contradict a start that the database may hold.
  if (spilled.accepted_here && spilled.base_status == RunStatus::running) return false;
  const bool decides = append->starts_attempt || is_terminal(append->to);
  return !decides || lease_.allows(spilled, clock_.steady());
}

void SpillWrites::doubt_refused(std::span<const Write> writes, const std::vector<Result<Written>>& results) {
  for (std::size_t i = 0; i < writes.size(); ++i) {
    // A text that cannot be stored was not stored there either.
    if (results[i] || results[i].error().code() == ErrorCode::invalid_argument) continue;
    if (!std::holds_alternative<Deliver>(writes[i])) doubtful_.insert(run_of(writes[i]));
  }
}

}  // namespace holdfast::journal
