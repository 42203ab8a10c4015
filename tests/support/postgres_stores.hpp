/// Stores on databases of the shared test cluster.
#pragma once

#include "journal/postgres.hpp"
#include "tests/support/pgbouncer.hpp"

namespace holdfast::testing {

/// Short pauses, so that tests need not wait.
[[nodiscard]] inline journal::PostgresConfig postgres_config(std::string url) {
  journal::PostgresConfig config{.url = std::move(url)};
  config.statement_limit = std::chrono::seconds(20);
  config.health_interval = std::chrono::milliseconds(200);
  return config;
}

}  // namespace holdfast::testing
