/// PgBouncer in transaction mode in front of a PostgresCluster, on a free loopback port.
#pragma once

#include "tests/support/postgres_cluster.hpp"

namespace holdfast::testing {

class Pgbouncer {
 public:
  /// Started, ready for connections. `cluster` outlives it.
  explicit Pgbouncer(const PostgresCluster& cluster);

  /// In front of the shared cluster; made at the first call.
  static Pgbouncer& shared();

  [[nodiscard]] std::string url(const std::string& database) const;

 private:
  TemporaryDirectory directory_;
  const int port_;
  ServiceProcess process_;
};

}  // namespace holdfast::testing
