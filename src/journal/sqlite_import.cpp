#include "journal/sqlite_import.hpp"

#include <fmt/format.h>

#include "journal/replay_plan.hpp"
#include "journal/sqlite_rows.hpp"

namespace holdfast::journal {

SqliteImport::SqliteImport(const Connection& connection)
    : put_run_(connection, fmt::format("INSERT OR REPLACE INTO runs ({}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
                                       "?, ?, ?, ?, ?, ?, ?, ?, ?)",
                                       kRunColumns)),
      insert_entry_(connection, "INSERT INTO entries (run_id, seq, at, attempt, kind, body) VALUES (?, ?, ?, ?, ?, ?)"),
      put_checkpoint_(connection, "INSERT OR REPLACE INTO checkpoints (run_id, step, state) VALUES (?, ?, ?)") {}

Result<ReplayVerdict> SqliteImport::apply(const std::optional<Run>& there, std::span<const Entry> tail,
                                          const Import& local) {
  const auto plan = plan_replay(there, tail, local);
  if (plan.verdict != ReplayVerdict::imported) return plan.verdict;
  if (auto put = put_run(run_after_replay(there, local, plan.insert_from)); !put) return fail(std::move(put));
  auto inserted = insert_entries(local.run.id, std::span(local.entries).subspan(plan.insert_from));
  if (!inserted) return fail(std::move(inserted));
  if (!local.checkpoint) return plan.verdict;
  Query query(put_checkpoint_);
  auto put = query.bind(local.run.id.text()).bind(local.checkpoint->step).bind(local.checkpoint->state).finish();
  if (!put) return fail(std::move(put));
  return plan.verdict;
}

// In the order of kRunColumns.
Result<void> SqliteImport::put_run(const Run& run) {
  Query query(put_run_);
  query.bind(run.id.text()).bind(to_string(run.status)).bind(run.attempt).bind(run.crashes).bind(run.last_seq);
  query.bind(run.created_at).bind(run.started_at).bind(run.finished_at).bind(run.delivered_at);
  query.bind(run.owner).bind(run.thread_id).bind(run.route).bind(run.traceparent);
  query.bind(run.usage).bind(run.error).bind(run.prompt).bind(run.request).bind(run.result);
  query.bind(run.retired_at).bind(run.available_at).bind(run.lease_owner);
  return query.finish();
}

Result<void> SqliteImport::insert_entries(const RunId& id, std::span<const Entry> entries) {
  for (const auto& entry : entries) {
    Query query(insert_entry_);
    query.bind(id.text()).bind(entry.seq).bind(entry.at).bind(entry.attempt);
    if (auto done = query.bind(to_string(entry.kind)).bind(entry.body).finish(); !done) return done;
  }
  return {};
}

}  // namespace holdfast::journal
