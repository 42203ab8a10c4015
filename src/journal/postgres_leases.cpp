#include "journal/postgres_leases.hpp"

#include <fmt/format.h>

#include "journal/postgres_rows.hpp"

namespace holdfast::journal {
namespace {

constexpr const char* kRenew =
    "INSERT INTO instances (id, lease_until) VALUES ($1, floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint "
    "+ $2) ON CONFLICT (id) DO UPDATE SET lease_until = excluded.lease_until";

// Not those that another session is about to renew or to delete.
constexpr const char* kForgetLapsed =
    "DELETE FROM instances WHERE id IN (SELECT id FROM instances WHERE id <> $1 AND lease_until < "
    "floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint - $2 FOR UPDATE SKIP LOCKED)";

constexpr const char* kCountOthers =
    "SELECT count(*) FROM instances WHERE id <> $1 AND lease_until > "
    "floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint";

}  // namespace

Result<int> PostgresLeases::renew(const std::string& instance, std::chrono::milliseconds ttl) {
  PostgresCommand renew(kRenew);
  renew.bind(instance).bind(std::int64_t{ttl.count()});
  PostgresCommand forget(kForgetLapsed);
  forget.bind(instance).bind(std::int64_t{kRememberLapsed.count()});
  PostgresCommand count(kCountOthers);
  count.bind(instance);
  auto results = transactions_.run({std::move(renew), std::move(forget), std::move(count)});
  if (!results) return fail(std::move(results));
  ttl_ = ttl;
  return static_cast<int>(results->at(2).integer(0, 0));
}

Result<void> PostgresLeases::end(const std::string& instance) {
  PostgresCommand command(
      "UPDATE instances SET lease_until = least(lease_until, "
      "floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint) WHERE id = $1");
  command.bind(instance);
  auto results = transactions_.run({std::move(command)});
  if (!results) return fail(std::move(results));
  return {};
}

Result<std::optional<UnixMillis>> PostgresLeases::until(const std::string& instance) {
  PostgresCommand command("SELECT lease_until FROM instances WHERE id = $1");
  command.bind(instance);
  auto results = transactions_.run({std::move(command)});
  if (!results) return fail(std::move(results));
  if (results->front().rows() == 0) return std::optional<UnixMillis>();
  return std::optional(results->front().integer(0, 0));
}

Result<std::vector<Run>> PostgresLeases::held_by(const std::string& instance) {
  PostgresCommand command(fmt::format(
      "SELECT {} FROM runs WHERE status = 'running' AND lease_owner = $1 ORDER BY created_at, id", kRunColumns));
  command.bind(instance);
  auto results = transactions_.run({std::move(command)});
  if (!results) return fail(std::move(results));
  return read_runs(results->front());
}

Result<std::vector<Run>> PostgresLeases::orphans(int limit) {
  if (!ttl_) return std::vector<Run>();
  const auto connected_since = pool_.connected_since();
  if (!connected_since || system_clock().steady() - *connected_since < *ttl_) return std::vector<Run>();
  PostgresCommand command(
      fmt::format("SELECT {} FROM runs WHERE status = 'running' "
                  "AND clock_timestamp() - pg_postmaster_start_time() > $2 * interval '1 millisecond' "
                  "AND NOT EXISTS (SELECT 1 FROM instances WHERE instances.id = runs.lease_owner AND lease_until > "
                  "floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint) ORDER BY created_at, id LIMIT $1",
                  kRunColumns));
  command.bind(std::int64_t{std::max(limit, 0)}).bind(std::int64_t{ttl_->count()});
  auto results = transactions_.run({std::move(command)});
  if (!results) return fail(std::move(results));
  return read_runs(results->front());
}

}  // namespace holdfast::journal
