#include "journal/sqlite_incidents.hpp"

#include <algorithm>
#include <limits>

#include "journal/cursor.hpp"

namespace holdfast::journal {
namespace {

Result<std::vector<Incident>> read_incidents(Query& query) {
  std::vector<Incident> incidents;
  while (true) {
    auto row = query.step();
    if (!row) return fail(std::move(row));
    if (!*row) return incidents;
    auto id = IncidentId::parse(query.text(0));
    if (!id) return fail(ErrorCode::data_loss, "journal: an incident without a valid id: the file is damaged");
    incidents.push_back(Incident{std::move(*id), query.integer(1), std::string(query.text(2)),
                                 std::string(query.text(3)), std::string(query.text(4))});
  }
}

}  // namespace

SqliteIncidents::SqliteIncidents(const Connection& connection)
    : connection_(connection),
      insert_(
          connection,
          "INSERT INTO incidents (id, at, instance, kind, body) VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING"),
      list_(connection,
            "SELECT id, at, instance, kind, body FROM incidents WHERE at >= ? AND (at, id) < (?, ?) "
            "AND (? = '' OR kind = ?) ORDER BY at DESC, id DESC LIMIT ?"),
      oldest_(connection, "SELECT id, at, instance, kind, body FROM incidents ORDER BY at, id LIMIT ?"),
      delete_(connection, "DELETE FROM incidents WHERE id = ?"),
      delete_old_(connection,
                  "DELETE FROM incidents WHERE id IN (SELECT id FROM incidents WHERE at < ? ORDER BY at, id LIMIT ?)"),
      delete_surplus_(connection,
                      "DELETE FROM incidents WHERE id IN (SELECT id FROM incidents ORDER BY at DESC, id DESC LIMIT ? "
                      "OFFSET ?)") {}

Result<void> SqliteIncidents::note(std::span<const Incident> incidents) {
  for (const auto& incident : incidents) {
    Query query(insert_);
    query.bind(incident.id.text()).bind(incident.at).bind(incident.instance).bind(incident.kind);
    if (auto inserted = query.bind(incident.body).finish(); !inserted) return inserted;
  }
  return {};
}

Result<std::vector<Incident>> SqliteIncidents::list(const IncidentFilter& filter) {
  UnixMillis before_at = std::numeric_limits<UnixMillis>::max();
  std::string before_id;
  if (!filter.before.empty()) {
    auto cursor = parse_cursor(filter.before);
    if (!cursor) return fail(std::move(cursor));
    before_at = cursor->created_at;
    before_id = cursor->id.text();
  }
  Query query(list_);
  query.bind(filter.since.value_or(std::numeric_limits<UnixMillis>::min())).bind(before_at).bind(before_id);
  query.bind(filter.kind).bind(filter.kind).bind(std::int64_t{std::max(filter.limit, 0)});
  return read_incidents(query);
}

Result<std::int64_t> SqliteIncidents::trim(UnixMillis before, std::int64_t keep, int limit) {
  const auto at_most = std::int64_t{std::max(limit, 0)};
  std::int64_t removed = 0;
  {
    Query query(delete_old_);
    if (auto deleted = query.bind(before).bind(at_most).finish(); !deleted) return fail(std::move(deleted));
    removed += sqlite3_changes64(connection_.get());
  }
  Query query(delete_surplus_);
  if (auto deleted = query.bind(at_most).bind(keep).finish(); !deleted) return fail(std::move(deleted));
  return removed + sqlite3_changes64(connection_.get());
}

Result<std::vector<Incident>> SqliteIncidents::oldest(int limit) {
  Query query(oldest_);
  query.bind(std::int64_t{limit});
  return read_incidents(query);
}

Result<void> SqliteIncidents::remove(std::span<const Incident> incidents) {
  for (const auto& incident : incidents) {
    Query query(delete_);
    if (auto removed = query.bind(incident.id.text()).finish(); !removed) return removed;
  }
  return {};
}

}  // namespace holdfast::journal
