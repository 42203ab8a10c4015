/// The journal in PostgreSQL 15 or later, shared by any number of instances.
#pragma once

#include "journal/store.hpp"

namespace holdfast::journal {

struct PostgresConfig {
  std::string url;  ///< postgresql://user:password@host:port/database?sslmode=… as libpq reads it.
  /// 1 to 4. One serves; a second one takes over at once when the first breaks.
  int pool_size = 2;
  /// The longest that one operation may hold the journal thread. What takes longer is `unavailable`.
  std::chrono::milliseconds statement_limit{5'000};
  /// The longest that making a connection may take.
  std::chrono::milliseconds creation_limit{120'000};
  /// How often idle connections are tried.
  std::chrono::milliseconds health_interval{5'000};
};

/// Connects (within the statement limit), brings the tables to the version of this program and opens the store.
/// unavailable: the database cannot be reached now; failed_precondition: it refuses us for good (no such database,
/// wrong password, missing rights, another encoding than UTF-8, tables of a newer Holdfast); invalid_argument: the URL
/// or the pool size is not valid. No message holds the password.
Result<std::unique_ptr<Store>> open_postgres_store(const PostgresConfig& config);

}  // namespace holdfast::journal
