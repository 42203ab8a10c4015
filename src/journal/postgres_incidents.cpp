#include "journal/postgres_incidents.hpp"

#include <algorithm>
#include <limits>

#include "journal/cursor.hpp"

namespace holdfast::journal {

// Done again after a broken connection it changes nothing more, so one round trip is enough.
Result<void> PostgresIncidents::note(std::span<const Incident> incidents) {
  using enum PostgresArray::Element;
  PostgresArray ids(text), times(integer), instances(text), kinds(text), bodies(text);
  for (const auto& incident : incidents) {
    if (auto valid = check_incident(incident); !valid) return valid;
    ids.add(incident.id.text());
    times.add(incident.at);
    instances.add(incident.instance);
    kinds.add(incident.kind);
    bodies.add(incident.body);
  }
  PostgresCommand command(
      "INSERT INTO incidents (id, at, instance, kind, body) SELECT * FROM unnest($1, $2, $3, $4, $5) "
      "ON CONFLICT (id) DO NOTHING");
  command.bind(std::move(ids)).bind(std::move(times)).bind(std::move(instances));
  command.bind(std::move(kinds)).bind(std::move(bodies));
  auto noted = transactions_.run({std::move(command)});
  if (!noted) return fail(std::move(noted));
  return {};
}

Result<IncidentPage> PostgresIncidents::list(const IncidentFilter& filter) {
  UnixMillis before_at = std::numeric_limits<UnixMillis>::max();
  std::string before_id;
  if (!filter.before.empty()) {
    auto cursor = parse_cursor(filter.before);
    if (!cursor) return fail(std::move(cursor));
    before_at = cursor->created_at;
    before_id = cursor->id.text();
  }
  PostgresCommand command(
      "SELECT id, at, instance, kind, body FROM incidents WHERE at >= $1 AND (at, id) < ($2, $3) "
      "AND ($4 = '' OR kind = $4) ORDER BY at DESC, id DESC LIMIT $5");
  command.bind(filter.since.value_or(std::numeric_limits<UnixMillis>::min())).bind(before_at).bind(before_id);
  command.bind(filter.kind).bind(std::int64_t{std::max(filter.limit, 0)});
  auto results = transactions_.run({std::move(command)});
  if (!results) return fail(std::move(results));
  const auto& rows = results->front();
  IncidentPage page;
  for (int row = 0; row < rows.rows(); ++row) {
    auto id = IncidentId::parse(rows.text(row, 0));
    if (!id) return fail(ErrorCode::data_loss, "database: an incident without a valid id");
    page.incidents.push_back(Incident{std::move(*id), rows.integer(row, 1), std::string(rows.text(row, 2)),
                                      std::string(rows.text(row, 3)), std::string(rows.text(row, 4))});
  }
  return page;
}

// Several instances may do it at the same moment: what one of them has removed the others do not find.
Result<std::int64_t> PostgresIncidents::trim(std::chrono::milliseconds age, std::int64_t keep, int limit) {
  const auto at_most = std::int64_t{std::max(limit, 0)};
  PostgresCommand old(
      "DELETE FROM incidents WHERE id IN (SELECT id FROM incidents WHERE at < "
      "floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint - $1 ORDER BY at, id LIMIT $2)");
  old.bind(std::int64_t{age.count()}).bind(at_most);
  PostgresCommand surplus(
      "DELETE FROM incidents WHERE id IN (SELECT id FROM incidents ORDER BY at DESC, id DESC LIMIT $1 OFFSET $2)");
  surplus.bind(at_most).bind(keep);
  auto removed = transactions_.run({std::move(old), std::move(surplus)});
  if (!removed) return fail(std::move(removed));
  return removed->at(0).affected() + removed->at(1).affected();
}

}  // namespace holdfast::journal
