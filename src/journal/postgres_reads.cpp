#include "journal/postgres_reads.hpp"

#include <fmt/format.h>

#include "journal/cursor.hpp"
#include "journal/postgres_rows.hpp"

namespace holdfast::journal {
namespace {

std::int64_t at_least_zero(int number) { return std::max(number, 0); }

PostgresCommand list_command(const RunFilter& filter, const std::optional<Cursor>& before) {
  std::string sql = fmt::format("SELECT {} FROM runs WHERE owner = $1 AND retired_at IS NULL", kRunColumns);
  int last = 1;
  if (filter.thread_id) sql += fmt::format(" AND thread_id = ${}", ++last);
  if (filter.status) sql += fmt::format(" AND status = ${}", ++last);
  if (filter.only_undelivered) sql += " AND finished_at IS NOT NULL AND delivered_at IS NULL";
  if (before) {
    sql += fmt::format(" AND (created_at, id) < (${}, ${})", last + 1, last + 2);
    last += 2;
  }
  sql += fmt::format(" ORDER BY created_at DESC, id DESC LIMIT ${}", last + 1);

  PostgresCommand command(std::move(sql));
  command.bind(filter.owner);
  if (filter.thread_id) command.bind(*filter.thread_id);
  if (filter.status) command.bind(to_string(*filter.status));
  if (before) command.bind(before->created_at).bind(before->id.text());
  command.bind(at_least_zero(filter.limit));
  return command;
}

constexpr const char* kThreads =
    "SELECT thread_id, latest_at, run_count, (SELECT prompt FROM runs AS earliest WHERE earliest.owner = $1 "
    "AND earliest.thread_id = summary.thread_id AND earliest.retired_at IS NULL ORDER BY created_at, id LIMIT 1) "
    "FROM (SELECT thread_id, max(created_at) AS latest_at, count(*) AS run_count FROM runs WHERE owner = $1 "
    "AND retired_at IS NULL GROUP BY thread_id) AS summary "
    "ORDER BY latest_at DESC, thread_id COLLATE \"C\" DESC LIMIT $2 OFFSET $3";

}  // namespace

Result<PostgresResult> PostgresReads::read(PostgresCommand command) {
  auto results = transactions_.run({std::move(command)});
  if (!results) return fail(std::move(results));
  return std::move(results->front());
}

Result<std::optional<Run>> PostgresReads::find(const RunId& id) {
  PostgresCommand command(fmt::format("SELECT {} FROM runs WHERE id = $1", kRunColumns));
  auto result = read(command.bind(id.text()));
  if (!result) return fail(std::move(result));
  return read_optional_run(*result);
}

Result<std::vector<Entry>> PostgresReads::entries(const RunId& id, std::int64_t after_seq, int limit) {
  PostgresCommand command(
      "SELECT seq, at, attempt, kind, body FROM entries WHERE run_id = $1 AND seq > $2 ORDER BY seq LIMIT $3");
  auto result = read(command.bind(id.text()).bind(after_seq).bind(at_least_zero(limit)));
  if (!result) return fail(std::move(result));
  return read_entries(*result);
}

Result<std::optional<Checkpoint>> PostgresReads::checkpoint(const RunId& id) {
  PostgresCommand command("SELECT step, state FROM checkpoints WHERE run_id = $1");
  auto result = read(command.bind(id.text()));
  if (!result) return fail(std::move(result));
  if (result->rows() == 0) return std::optional<Checkpoint>();
  return std::optional<Checkpoint>(Checkpoint{std::string(result->text(0, 0)), std::string(result->text(0, 1))});
}

Result<std::vector<Run>> PostgresReads::list(const RunFilter& filter) {
  std::optional<Cursor> before;
  if (!filter.before.empty()) {
    auto cursor = parse_cursor(filter.before);
    if (!cursor) return fail(std::move(cursor));
    before = std::move(*cursor);
  }
  auto result = read(list_command(filter, before));
  if (!result) return fail(std::move(result));
  return read_runs(*result);
}

Result<std::vector<Run>> PostgresReads::thread_runs(const std::string& owner, const std::string& thread_id, int limit) {
  PostgresCommand command(
      fmt::format("SELECT * FROM (SELECT {} FROM runs WHERE owner = $1 AND thread_id = $2 AND retired_at IS NULL "
                  "ORDER BY created_at DESC, id DESC LIMIT $3) AS latest ORDER BY created_at, id",
                  kRunColumns));
  auto result = read(command.bind(owner).bind(thread_id).bind(at_least_zero(limit)));
  if (!result) return fail(std::move(result));
  return read_runs(*result);
}

Result<ThreadPage> PostgresReads::threads(const std::string& owner, int offset, int limit) {
  PostgresCommand count("SELECT count(DISTINCT thread_id) FROM runs WHERE owner = $1 AND retired_at IS NULL");
  count.bind(owner);
  PostgresCommand page(kThreads);
  page.bind(owner).bind(at_least_zero(limit)).bind(at_least_zero(offset));
  auto results = transactions_.run({std::move(count), std::move(page)});
  if (!results) return fail(std::move(results));
  ThreadPage found;
  found.total = results->at(0).integer(0, 0);
  const auto& rows = results->at(1);
  for (int row = 0; row < rows.rows(); ++row) {
    found.threads.push_back(ThreadSummary{std::string(rows.text(row, 0)), std::string(rows.text(row, 3)),
                                          rows.integer(row, 1), rows.integer(row, 2)});
  }
  return found;
}

Result<std::vector<Run>> PostgresReads::unfinished() {
  auto result = read(PostgresCommand(
      fmt::format("SELECT {} FROM runs WHERE finished_at IS NULL ORDER BY created_at, id", kRunColumns)));
  if (!result) return fail(std::move(result));
  return read_runs(*result);
}

Result<Backlog> PostgresReads::backlog() {
  PostgresCommand command(
      "SELECT (SELECT count(*) FROM (SELECT 1 FROM runs WHERE finished_at IS NOT NULL AND delivered_at IS NULL "
      "LIMIT $1) AS counted), (SELECT min(finished_at) FROM runs WHERE finished_at IS NOT NULL AND delivered_at IS "
      "NULL), "
      "(SELECT created_at FROM runs WHERE finished_at IS NULL AND status = 'queued' ORDER BY created_at, id LIMIT 1), "
      "floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint");
  auto result = read(command.bind(kMostCounted));
  if (!result) return fail(std::move(result));
  return make_backlog(result->integer(0, 0), result->optional_integer(0, 1), result->optional_integer(0, 2),
                      result->integer(0, 3));
}

Result<std::vector<RunVersion>> PostgresReads::versions(std::span<const RunId> ids) {
  PostgresCommand command("SELECT id, status, attempt, last_seq FROM runs WHERE id = ANY ($1)");
  command.bind(texts_of(std::vector<RunId>(ids.begin(), ids.end())));
  auto result = read(std::move(command));
  if (!result) return fail(std::move(result));
  std::vector<RunVersion> versions;
  for (int row = 0; row < result->rows(); ++row) {
    auto id = RunId::parse(result->text(row, 0));
    const auto status = parse_run_status(result->text(row, 1));
    if (!id || !status) return fail(ErrorCode::data_loss, "database: a run without a valid id or status");
    versions.push_back(
        RunVersion{std::move(*id), *status, static_cast<int>(result->integer(row, 2)), result->integer(row, 3)});
  }
  return versions;
}

Result<std::vector<Rating>> PostgresReads::ratings(const std::string& owner, const std::string& thread_id) {
  PostgresCommand command(
      "SELECT run_id, feedback, comment, sentiment FROM ratings WHERE run_id IN "
      "(SELECT id FROM runs WHERE owner = $1 AND thread_id = $2) ORDER BY run_id");
  auto result = read(command.bind(owner).bind(thread_id));
  if (!result) return fail(std::move(result));
  return read_ratings(*result);
}

}  // namespace holdfast::journal
