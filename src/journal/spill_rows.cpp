#include "journal/spill_rows.hpp"

#include <fmt/format.h>

#include "journal/sqlite_rows.hpp"

namespace holdfast::journal {
namespace {

// The file is of one program on one machine and never larger than an outage, so its own tables need no steps yet.
constexpr std::int64_t kTablesVersion = 1;

std::string tables_sql() {
  return fmt::format(R"sql(
BEGIN IMMEDIATE;
CREATE TABLE spilled (
  number         INTEGER PRIMARY KEY AUTOINCREMENT,
  run_id         TEXT NOT NULL UNIQUE,
  at             BIGINT NOT NULL,
  accepted_here  INTEGER NOT NULL,
  in_doubt       INTEGER NOT NULL,
  base_seq       BIGINT NOT NULL,
  base_status    TEXT NOT NULL,
  base_attempt   INTEGER NOT NULL,
  base_owner     TEXT NOT NULL
);
CREATE TABLE fenced_runs (number INTEGER PRIMARY KEY, fenced_at BIGINT NOT NULL, base_seq BIGINT NOT NULL, {});
CREATE INDEX fenced_runs_by_id ON fenced_runs (id);
CREATE TABLE fenced_entries (
  number   INTEGER NOT NULL,
  seq      BIGINT NOT NULL,
  at       BIGINT NOT NULL,
  attempt  INTEGER NOT NULL,
  kind     TEXT NOT NULL,
  body     TEXT NOT NULL,
  PRIMARY KEY (number, seq)
);
CREATE TABLE peers (others INTEGER NOT NULL);
INSERT INTO peers (others) VALUES (0);
PRAGMA user_version = {};
COMMIT;
)sql",
                     kRunColumns, kTablesVersion);
}

}  // namespace

Result<void> make_spill_tables(Connection& connection) {
  auto version = connection.integer("PRAGMA user_version");
  if (!version) return fail(std::move(version));
  if (*version > kTablesVersion) {
    return fail(ErrorCode::failed_precondition,
                fmt::format("local journal {}: written by a newer Holdfast: start that version again until it is empty",
                            connection.path()));
  }
  if (*version == kTablesVersion) return {};
  auto made = connection.run(tables_sql().c_str());
  if (!made) connection.roll_back();
  return made;
}

SpillRows::SpillRows(const Connection& connection)
    : find_(connection,
            "SELECT accepted_here, in_doubt, base_seq, base_status, base_attempt, base_owner FROM spilled WHERE run_id "
            "= ?"),
      add_(connection,
           "INSERT INTO spilled (run_id, at, accepted_here, in_doubt, base_seq, base_status, base_attempt, "
           "base_owner) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"),
      doubt_(connection,
             "UPDATE spilled SET in_doubt = 1 WHERE in_doubt = 0 AND number IN (SELECT number FROM spilled WHERE "
             "number > ? "
             "ORDER BY number LIMIT ?)"),
      put_run_(connection, fmt::format("INSERT INTO runs ({}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
                                       "?, ?, ?, ?, ?)",
                                       kRunColumns)),
      next_(connection, "SELECT number, run_id FROM spilled WHERE number > ? ORDER BY number LIMIT 1"),
      delete_spilled_(connection, "DELETE FROM spilled WHERE run_id = ?"),
      delete_run_(connection, "DELETE FROM runs WHERE id = ?"),
      delete_entries_(connection, "DELETE FROM entries WHERE run_id = ?"),
      delete_checkpoint_(connection, "DELETE FROM checkpoints WHERE run_id = ?"),
      keep_run_(
          connection,
          fmt::format("INSERT INTO fenced_runs (number, fenced_at, base_seq, {0}) SELECT number, ?, base_seq, {0} "
                      "FROM spilled JOIN runs ON runs.id = spilled.run_id WHERE run_id = ?",
                      kRunColumns)),
      keep_entries_(connection,
                    "INSERT INTO fenced_entries (number, seq, at, attempt, kind, body) SELECT spilled.number, seq, "
                    "entries.at, attempt, kind, body FROM spilled JOIN entries ON entries.run_id = spilled.run_id "
                    "WHERE spilled.run_id = ?"),
      is_set_aside_(connection, "SELECT 1 FROM fenced_runs WHERE id = ? LIMIT 1"),
      has_thread_(connection, "SELECT 1 FROM runs WHERE owner = ? AND thread_id = ? LIMIT 1"),
      oldest_at_(connection, "SELECT at FROM spilled ORDER BY number LIMIT 1"),
      depth_(connection, "SELECT count(*) FROM spilled"),
      fenced_(connection, "SELECT count(*) FROM fenced_runs"),
      others_(connection, "SELECT others FROM peers"),
      set_others_(connection, "UPDATE peers SET others = ?") {}

