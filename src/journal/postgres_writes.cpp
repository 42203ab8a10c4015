#include "journal/postgres_writes.hpp"

#include <fmt/format.h>

#include <set>

#include "base/hook_point.hpp"
#include "journal/change_notice.hpp"
#include "journal/postgres_batch.hpp"
#include "journal/postgres_import.hpp"
#include "journal/postgres_listener.hpp"
#include "journal/postgres_rows.hpp"

namespace holdfast::journal {
namespace {

using Commands = PostgresTransactions::Commands;
using Results = PostgresTransactions::Results;

const RunId& id_of(const Write& write) {
  if (const auto* accept = std::get_if<Accept>(&write)) return accept->run.id;
  if (const auto* append = std::get_if<Append>(&write)) return append->id;
  return std::get<Deliver>(write).id;
}

PostgresCommand lock_of(std::span<const Write> writes) {
  std::set<std::string_view> ids;
  for (const auto& write : writes) ids.insert(id_of(write).text());
  PostgresArray array(PostgresArray::Element::text);
  for (const auto id : ids) array.add(id);
  PostgresCommand command(fmt::format("SELECT {} FROM runs WHERE id = ANY ($1) ORDER BY id FOR UPDATE", kRunColumns));
  command.bind(std::move(array));
  return command;
}

std::string columns_of_runs() {
  std::string columns;
  std::string_view rest = kRunColumns;
  while (!rest.empty()) {
    const auto comma = std::min(rest.find(", "), rest.size());
    if (!columns.empty()) columns += ", ";
    columns += fmt::format("runs.{}", rest.substr(0, comma));
    rest.remove_prefix(std::min(comma + 2, rest.size()));
  }
  return columns;
}

// One run of each owner, then the second of each, and so on. The conditions stand outside again, because a run that
// another instance has just taken is looked at once more, as it is then.
PostgresCommand claim_command(std::size_t limit) {
  static const std::string kSql = fmt::format(
      "WITH clock AS (SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now), waiting AS ("
      "SELECT id, row_number() OVER (PARTITION BY owner ORDER BY created_at, id) AS turn FROM runs "
      "WHERE finished_at IS NULL AND status = 'queued' AND available_at <= (SELECT now FROM clock)) "
      "SELECT {} FROM runs JOIN waiting ON waiting.id = runs.id WHERE runs.finished_at IS NULL "
      "AND runs.status = 'queued' AND runs.available_at <= (SELECT now FROM clock) "
      "ORDER BY waiting.turn, runs.created_at, runs.id LIMIT $1 FOR UPDATE OF runs SKIP LOCKED",
      columns_of_runs());
  PostgresCommand command(kSql);
  command.bind(static_cast<std::int64_t>(limit));
  return command;
}

Append start_of(const Claim& claim, const Run& run, std::size_t number) {
  Append append{.id = run.id, .from = RunStatus::queued, .attempt = run.attempt, .kind = EntryKind::started};
  append.body = claim.bodies[number];
  append.starts_attempt = true;
  append.lease_owner = claim.instance;
  return append;
}

}  // namespace

std::vector<Result<Written>> PostgresWrites::commit(std::span<const Write> writes) {
  if (writes.empty()) return {};
  std::vector<Result<Written>> results;
  const auto decide = [&](const Results& read, UnixMillis now) -> Result<Commands> {
    auto found = read_runs(read.front());
    if (!found) return fail(std::move(found));
    PostgresBatch batch(std::move(*found), now);
    results.clear();
    results.reserve(writes.size());
    for (const auto& write : writes) results.push_back(batch.apply(write));
    HOLDFAST_HOOK_POINT("journal.inside_commit");
    auto commands = batch.commands();
    add_notices(commands, batch.change());
    return commands;
  };
  auto written = transactions_.read_then_write({lock_of(writes)}, decide);
  if (written) return results;
  return std::vector<Result<Written>>(writes.size(), std::unexpected(std::move(written).error()));
}

Result<std::vector<Run>> PostgresWrites::claim(const Claim& claim) {
  std::vector<Run> started;
  const auto decide = [&](const Results& read, UnixMillis now) -> Result<Commands> {
    auto found = read_runs(read.front());
    if (!found) return fail(std::move(found));
    PostgresBatch batch(*found, now);
    started.clear();
    for (const auto& run : *found) {
      auto written = batch.apply(start_of(claim, run, started.size()));
      if (!written) return fail(std::move(written));
      started.push_back(std::move(written->run));
    }
    auto commands = batch.commands();
    add_notices(commands, batch.change());
    return commands;
  };
  auto written = transactions_.read_then_write({claim_command(claim.bodies.size())}, decide);
  if (!written) return fail(std::move(written));
  return started;
}

Result<ReplayVerdict> PostgresWrites::import(const Import& local) {
  auto verdict = ReplayVerdict::fenced;
  const auto decide = [&](const Results& read, UnixMillis) -> Result<Commands> {
    auto plan = plan_import(read, local);
    if (!plan) return fail(std::move(plan));
    verdict = plan->verdict;
    if (verdict != ReplayVerdict::imported) return Commands();
    add_notices(plan->commands, Change{{local.run.id}, local.run.status == RunStatus::queued});
    return std::move(plan->commands);
  };
  auto written = transactions_.read_then_write(reads_for_import(local), decide);
  if (!written) return fail(std::move(written));
  return verdict;
}

void PostgresWrites::add_notices(Commands& commands, const Change& change) const {
  if (!tells_others_) return;
  const auto notices = notices_of(self_, change);
  if (notices.empty()) return;
  PostgresArray payloads(PostgresArray::Element::text);
  for (const auto& notice : notices) payloads.add(notice);
  PostgresCommand command("SELECT pg_notify($1, payload) FROM unnest($2) AS payload");
  command.bind(kChangeChannel).bind(std::move(payloads));
  commands.push_back(std::move(command));
}

}  // namespace holdfast::journal
