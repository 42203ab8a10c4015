#include "journal/postgres_import.hpp"

#include <fmt/format.h>

#include "journal/postgres_batch.hpp"
#include "journal/postgres_rows.hpp"
#include "journal/replay_plan.hpp"

namespace holdfast::journal {
namespace {

// In the order of kRunColumns. Without a locked row a plain INSERT: if another instance is faster, it fails, and the
// transaction is done again.
PostgresCommand put_run(const Run& run, bool exists) {
  std::string sql = fmt::format(
      "INSERT INTO runs ({}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, "
      "$19, $20, $21)",
      kRunColumns);
  if (exists) {
    sql += fmt::format(" ON CONFLICT (id) DO UPDATE SET ({0}) = (SELECT {0} FROM (SELECT excluded.*) AS new)",
                       kRunColumns);
  }
  PostgresCommand command(std::move(sql));
  command.bind(run.id.text()).bind(to_string(run.status)).bind(std::int64_t{run.attempt});
  command.bind(std::int64_t{run.crashes}).bind(run.last_seq);
  command.bind(run.created_at).bind(run.started_at).bind(run.finished_at).bind(run.delivered_at);
  command.bind(run.owner).bind(run.thread_id).bind(run.route).bind(run.traceparent);
  command.bind(run.usage).bind(run.error).bind(run.prompt).bind(run.request).bind(run.result);
  command.bind(run.retired_at).bind(run.available_at).bind(run.lease_owner);
  return command;
}

}  // namespace

std::vector<PostgresCommand> reads_for_import(const Import& local) {
  PostgresCommand run(fmt::format("SELECT {} FROM runs WHERE id = $1 FOR UPDATE", kRunColumns));
  run.bind(local.run.id.text());
  PostgresCommand tail("SELECT seq, at, attempt, kind, body FROM entries WHERE run_id = $1 AND seq > $2 ORDER BY seq");
  tail.bind(local.run.id.text()).bind(local.base_seq);
  return {std::move(run), std::move(tail)};
}

Result<ImportPlan> plan_import(const PostgresTransactions::Results& read, const Import& local) {
  auto there = read_optional_run(read.at(0));
  if (!there) return fail(std::move(there));
  auto tail = read_entries(read.at(1));
  if (!tail) return fail(std::move(tail));
  const auto plan = plan_replay(*there, *tail, local);
  ImportPlan import{plan.verdict, {}};
  if (plan.verdict != ReplayVerdict::imported) return import;

  const auto& id = local.run.id.text();
  import.commands.push_back(put_run(run_after_replay(*there, local, plan.insert_from), there->has_value()));
  std::vector<std::pair<std::string, Entry>> entries;
  for (const auto& entry : std::span(local.entries).subspan(plan.insert_from)) entries.emplace_back(id, entry);
  if (!entries.empty()) import.commands.push_back(insert_of_entries(entries));
  if (local.checkpoint) import.commands.push_back(put_of_checkpoints({{id, *local.checkpoint}}));
  return import;
}

}  // namespace holdfast::journal
