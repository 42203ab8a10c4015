#include "journal/sqlite_leases.hpp"

#include <fmt/format.h>

#include "journal/sqlite_rows.hpp"

namespace holdfast::journal {

SqliteLeases::SqliteLeases(const Connection& connection)
    : renew_(connection,
             "INSERT INTO instances (id, lease_until) VALUES (?, ?) "
             "ON CONFLICT (id) DO UPDATE SET lease_until = excluded.lease_until"),
      forget_lapsed_(connection, "DELETE FROM instances WHERE lease_until < ?"),
      count_others_(connection, "SELECT count(*) FROM instances WHERE id <> ? AND lease_until > ?"),
      end_(connection, "UPDATE instances SET lease_until = min(lease_until, ?) WHERE id = ?"),
      until_(connection, "SELECT lease_until FROM instances WHERE id = ?"),
      claimable_(connection,
                 "SELECT id, attempt FROM (SELECT id, attempt, created_at, row_number() OVER (PARTITION BY owner "
                 "ORDER BY created_at, id) AS turn FROM runs WHERE finished_at IS NULL AND status = 'queued' "
                 "AND available_at <= ?) AS waiting ORDER BY turn, created_at, id LIMIT ?"),
      held_by_(connection, fmt::format("SELECT {} FROM runs WHERE status = 'running' AND lease_owner = ? "
                                       "ORDER BY created_at, id",
                                       kRunColumns)),
      orphans_(connection,
               fmt::format("SELECT {} FROM runs WHERE status = 'running' AND NOT EXISTS (SELECT 1 FROM instances "
                           "WHERE instances.id = runs.lease_owner AND lease_until > ?) ORDER BY created_at, id LIMIT ?",
                           kRunColumns)),
      version_(connection, "SELECT status, attempt, last_seq FROM runs WHERE id = ?") {}

Result<int> SqliteLeases::renew(const std::string& instance, UnixMillis now, std::chrono::milliseconds ttl) {
  {
    Query query(renew_);
    auto renewed = query.bind(instance).bind(now + ttl.count()).finish();
    if (!renewed) return fail(std::move(renewed));
  }
  {
    Query query(forget_lapsed_);
    auto forgotten = query.bind(now - kRememberLapsed.count()).finish();
    if (!forgotten) return fail(std::move(forgotten));
  }
  Query query(count_others_);
  auto row = query.bind(instance).bind(now).step();
  if (!row) return fail(std::move(row));
  return static_cast<int>(query.integer(0));
}

Result<void> SqliteLeases::end(const std::string& instance, UnixMillis now) {
  Query query(end_);
  return query.bind(now).bind(instance).finish();
}

Result<std::optional<UnixMillis>> SqliteLeases::until(const std::string& instance) {
  Query query(until_);
  auto row = query.bind(instance).step();
  if (!row) return fail(std::move(row));
  return *row ? query.optional_integer(0) : std::nullopt;
}

Result<std::vector<SqliteLeases::Claimable>> SqliteLeases::claimable(UnixMillis now, int limit) {
  Query query(claimable_);
  query.bind(now).bind(std::int64_t{limit});
  std::vector<Claimable> found;
  while (true) {
    auto row = query.step();
    if (!row) return fail(std::move(row));
    if (!*row) return found;
    auto id = RunId::parse(query.text(0));
    if (!id) return fail(ErrorCode::data_loss, "journal: a run without a valid id: the file is damaged");
    found.push_back(Claimable{std::move(*id), static_cast<int>(query.integer(1))});
  }
}

Result<std::vector<Run>> SqliteLeases::held_by(const std::string& instance) {
  Query query(held_by_);
  query.bind(instance);
  return read_runs(query);
}

Result<std::vector<Run>> SqliteLeases::orphans(UnixMillis now, int limit) {
  Query query(orphans_);
  query.bind(now).bind(std::int64_t{limit});
  return read_runs(query);
}

Result<std::vector<RunVersion>> SqliteLeases::versions(std::span<const RunId> ids) {
  std::vector<RunVersion> versions;
  for (const auto& id : ids) {
    Query query(version_);
    auto row = query.bind(id.text()).step();
    if (!row) return fail(std::move(row));
    if (!*row) continue;
    const auto status = parse_run_status(query.text(0));
    if (!status) return fail(ErrorCode::data_loss, "journal: a run without a valid status: the file is damaged");
    versions.push_back(RunVersion{id, *status, static_cast<int>(query.integer(1)), query.integer(2)});
  }
  return versions;
}

}  // namespace holdfast::journal
