#include "journal/sqlite_reads.hpp"

#include <fmt/format.h>

#include "journal/cursor.hpp"
#include "journal/sqlite_rows.hpp"

namespace holdfast::journal {
namespace {

// The conditions of a list, as bits that name its statement.
constexpr unsigned kInThread = 1;
constexpr unsigned kWithStatus = 2;
constexpr unsigned kUndelivered = 4;
constexpr unsigned kBefore = 8;

unsigned conditions_of(const RunFilter& filter) {
  unsigned conditions = 0;
  if (filter.thread_id) conditions |= kInThread;
  if (filter.status) conditions |= kWithStatus;
  if (filter.only_undelivered) conditions |= kUndelivered;
  if (!filter.before.empty()) conditions |= kBefore;
  return conditions;
}

std::string list_sql(unsigned conditions) {
  std::string sql = fmt::format("SELECT {} FROM runs WHERE owner = ? AND retired_at IS NULL", kRunColumns);
  if ((conditions & kInThread) != 0) sql += " AND thread_id = ?";
  if ((conditions & kWithStatus) != 0) sql += " AND status = ?";
  if ((conditions & kUndelivered) != 0) sql += " AND finished_at IS NOT NULL AND delivered_at IS NULL";
  if ((conditions & kBefore) != 0) sql += " AND (created_at, id) < (?, ?)";
  return sql + " ORDER BY created_at DESC, id DESC LIMIT ?";
}

}  // namespace

SqliteReads::SqliteReads(const Connection& connection)
    : connection_(connection),
      find_(connection, fmt::format("SELECT {} FROM runs WHERE id = ?", kRunColumns)),
      entries_(connection,
               "SELECT seq, at, attempt, kind, body FROM entries WHERE run_id = ? AND seq > ? ORDER BY seq LIMIT ?"),
      checkpoint_(connection, "SELECT step, state FROM checkpoints WHERE run_id = ?"),
      thread_runs_(
          connection,
          fmt::format("SELECT * FROM (SELECT {} FROM runs WHERE owner = ? AND thread_id = ? AND retired_at IS NULL "
                      "ORDER BY created_at DESC, id DESC LIMIT ?) AS latest ORDER BY created_at, id",
                      kRunColumns)),
      threads_(
          connection,
          "SELECT thread_id, latest_at, run_count, (SELECT prompt FROM runs AS earliest WHERE earliest.owner = ?1 "
          "AND earliest.thread_id = summary.thread_id AND earliest.retired_at IS NULL ORDER BY created_at, id LIMIT 1) "
          "FROM (SELECT thread_id, max(created_at) AS latest_at, count(*) AS run_count FROM runs WHERE owner = ?1 "
          "AND retired_at IS NULL GROUP BY thread_id) AS summary "
          "ORDER BY latest_at DESC, thread_id DESC LIMIT ?2 OFFSET ?3"),
      count_threads_(connection, "SELECT count(DISTINCT thread_id) FROM runs WHERE owner = ? AND retired_at IS NULL"),
      unfinished_(connection,
                  fmt::format("SELECT {} FROM runs WHERE finished_at IS NULL ORDER BY created_at, id", kRunColumns)),
      backlog_(
          connection,
          "SELECT (SELECT count(*) FROM (SELECT 1 FROM runs WHERE finished_at IS NOT NULL AND delivered_at IS NULL "
          "LIMIT ?)), (SELECT finished_at FROM runs WHERE finished_at IS NOT NULL AND delivered_at IS NULL "
          "ORDER BY finished_at LIMIT 1), (SELECT created_at FROM runs WHERE finished_at IS NULL AND "
          "status = 'queued' ORDER BY created_at, id LIMIT 1)") {}

Result<std::optional<Run>> SqliteReads::find(const RunId& id) {
  Query query(find_);
  query.bind(id.text());
  auto row = query.step();
  if (!row) return fail(std::move(row));
  if (!*row) return std::optional<Run>();
  auto run = read_run(query);
  if (!run) return fail(std::move(run));
  return std::optional<Run>(std::move(*run));
}

Result<std::vector<Entry>> SqliteReads::entries(const RunId& id, std::int64_t after_seq, int limit) {
  Query query(entries_);
  query.bind(id.text()).bind(after_seq).bind(std::max(limit, 0));
  std::vector<Entry> entries;
  while (true) {
    auto row = query.step();
    if (!row) return fail(std::move(row));
    if (!*row) return entries;
    auto entry = read_entry(query);
    if (!entry) return fail(std::move(entry));
    entries.push_back(std::move(*entry));
  }
}

Result<std::optional<Checkpoint>> SqliteReads::checkpoint(const RunId& id) {
  Query query(checkpoint_);
  query.bind(id.text());
  auto row = query.step();
  if (!row) return fail(std::move(row));
  if (!*row) return std::optional<Checkpoint>();
  return std::optional<Checkpoint>(Checkpoint{std::string(query.text(0)), std::string(query.text(1))});
}

Result<std::vector<Run>> SqliteReads::list(const RunFilter& filter) {
  std::optional<Cursor> before;
  if (!filter.before.empty()) {
    auto cursor = parse_cursor(filter.before);
    if (!cursor) return fail(std::move(cursor));
    before = std::move(*cursor);
  }
  const auto conditions = conditions_of(filter);
  auto known = lists_.find(conditions);
  if (known == lists_.end()) known = lists_.try_emplace(conditions, connection_, list_sql(conditions)).first;

  Query query(known->second);
  query.bind(filter.owner);
  if (filter.thread_id) query.bind(*filter.thread_id);
  if (filter.status) query.bind(to_string(*filter.status));
  if (before) query.bind(before->created_at).bind(before->id.text());
  query.bind(std::max(filter.limit, 0));
  return read_runs(query);
}

Result<std::vector<Run>> SqliteReads::thread_runs(const std::string& owner, const std::string& thread_id, int limit) {
  Query query(thread_runs_);
  query.bind(owner).bind(thread_id).bind(std::max(limit, 0));
  return read_runs(query);
}

Result<ThreadPage> SqliteReads::threads(const std::string& owner, int offset, int limit) {
  ThreadPage page;
  Query count(count_threads_);
  auto counted = count.bind(owner).step();
  if (!counted) return fail(std::move(counted));
  page.total = count.integer(0);

  Query query(threads_);
  query.bind(owner).bind(std::max(limit, 0)).bind(std::max(offset, 0));
  while (true) {
    auto row = query.step();
    if (!row) return fail(std::move(row));
    if (!*row) return page;
    page.threads.push_back(
        ThreadSummary{std::string(query.text(0)), std::string(query.text(3)), query.integer(1), query.integer(2)});
  }
}

Result<std::vector<Run>> SqliteReads::unfinished() {
  Query query(unfinished_);
  return read_runs(query);
}

Result<Backlog> SqliteReads::backlog(UnixMillis now) {
  Query query(backlog_);
  query.bind(kMostCounted);
  auto row = query.step();
  if (!row) return fail(std::move(row));
  return make_backlog(query.integer(0), query.optional_integer(1), query.optional_integer(2), now);
}

}  // namespace holdfast::journal
