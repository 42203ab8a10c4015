#include "tests/support/pgbouncer.hpp"

#include <fmt/format.h>
#include <libpq-fe.h>

#include <chrono>
#include <fstream>
#include <thread>

namespace holdfast::testing {

Pgbouncer::Pgbouncer(const PostgresCluster& cluster) : port_(free_loopback_port()) {
  give_to_service_user(directory_.path());
  const auto file = directory_ / "pgbouncer.ini";
  std::ofstream(file) << fmt::format(
      "[databases]\n"
      "* = host=127.0.0.1 port={} user=holdfast\n"
      "[pgbouncer]\n"
      "listen_addr = 127.0.0.1\nlisten_port = {}\nunix_socket_dir =\n"
      "auth_type = any\npool_mode = transaction\ndefault_pool_size = 4\nserver_idle_timeout = 1\n",
      cluster.port(), port_);
  process_.start({"/usr/sbin/pgbouncer", file}, directory_ / "pgbouncer.log");
  for (int tries = 0; tries < 2'000; ++tries) {
    if (PQping(url("postgres").c_str()) == PQPING_OK) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
  }
  HOLDFAST_CHECK(false, "PgBouncer takes connections within a minute");
}

Pgbouncer& Pgbouncer::shared() {
  static Pgbouncer pgbouncer(PostgresCluster::shared());
  return pgbouncer;
}

std::string Pgbouncer::url(const std::string& database) const {
  return fmt::format("postgresql://holdfast@127.0.0.1:{}/{}", port_, database);
}

}  // namespace holdfast::testing