Result<std::optional<SpilledRun>> SpillRows::find(const RunId& id) {
  Query query(find_);
  auto row = query.bind(id.text()).step();
  if (!row) return fail(std::move(row));
  if (!*row) return std::optional<SpilledRun>();
  const auto status = parse_run_status(query.text(3));
  if (!status) return fail(ErrorCode::data_loss, "local journal: a run without a valid status: the file is damaged");
  return std::optional(SpilledRun{query.integer(0) != 0, query.integer(1) != 0, query.integer(2), *status,
                                  static_cast<int>(query.integer(4)), std::string(query.text(5))});
}

Result<void> SpillRows::add(const RunId& id, const SpilledRun& spilled, UnixMillis now) {
  Query query(add_);
  query.bind(id.text()).bind(now).bind(std::int64_t{spilled.accepted_here}).bind(std::int64_t{spilled.in_doubt});
  query.bind(spilled.base_seq).bind(to_string(spilled.base_status)).bind(std::int64_t{spilled.base_attempt});
  return query.bind(spilled.base_owner).finish();
}

// The columns are in the order of kRunColumns.
Result<void> SpillRows::adopt(const Run& base, const SpilledRun& spilled, UnixMillis now) {
  if (auto added = add(base.id, spilled, now); !added) return added;
  Query query(put_run_);
  query.bind(base.id.text()).bind(to_string(base.status)).bind(base.attempt).bind(base.crashes).bind(base.last_seq);
  query.bind(base.created_at).bind(base.started_at).bind(base.finished_at).bind(base.delivered_at);
  query.bind(base.owner).bind(base.thread_id).bind(base.route).bind(base.traceparent);
  query.bind(base.usage).bind(base.error).bind(base.prompt).bind(base.request).bind(base.result);
  query.bind(base.retired_at).bind(base.available_at).bind(base.lease_owner);
  return query.finish();
}

Result<void> SpillRows::doubt_next(std::int64_t number, int count) {
  Query query(doubt_);
  return query.bind(number).bind(std::int64_t{count}).finish();
}

Result<void> SpillRows::doubt_all() { return doubt_next(0, -1); }

Result<std::optional<SpilledId>> SpillRows::next(std::int64_t number) {
  Query query(next_);
  auto row = query.bind(number).step();
  if (!row) return fail(std::move(row));
  if (!*row) return std::optional<SpilledId>();
  auto id = RunId::parse(query.text(1));
  if (!id) return fail(ErrorCode::data_loss, "local journal: a run without a valid id: the file is damaged");
  return std::optional(SpilledId{query.integer(0), std::move(*id)});
}

Result<void> SpillRows::remove(const RunId& id) {
  for (auto* statement : {&delete_spilled_, &delete_run_, &delete_entries_, &delete_checkpoint_}) {
    Query query(*statement);
    if (auto removed = query.bind(id.text()).finish(); !removed) return removed;
  }
  return {};
}

Result<void> SpillRows::set_aside(const RunId& id, UnixMillis now) {
  {
    Query query(keep_run_);
    if (auto kept = query.bind(now).bind(id.text()).finish(); !kept) return kept;
  }
  Query query(keep_entries_);
  return query.bind(id.text()).finish();
}

Result<bool> SpillRows::is_set_aside(const RunId& id) {
  Query query(is_set_aside_);
  return query.bind(id.text()).step();
}

Result<bool> SpillRows::has_thread(const std::string& owner, const std::string& thread_id) {
  Query query(has_thread_);
  return query.bind(owner).bind(thread_id).step();
}

Result<std::optional<std::int64_t>> SpillRows::integer(Statement& statement) {
  Query query(statement);
  auto row = query.step();
  if (!row) return fail(std::move(row));
  return *row ? query.optional_integer(0) : std::nullopt;
}

Result<std::optional<UnixMillis>> SpillRows::oldest_at() { return integer(oldest_at_); }

Result<SpillTotals> SpillRows::totals() {
  auto depth = integer(depth_);
  if (!depth) return fail(std::move(depth));
  auto fenced = integer(fenced_);
  if (!fenced) return fail(std::move(fenced));
  auto oldest = integer(oldest_at_);
  if (!oldest) return fail(std::move(oldest));
  return SpillTotals{depth->value_or(0), fenced->value_or(0), *oldest};
}

Result<int> SpillRows::others() {
  auto others = integer(others_);
  if (!others) return fail(std::move(others));
  return static_cast<int>(others->value_or(0));
}

Result<void> SpillRows::set_others(int others) {
  Query query(set_others_);
  return query.bind(std::int64_t{others}).finish();
}

}  // namespace holdfast::journal
