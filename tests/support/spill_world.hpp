/// A SpillStore in front of a database that can be taken away, for tests. The database is an SQLite file, which can be
/// looked at, and changed by another instance, beside the store.
#pragma once

#include <gtest/gtest.h>

#include "journal/spill_store.hpp"
#include "journal/sqlite_connection.hpp"
#include "tests/support/faulty_store.hpp"
#include "tests/support/journal_writes.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/temporary_directory.hpp"

namespace holdfast::testing {

class SpillWorld {
 public:
  /// Opens the store as a new process would.
  void open() {
    store_.reset();
    database_ = nullptr;
    auto opened = journal::open_spill_store(config_, [this] { return open_database(); }, clock_);
    ASSERT_TRUE(opened) << opened.error().message();
    store_ = std::move(*opened);
  }

  void take_away() {
    away_ = true;
    if (database_ != nullptr) database_->away = true;
  }

  void give_back() {
    away_ = false;
    if (database_ != nullptr) database_->away = false;
  }

  /// Time passes and the journal thread finds nothing else to do.
  void wait(std::chrono::milliseconds time = std::chrono::seconds(1)) {
    clock_.advance(time);
    store_->settle();
  }

  /// Until nothing is left to move, or ten minutes have passed.
  void wait_until_settled() {
    for (int i = 0; i < 600 && store_->settles_again_in(); ++i) wait();
  }

  /// The writes in one commit.
  std::vector<Result<journal::Written>> write_all(const std::vector<journal::Write>& writes) {
    return store_->commit(writes);
  }

  Result<journal::Written> write(journal::Write one) {
    const std::vector<journal::Write> writes{std::move(one)};
    auto results = store_->commit(writes);
    return std::move(results.at(0));
  }

  /// Writes that go on from `run`.
  static journal::Append from(const journal::Run& run, journal::Append append) {
    append.known = std::make_shared<const journal::Run>(run);
    return append;
  }

  journal::Store& store() { return *store_; }
  FaultyStore& database() { return *database_; }
  /// False while it was never opened.
  [[nodiscard]] bool has_database() const { return database_ != nullptr; }
  ManualClock& clock() { return clock_; }
  journal::SpillConfig& config() { return config_; }
  [[nodiscard]] const std::string& spill_path() const { return config_.path; }

  /// The database as another instance sees it.
  std::unique_ptr<journal::Store> other_instance() {
    return journal::open_sqlite_store(database_path_, clock_).value();
  }

  /// The first column of a query on the local file.
  std::int64_t count_locally(const std::string& sql) {
    auto connection = journal::Connection::open(config_.path).value();
    return connection.integer(sql.c_str()).value();
  }

 private:
  Result<std::unique_ptr<journal::Store>> open_database() {
    if (away_) return fail(ErrorCode::unavailable, "fault: away");
    auto store = journal::open_sqlite_store(database_path_, clock_);
    if (!store) return store;
    auto faulty = std::make_unique<FaultyStore>(std::move(*store));
    database_ = faulty.get();
    return faulty;
  }

  TemporaryDirectory directory_;
  std::string database_path_ = directory_ / "journal.db";
  journal::SpillConfig config_{.path = directory_ / "spill.sqlite", .database_type = "sqlite"};
  ManualClock clock_;
  bool away_ = false;
  FaultyStore* database_ = nullptr;
  std::unique_ptr<journal::Store> store_;
};

}  // namespace holdfast::testing
