#include "journal/sqlite_writes.hpp"

#include <fmt/format.h>

#include "journal/fold.hpp"
#include "journal/sqlite_rows.hpp"

namespace holdfast::journal {
namespace {

std::unexpected<Error> no_such_run(const RunId& id) {
  return fail(ErrorCode::not_found, fmt::format("there is no run {}", id.text()));
}

// An entry that only reports progress leaves everything but last_seq alone, and its row keeps its length.
bool only_adds_an_entry(const Append& append) {
  return append.from == append.to && !append.starts_attempt && !append.counts_crash && append.result.empty() &&
         append.error.empty() && append.usage.empty();
}

bool stores_text(const Append& append) {
  return !append.result.empty() || !append.error.empty() || !append.usage.empty();
}

}  // namespace

SqliteWrites::SqliteWrites(const Connection& connection)
    : find_(connection, fmt::format("SELECT {}, rowid FROM runs WHERE id = ?", kRunColumns)),
      insert_run_(connection, fmt::format("INSERT INTO runs ({}) VALUES (?, ?, ?, 0, ?, ?, ?, NULL, NULL, ?, ?, ?, "
                                          "?, '', '', ?, ?, '', NULL, 0, ?)",
                                          kRunColumns)),
      insert_entry_(connection, "INSERT INTO entries (run_id, seq, at, attempt, kind, body) VALUES (?, ?, ?, ?, ?, ?)"),
      update_last_seq_(connection, "UPDATE runs SET last_seq = ? WHERE rowid = ?"),
      update_state_(
          connection,
          "UPDATE runs SET status = ?, attempt = ?, crashes = ?, last_seq = ?, started_at = ?, available_at = ?, "
          "lease_owner = ? WHERE rowid = ?"),
      update_all_(
          connection,
          "UPDATE runs SET status = ?, attempt = ?, crashes = ?, last_seq = ?, started_at = ?, available_at = ?, "
          "lease_owner = ?, finished_at = ?, usage = ?, error = ?, result = ? WHERE rowid = ?"),
      update_delivered_(connection, "UPDATE runs SET last_seq = ?, delivered_at = ? WHERE rowid = ?"),
      put_checkpoint_(connection,
                      "INSERT INTO checkpoints (run_id, step, state) VALUES (?, ?, ?) "
                      "ON CONFLICT (run_id) DO UPDATE SET step = excluded.step, state = excluded.state") {}

Result<Written> SqliteWrites::apply(const Write& write, UnixMillis now) {
  if (const auto* accepted = std::get_if<Accept>(&write)) return accept(*accepted, now);
  if (const auto* appended = std::get_if<Append>(&write)) return append(*appended, now);
  return deliver(std::get<Deliver>(write), now);
}

Result<Written> SqliteWrites::accept(const Accept& accept, UnixMillis now) {
  auto found = find(accept.run.id);
  if (!found) return fail(std::move(found));
  std::optional<Found> existing = std::move(*found);
  if (existing) return Written{std::move(existing->run), false};

  Written written{accept.run, true};
  const auto entries = fold_accept(written.run, accept, now);
  if (auto done = insert_run(written.run); !done) return fail(std::move(done));
  for (const auto& entry : entries) {
    if (auto done = insert_entry(written.run.id, entry); !done) return fail(std::move(done));
  }
  return written;
}

Result<Written> SqliteWrites::append(const Append& append, UnixMillis now) {
  auto found = find(append.id);
  if (!found) return fail(std::move(found));
  std::optional<Found> existing = std::move(*found);
  if (!existing) return no_such_run(append.id);

  auto& run = existing->run;
  auto entry = fold_append(run, append, now);
  if (!entry) return fail(std::move(entry));
  if (auto done = update(*existing, append); !done) return fail(std::move(done));
  if (auto done = insert_entry(run.id, *entry); !done) return fail(std::move(done));
  if (append.checkpoint) {
    if (auto done = put_checkpoint(run.id, *append.checkpoint); !done) return fail(std::move(done));
  }
  return Written{std::move(run), true};
}

Result<Written> SqliteWrites::deliver(const Deliver& deliver, UnixMillis now) {
  auto found = find(deliver.id);
  if (!found) return fail(std::move(found));
  std::optional<Found> existing = std::move(*found);
  if (!existing) return no_such_run(deliver.id);

  auto& run = existing->run;
  auto folded = fold_deliver(run, now);
  if (!folded) return fail(std::move(folded));
  const std::optional<Entry> entry = std::move(*folded);
  if (!entry) return Written{std::move(run), false};

  Query query(update_delivered_);
  query.bind(run.last_seq).bind(run.delivered_at).bind(existing->rowid);
  if (auto done = query.finish(); !done) return fail(std::move(done));
  if (auto done = insert_entry(run.id, *entry); !done) return fail(std::move(done));
  return Written{std::move(run), true};
}

Result<std::optional<SqliteWrites::Found>> SqliteWrites::find(const RunId& id) {
  Query query(find_);
  query.bind(id.text());
  auto row = query.step();
  if (!row) return fail(std::move(row));
  if (!*row) return std::optional<Found>();
  auto run = read_run(query);
  if (!run) return fail(std::move(run));
  return std::optional<Found>(Found{std::move(*run), query.integer(kRunColumnCount)});
}

Result<void> SqliteWrites::insert_run(const Run& run) {
  Query query(insert_run_);
  query.bind(run.id.text()).bind(to_string(run.status)).bind(run.attempt).bind(run.last_seq);
  query.bind(run.created_at).bind(run.started_at);
  query.bind(run.owner).bind(run.thread_id).bind(run.route).bind(run.traceparent);
  query.bind(run.prompt).bind(run.request).bind(run.lease_owner);
  return query.finish();
}

Result<void> SqliteWrites::insert_entry(const RunId& id, const Entry& entry) {
  Query query(insert_entry_);
  query.bind(id.text()).bind(entry.seq).bind(entry.at).bind(entry.attempt).bind(to_string(entry.kind)).bind(entry.body);
  return query.finish();
}

// Three statements, because SQLite rewrites the index entries of every column that a statement names.
Result<void> SqliteWrites::update(const Found& found, const Append& append) {
  const auto& run = found.run;
  if (only_adds_an_entry(append)) {
    Query query(update_last_seq_);
    return query.bind(run.last_seq).bind(found.rowid).finish();
  }
  const bool moves_only = !stores_text(append) && !is_terminal(append.to);
  Query query(moves_only ? update_state_ : update_all_);
  query.bind(to_string(run.status)).bind(run.attempt).bind(run.crashes).bind(run.last_seq).bind(run.started_at);
  query.bind(run.available_at).bind(run.lease_owner);
  if (!moves_only) query.bind(run.finished_at).bind(run.usage).bind(run.error).bind(run.result);
  return query.bind(found.rowid).finish();
}

Result<void> SqliteWrites::put_checkpoint(const RunId& id, const Checkpoint& checkpoint) {
  Query query(put_checkpoint_);
  return query.bind(id.text()).bind(checkpoint.step).bind(checkpoint.state).finish();
}

}  // namespace holdfast::journal
