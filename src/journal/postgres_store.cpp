#include "journal/postgres_store.hpp"

#include "journal/postgres_schema.hpp"

namespace holdfast::journal {
namespace {

constexpr int kMostConnections = 4;

// 64 KB that no compression makes small: less would fit into what is left of a full disk.
constexpr const char* kProbe =
    "UPDATE probe SET filler = (SELECT string_agg(md5(random()::text || n::text), '') FROM generate_series(1, 2048) AS "
    "n)";

}  // namespace

Result<std::unique_ptr<Store>> open_postgres_store(const PostgresConfig& config) {
  if (config.pool_size < 1 || config.pool_size > kMostConnections) {
    return fail(ErrorCode::invalid_argument, "database: the pool holds 1 to 4 connections");
  }
  auto connection = PostgresConnection::connect(config.url, Deadline(config.statement_limit), nullptr);
  if (!connection) return fail(std::move(connection));
  // Steps of a migration may take long on large tables, and others wait for them.
  auto migrated = migrate_postgres(*connection, Deadline(config.creation_limit));
  if (!migrated) return fail(std::move(migrated));
  return std::make_unique<PostgresStore>(config, std::move(*connection));
}

PostgresStore::PostgresStore(const PostgresConfig& config, PostgresConnection first)
    : config_(config),
      self_(RunId::make().text()),
      pool_(config, std::move(first)),
      transactions_(pool_, config.statement_limit),
      writes_(transactions_, self_),
      reads_(transactions_),
      leases_(transactions_, pool_),
      ratings_(transactions_),
      incidents_(transactions_),
      portable_(transactions_) {}

Result<void> PostgresStore::probe() {
  auto probed = transactions_.run({PostgresCommand(kProbe)});
  if (!probed) return fail(std::move(probed));
  return {};
}

Result<int> PostgresStore::renew_lease(const std::string& instance, std::chrono::milliseconds ttl) {
  auto others = leases_.renew(instance, ttl);
  if (others) writes_.others_are_alive(*others > 0);
  return others;
}

void PostgresStore::on_change(std::function<void(Change)> sink) {
  listener_.reset();
  listener_ = std::make_unique<PostgresListener>(config_, self_, std::move(sink));
}

Result<void> PostgresStore::reset_connections() {
  pool_.reset();
  return {};
}

}  // namespace holdfast::journal
