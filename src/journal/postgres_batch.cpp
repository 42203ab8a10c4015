#include "journal/postgres_batch.hpp"

#include <fmt/format.h>

#include "journal/fold.hpp"
#include "journal/text_rules.hpp"

namespace holdfast::journal {
namespace {

using enum PostgresArray::Element;

std::unexpected<Error> no_such_run(const RunId& id) {
  return fail(ErrorCode::not_found, fmt::format("there is no run {}", id.text()));
}

void add_if(PostgresArray& array, bool condition, std::string_view text) {
  condition ? array.add(text) : array.add_null();
}

}  // namespace

PostgresBatch::PostgresBatch(std::vector<Run> found, UnixMillis now) : now_(now) {
  for (auto& run : found) {
    auto id = run.id.text();
    states_.emplace(std::move(id), State{.run = std::move(run)});
  }
}

Result<Written> PostgresBatch::apply(const Write& write) {
  if (auto storable = check_texts(write); !storable) return fail(std::move(storable));
  if (const auto* accepted = std::get_if<Accept>(&write)) return accept(*accepted);
  if (const auto* appended = std::get_if<Append>(&write)) return append(*appended);
  return deliver(std::get<Deliver>(write));
}

Result<Written> PostgresBatch::accept(const Accept& accept) {
  const auto& id = accept.run.id.text();
  const auto existing = states_.find(id);
  if (existing != states_.end()) return Written{existing->second.run, false};
  auto& state = states_.emplace(id, State{.run = accept.run, .origin = Origin::accepted_now}).first->second;
  has_new_ = true;
  for (auto& entry : fold_accept(state.run, accept, now_)) entries_.emplace_back(id, std::move(entry));
  change_.queued |= state.run.status == RunStatus::queued;
  return Written{state.run, true};
}

Result<Written> PostgresBatch::append(const Append& append) {
  const auto found = states_.find(append.id.text());
  if (found == states_.end()) return no_such_run(append.id);
  auto& state = found->second;
  auto entry = fold_append(state.run, append, now_);
  if (!entry) return fail(std::move(entry));
  state.stores_usage |= !append.usage.empty();
  state.stores_error |= !append.error.empty();
  state.stores_result |= !append.result.empty();
  if (append.checkpoint) checkpoints_.insert_or_assign(append.id.text(), *append.checkpoint);
  if (append.to == RunStatus::queued) change_.queued = true;
  note(state, std::move(*entry));
  return Written{state.run, true};
}

Result<Written> PostgresBatch::deliver(const Deliver& deliver) {
  const auto found = states_.find(deliver.id.text());
  if (found == states_.end()) return no_such_run(deliver.id);
  auto& state = found->second;
  auto folded = fold_deliver(state.run, now_);
  if (!folded) return fail(std::move(folded));
  std::optional<Entry> entry = std::move(*folded);
  if (!entry) return Written{state.run, false};
  note(state, std::move(*entry));
  return Written{state.run, true};
}

void PostgresBatch::note(State& state, Entry entry) {
  entries_.emplace_back(state.run.id.text(), std::move(entry));
  if (std::exchange(state.changed, true)) return;
  change_.runs.push_back(state.run.id);
  if (state.origin == Origin::stored) has_changed_ = true;
}

std::vector<PostgresCommand> PostgresBatch::commands() const {
  std::vector<PostgresCommand> commands;
  if (has_new_) commands.push_back(insert_runs());
  if (has_changed_) commands.push_back(update_runs());
  if (!entries_.empty()) commands.push_back(insert_of_entries(entries_));
  if (!checkpoints_.empty()) commands.push_back(put_of_checkpoints(checkpoints_));
  return commands;
}

// A run that another instance accepts at the same moment makes this fail, and the transaction is done again.
PostgresCommand PostgresBatch::insert_runs() const {
  PostgresArray ids(text), statuses(text), attempts(integer), crashes(integer), last_seqs(integer);
  PostgresArray started(integer), finished(integer), delivered(integer), available(integer), lease_owners(text);
  PostgresArray owners(text), threads(text), routes(text), traceparents(text), prompts(text), requests(text);
  PostgresArray usages(text), errors(text), results(text);
  for (const auto& [id, state] : states_) {
    if (state.origin != Origin::accepted_now) continue;
    const auto& run = state.run;
    ids.add(id);
    statuses.add(to_string(run.status));
    attempts.add(std::int64_t{run.attempt});
    crashes.add(std::int64_t{run.crashes});
    last_seqs.add(run.last_seq);
    started.add(run.started_at);
    finished.add(run.finished_at);
    delivered.add(run.delivered_at);
    available.add(run.available_at);
    lease_owners.add(run.lease_owner);
    owners.add(run.owner);
    threads.add(run.thread_id);
    routes.add(run.route);
    traceparents.add(run.traceparent);
    prompts.add(run.prompt);
    requests.add(run.request);
    usages.add(run.usage);
    errors.add(run.error);
    results.add(run.result);
  }
  PostgresCommand command(
      "INSERT INTO runs (id, status, attempt, crashes, last_seq, started_at, finished_at, delivered_at, available_at, "
      "lease_owner, owner, thread_id, route, traceparent, prompt, request, usage, error, result, created_at) "
      "SELECT *, $20::bigint FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, "
      "$18, $19)");
  command.bind(std::move(ids)).bind(std::move(statuses)).bind(std::move(attempts)).bind(std::move(crashes));
  command.bind(std::move(last_seqs)).bind(std::move(started)).bind(std::move(finished)).bind(std::move(delivered));
  command.bind(std::move(available)).bind(std::move(lease_owners)).bind(std::move(owners)).bind(std::move(threads));
  command.bind(std::move(routes)).bind(std::move(traceparents)).bind(std::move(prompts)).bind(std::move(requests));
  command.bind(std::move(usages)).bind(std::move(errors)).bind(std::move(results)).bind(now_);
  return command;
}

PostgresCommand PostgresBatch::update_runs() const {
  PostgresArray ids(text), statuses(text), attempts(integer), crashes(integer), last_seqs(integer);
  PostgresArray started(integer), finished(integer), delivered(integer), available(integer), lease_owners(text);
  PostgresArray usages(text), errors(text), results(text);
  for (const auto& [id, state] : states_) {
    if (state.origin != Origin::stored || !state.changed) continue;
    const auto& run = state.run;
    ids.add(id);
    statuses.add(to_string(run.status));
    attempts.add(std::int64_t{run.attempt});
    crashes.add(std::int64_t{run.crashes});
    last_seqs.add(run.last_seq);
    started.add(run.started_at);
    finished.add(run.finished_at);
    delivered.add(run.delivered_at);
    available.add(run.available_at);
    lease_owners.add(run.lease_owner);
    add_if(usages, state.stores_usage, run.usage);
    add_if(errors, state.stores_error, run.error);
    add_if(results, state.stores_result, run.result);
  }
  // PostgreSQL copies a long text that is set to itself by reference.
  PostgresCommand command(
      "UPDATE runs SET status = new.status, attempt = new.attempt, crashes = new.crashes, last_seq = new.last_seq, "
      "started_at = new.started_at, finished_at = new.finished_at, delivered_at = new.delivered_at, "
      "available_at = new.available_at, lease_owner = new.lease_owner, usage = coalesce(new.usage, runs.usage), "
      "error = coalesce(new.error, runs.error), result = coalesce(new.result, runs.result) "
      "FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) AS new (id, status, attempt, crashes, "
      "last_seq, started_at, finished_at, delivered_at, available_at, lease_owner, usage, error, result) "
      "WHERE runs.id = new.id");
  command.bind(std::move(ids)).bind(std::move(statuses)).bind(std::move(attempts)).bind(std::move(crashes));
  command.bind(std::move(last_seqs)).bind(std::move(started)).bind(std::move(finished)).bind(std::move(delivered));
  command.bind(std::move(available)).bind(std::move(lease_owners));
  command.bind(std::move(usages)).bind(std::move(errors)).bind(std::move(results));
  return command;
}

PostgresCommand insert_of_entries(std::span<const std::pair<std::string, Entry>> entries) {
  PostgresArray ids(text), seqs(integer), times(integer), attempts(integer), kinds(text), bodies(text);
  for (const auto& [id, entry] : entries) {
    ids.add(id);
    seqs.add(entry.seq);
    times.add(entry.at);
    attempts.add(std::int64_t{entry.attempt});
    kinds.add(to_string(entry.kind));
    bodies.add(entry.body);
  }
  PostgresCommand command(
      "INSERT INTO entries (run_id, seq, at, attempt, kind, body) SELECT * FROM unnest($1, $2, $3, $4, $5, $6)");
  command.bind(std::move(ids)).bind(std::move(seqs)).bind(std::move(times));
  command.bind(std::move(attempts)).bind(std::move(kinds)).bind(std::move(bodies));
  return command;
}

PostgresCommand put_of_checkpoints(const std::map<std::string, Checkpoint>& checkpoints) {
  PostgresArray ids(text), steps(text), states(text);
  for (const auto& [id, checkpoint] : checkpoints) {
    ids.add(id);
    steps.add(checkpoint.step);
    states.add(checkpoint.state);
  }
  PostgresCommand command(
      "INSERT INTO checkpoints (run_id, step, state) SELECT * FROM unnest($1, $2, $3) "
      "ON CONFLICT (run_id) DO UPDATE SET step = excluded.step, state = excluded.state");
  command.bind(std::move(ids)).bind(std::move(steps)).bind(std::move(states));
  return command;
}

}  // namespace holdfast::journal
