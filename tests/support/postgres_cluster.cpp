#include "tests/support/postgres_cluster.hpp"

#include <fmt/format.h>
#include <libpq-fe.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <memory>
#include <thread>

namespace holdfast::testing {
namespace {

const std::string kPrograms = "/usr/lib/postgresql/15/bin/";

struct Finish {
  void operator()(PGconn* connection) const { PQfinish(connection); }
  void operator()(PGresult* result) const { PQclear(result); }
};

// The parent of a process, from the fields behind its name in parentheses.
pid_t parent_of(const std::filesystem::path& process) {
  std::ifstream file(process / "stat");
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  const auto end_of_name = text.rfind(')');
  if (end_of_name == std::string::npos || end_of_name + 4 >= text.size()) return 0;
  return static_cast<pid_t>(std::strtol(text.c_str() + end_of_name + 4, nullptr, 10));
}

}  // namespace

PostgresCluster::PostgresCluster(Fsync fsync) : port_(free_loopback_port()), fsync_(fsync) {
  give_to_service_user(directory_.path());
  const int status = run_service({kPrograms + "initdb", "--no-sync", "-D", directory_ / "data", "-U", "holdfast", "-A",
                                  "trust", "-E", "UTF8", "--locale=C.UTF-8"},
                                 directory_ / "initdb.log");
  HOLDFAST_CHECK(status == 0, "initdb makes a cluster");
  start();
}

PostgresCluster::~PostgresCluster() { stop_immediately(); }

PostgresCluster& PostgresCluster::shared() {
  static PostgresCluster cluster;
  return cluster;
}

void PostgresCluster::start() {
  const std::string fsync = fsync_ == Fsync::on ? "on" : "off";
  server_.start({kPrograms + "postgres", "-D", directory_ / "data", "-k", directory_.path(), "-h", "127.0.0.1", "-p",
                 std::to_string(port_), "-c", "fsync=" + fsync, "-c", "full_page_writes=" + fsync, "-c",
                 "shared_buffers=16MB", "-c", "max_connections=80", "-c", "autovacuum=off"},
                directory_ / "server.log");
  await_ready();
}

void PostgresCluster::stop() { server_.stop(SIGINT); }
void PostgresCluster::stop_immediately() { server_.stop(SIGQUIT); }

void PostgresCluster::kill() {
  for (const auto pid : processes()) ::kill(pid, SIGKILL);
  server_.stop(SIGKILL);
}

void PostgresCluster::freeze() {
  server_.send(SIGSTOP);
  for (const auto pid : processes()) ::kill(pid, SIGSTOP);
}

void PostgresCluster::thaw() {
  for (const auto pid : processes()) ::kill(pid, SIGCONT);
  server_.send(SIGCONT);
}

std::string PostgresCluster::create_database() {
  const auto name = fmt::format("test_{}_{}", ::getpid(), ++databases_);
  execute("postgres", fmt::format("CREATE DATABASE {}", name));
  return name;
}

std::string PostgresCluster::url(const std::string& database) const {
  return fmt::format("postgresql://holdfast@127.0.0.1:{}/{}", port_, database);
}

std::string PostgresCluster::execute(const std::string& database, const std::string& sql) const {
  const std::unique_ptr<PGconn, Finish> connection(PQconnectdb(url(database).c_str()));
  HOLDFAST_CHECK(PQstatus(connection.get()) == CONNECTION_OK, PQerrorMessage(connection.get()));
  const std::unique_ptr<PGresult, Finish> result(PQexec(connection.get(), sql.c_str()));
  const auto status = PQresultStatus(result.get());
  HOLDFAST_CHECK(status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK, PQerrorMessage(connection.get()));
  return PQntuples(result.get()) > 0 ? PQgetvalue(result.get(), 0, 0) : "";
}

void PostgresCluster::await_ready() const {
  for (int tries = 0; tries < 2'000; ++tries) {
    if (PQping(url("postgres").c_str()) == PQPING_OK) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
  }
  HOLDFAST_CHECK(false, "the server takes connections within a minute");
}

std::vector<pid_t> PostgresCluster::processes() const {
  std::vector<pid_t> found;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const auto pid = static_cast<pid_t>(std::strtol(entry.path().filename().c_str(), nullptr, 10));
    if (pid > 0 && parent_of(entry.path()) == server_.pid()) found.push_back(pid);
  }
  return found;
}

}  // namespace holdfast::testing
