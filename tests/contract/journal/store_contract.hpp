/// The fixture of the Store contract: a fresh store of each kind, and verbs to use it.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "tests/support/faulty_store.hpp"
#include "tests/support/journal_writes.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/temporary_directory.hpp"

namespace holdfast::journal {

/// Whose clock stamps what is stored: the one that the store was given, or that of its database.
enum class StoreTime : unsigned char { manual, real };

struct StoreKind {
  const char* name;
  Result<std::unique_ptr<Store>> (*open)(const std::string& path, const Clock& clock);
  StoreTime time;
};

inline void PrintTo(const StoreKind& kind, std::ostream* out) { *out << kind.name; }

class StoreContract : public ::testing::TestWithParam<StoreKind> {
 protected:
  StoreContract() { reopen(); }

  void reopen() {
    store_.reset();
    auto opened = GetParam().open(path_, clock_);
    ASSERT_TRUE(opened) << opened.error().message();
    store_ = std::move(*opened);
  }

  /// Lets time pass for the store.
  void pass(std::chrono::milliseconds time) {
    clock_.advance(time);
    if (GetParam().time == StoreTime::real) std::this_thread::sleep_for(time);
  }

  /// What the store's clock has counted over pass(time).
  [[nodiscard]] ::testing::Matcher<UnixMillis> passed(std::chrono::milliseconds time) const {
    const UnixMillis count = time.count();
    if (GetParam().time == StoreTime::real) return ::testing::Ge(count);
    return ::testing::Eq(count);
  }

  [[nodiscard]] UnixMillis now() const {
    return GetParam().time == StoreTime::real ? system_clock().wall() : clock_.wall();
  }

  Result<Written> write(Write one) {
    const std::vector<Write> writes{std::move(one)};
    return store_->commit(writes).at(0);
  }

  journal::Run accept(const RunId& id, std::string owner = "ann", std::string thread_id = "t1") {
    return write(testing::new_run(id, std::move(owner), std::move(thread_id))).value().run;
  }

  RunId accepted() {
    auto id = RunId::make();
    accept(id);
    return id;
  }

  RunId started() {
    auto id = accepted();
    write(testing::start_of(id)).value();
    return id;
  }

  RunId completed() {
    auto id = started();
    write(testing::completion_of(id)).value();
    return id;
  }

  journal::Run find(const RunId& id) { return store_->find(id).value().value(); }
  std::vector<Entry> history(const RunId& id) { return store_->entries(id, 0, 1'000'000).value(); }

  testing::TemporaryDirectory directory_;
  std::string path_ = directory_ / "journal.db";
  testing::ManualClock clock_;
  std::unique_ptr<Store> store_;
};

/// What holds too while the database behind the store is away. Whatever needs to know what is not there (an unknown
/// run, a list) is in StoreContract alone.
class StoreContractAlsoAway : public StoreContract {};

MATCHER_P(FailsWith, code, "fails with " + std::string(to_string(code))) {
  if (arg.has_value()) {
    *result_listener << "it succeeded";
    return false;
  }
  *result_listener << to_string(arg.error().code()) << ": " << arg.error().message();
  return arg.error().code() == code;
}

[[nodiscard]] inline std::vector<std::string> ids_of(const std::vector<Run>& runs) {
  std::vector<std::string> ids;
  for (const auto& run : runs) ids.push_back(run.id.text());
  return ids;
}

}  // namespace holdfast::journal
