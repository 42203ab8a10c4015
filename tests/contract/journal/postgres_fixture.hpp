/// A store on a fresh database of the shared cluster, and what tests do to that database.
#pragma once

#include <libpq-fe.h>

#include <functional>

#include "tests/contract/journal/store_contract.hpp"
#include "tests/support/postgres_stores.hpp"

namespace holdfast::journal {

/// Another program's connection.
class Session {
 public:
  explicit Session(const std::string& url) : connection_(PQconnectdb(url.c_str())) {}
  ~Session() { PQfinish(connection_); }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  void run(const char* sql) { PQclear(PQexec(connection_, sql)); }

 private:
  PGconn* connection_;
};

class PostgresStoreTest : public ::testing::Test {
 protected:
  PostgresStoreTest()
      : database_(testing::PostgresCluster::shared().create_database()), config_(testing::postgres_config(url())) {}

  [[nodiscard]] std::string url() const { return testing::PostgresCluster::shared().url(database_); }
  void open() { store_ = open_postgres_store(config_).value(); }
  void reopen() {
    store_.reset();
    open();
  }

  Result<Written> write(Write one) {
    const std::vector<Write> writes{std::move(one)};
    return store_->commit(writes).at(0);
  }

  RunId accepted() {
    auto id = RunId::make();
    write(testing::new_run(id)).value();
    return id;
  }

  RunId started() {
    auto id = accepted();
    write(testing::start_of(id)).value();
    return id;
  }

  journal::Run find(const RunId& id) { return store_->find(id).value().value(); }
  std::vector<Entry> history(const RunId& id) { return store_->entries(id, 0, 1'000'000).value(); }

  void expect_gapless(const RunId& id) {
    const auto entries = history(id);
    for (std::size_t i = 0; i < entries.size(); ++i) ASSERT_EQ(entries[i].seq, static_cast<std::int64_t>(i + 1));
    EXPECT_EQ(find(id).last_seq, static_cast<std::int64_t>(entries.size()));
  }

  std::string execute(const std::string& sql) const {
    return testing::PostgresCluster::shared().execute(database_, sql);
  }

  void kill_connections() const {
    execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
        "AND pid <> pg_backend_pid()");
  }

  /// Whether it becomes true within a minute.
  static bool eventually(const std::function<bool()>& condition) {
    const auto end = system_clock().steady() + std::chrono::minutes(1);
    while (system_clock().steady() < end) {
      if (condition()) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return false;
  }

  std::string database_;
  PostgresConfig config_;
  std::unique_ptr<Store> store_;
};

}  // namespace holdfast::journal
