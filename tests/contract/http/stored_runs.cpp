#include "tests/contract/http/stored_runs.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/support/journal_writes.hpp"

namespace holdfast::testing {
namespace {

class FixedClock final : public Clock {
 public:
  explicit FixedClock(UnixMillis wall) : wall_(wall) {}
  [[nodiscard]] SteadyTime steady() const noexcept override { return system_clock().steady(); }
  [[nodiscard]] UnixMillis wall() const noexcept override { return wall_; }

 private:
  UnixMillis wall_;
};

}  // namespace

RunId numbered_id(int number) { return *RunId::parse(fmt::format("01890a5d-ac96-774b-bcce-{:012x}", number)); }

void store_runs(const std::string& path, const std::vector<StoredRun>& runs, std::optional<UnixMillis> at, Stored how) {
  const FixedClock clock(at.value_or(system_clock().wall()));
  auto store = journal::open_sqlite_store(path, clock);
  ASSERT_TRUE(store) << store.error().message();
  std::vector<journal::Write> writes;
  for (const auto& run : runs) {
    writes.emplace_back(new_run(run.id, run.owner, run.thread_id, run.prompt));
    writes.emplace_back(start_of(run.id));
    writes.emplace_back(completion_of(run.id, 1, run.result));
    if (how == Stored::delivered) writes.emplace_back(journal::Deliver{run.id});
  }
  for (const auto& written : (*store)->commit(writes)) ASSERT_TRUE(written) << written.error().message();
}

}  // namespace holdfast::testing
