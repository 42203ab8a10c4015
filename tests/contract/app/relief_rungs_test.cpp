// The rungs of the ladder as `holdfast serve` has them keep the contract of every relief action.
#include <boost/asio/io_context.hpp>
#include <csignal>
#include <utility>

#include "app/relief_actions.hpp"
#include "governor/saturating.hpp"
#include "tests/contract/governor/relief_contract.hpp"
#include "tests/support/faulty_store.hpp"
#include "tests/support/temporary_directory.hpp"

namespace holdfast::app {
namespace {

using governor::kMegabyte;
using governor::ReliefAction;
using governor::ReliefCost;
using governor::ReliefOutcome;
using governor::WorkerPhase;
using governor::testing::name_of_case;
using governor::testing::ReliefCase;
using governor::testing::ReliefContract;
using governor::testing::ReliefUnderTest;
using holdfast::testing::FaultyStore;
using holdfast::testing::TemporaryDirectory;
using namespace std::chrono_literals;

constexpr Bytes mb(std::uint64_t count) { return Bytes(count * kMegabyte.count()); }

/// All that the rungs act on: a journal that has connections, a pool with a worker, a governor and a gateway. The
/// worker's memory is what the test says.
class RungUnderTest : public ReliefUnderTest {
 public:
  RungUnderTest(const asio::any_io_executor& executor, std::string_view name)
      : io_(static_cast<asio::io_context&>(executor.context())), executor_(executor) {
    view_.usage = memory::Usage{mb(300), mb(512), memory::LimitSource::setting, ""};
    for (auto& action :
         make_relief_actions({.cache = cache_,
                              .gateway = gateway_,
                              .journal = journal_,
                              .pool = pool_,
                              .governor = governor_,
                              .read_worker = [this](int) { return read_worker(); },
                              // No harm comes of it, and nothing else: what is read afterwards is scripted.
                              .trim_signal = SIGCONT})) {
      if (action->name() == name) rung_ = std::move(action);
    }
  }
  ~RungUnderTest() override {
    store_->gate.open();
    auto stopped = std::make_shared<bool>(false);
    spawn(executor_, "stop", [this, stopped]() -> awaitable<void> {
      co_await pool_.stop();
      *stopped = true;
    });
    turn_until([&] { return *stopped; });
  }
  RungUnderTest(const RungUnderTest&) = delete;
  RungUnderTest& operator=(const RungUnderTest&) = delete;

  ReliefAction& action() override { return *rung_; }
  void make_work() override {}
  bool hang(bool) override { return false; }

 protected:
  virtual std::optional<Bytes> read_worker() { return mb(20); }

  void turn_until(const std::function<bool()>& condition) {
    const auto patience = system_clock().steady() + 30s;
    while (!condition() && system_clock().steady() < patience) {
      io_.restart();
      io_.run_one_for(20ms);
    }
    EXPECT_TRUE(condition());
  }

  std::unique_ptr<FaultyStore> make_store() {
    auto store =
        std::make_unique<FaultyStore>(journal::open_sqlite_store(directory_ / "journal.db", system_clock()).value());
    store->connections = journal::StoreHealth::Connections{.created = 1};
    store_ = store.get();
    return store;
  }

  workers::PoolConfig pool_config() const {
    workers::PoolConfig config;
    config.command = std::string(HOLDFAST_SCRIPTED_WORKER) + " --socket {socket}";
    config.socket_dir = directory_.path();
    config.size = 1;
    return config;
  }

  asio::io_context& io_;
  asio::any_io_executor executor_;
  TemporaryDirectory directory_;
  memory::MemoryView view_;
  FaultyStore* store_ = nullptr;
  journal::Journal journal_{executor_, make_store()};
  workers::Pool pool_{executor_, pool_config(), [] {}};
  governor::ResultCache cache_;
  governor::Governor governor_{
      {}, system_clock(), view_, {.read_worker = [this](int) { return read_worker(); }, .look = [] {}, .note = {}}};
  runs::Coordinator coordinator_{executor_, journal_, pool_, system_clock(), {}};
  gateway::Gateway gateway_{executor_, coordinator_, journal_, pool_, system_clock(), {}};
  std::unique_ptr<ReliefAction> rung_;
};

class TrimUnderTest final : public RungUnderTest {
 public:
  explicit TrimUnderTest(const asio::any_io_executor& executor) : RungUnderTest(executor, "trim_workers") {
    pool_.start();
    turn_until([this] { return pool_.idle().has_value(); });
  }
  void make_work() override { held_ = mb(100); }
  bool hang(bool hangs) override {
    hangs_ = hangs;
    return true;
  }

 private:
  // Freed between the first reading and the next; or, where it hangs, bit by bit and never done.
  std::optional<Bytes> read_worker() override {
    const auto before = held_;
    held_ = hangs_ ? governor::minus(held_, mb(1)) : mb(20);
    return before;
  }

  Bytes held_ = mb(20);
  bool hangs_ = false;
};

class ConnectionsUnderTest final : public RungUnderTest {
 public:
  explicit ConnectionsUnderTest(const asio::any_io_executor& executor) : RungUnderTest(executor, "connection_pool") {}
  bool hang(bool hangs) override {
    hangs ? store_->gate.close() : store_->gate.open();
    return true;
  }
};

/// The governor ticks while the rung waits for it, as it does in the server.
class TickedRelief final : public ReliefAction {
 public:
  TickedRelief(asio::any_io_executor executor, ReliefAction& rung, std::function<void()> tick)
      : executor_(std::move(executor)), rung_(rung), tick_(std::move(tick)) {}
  [[nodiscard]] std::string_view name() const noexcept override { return rung_.name(); }
  [[nodiscard]] ReliefCost cost() const noexcept override { return rung_.cost(); }
  [[nodiscard]] memory::Level from_level() const noexcept override { return rung_.from_level(); }
  awaitable<Result<ReliefOutcome>> apply(memory::Level level) override {
    const auto over = std::make_shared<bool>(false);
    spawn(executor_, "tick", [over, tick = tick_]() -> awaitable<void> {
      while (!*over) {
        const auto next = system_clock().steady() + 10ms;
        co_await sleep_until(next);
        if (!*over) tick();
      }
    });
    auto outcome = co_await rung_.apply(level);
    *over = true;
    co_return outcome;
  }

 private:
  asio::any_io_executor executor_;
  ReliefAction& rung_;
  std::function<void()> tick_;
};

class ReplacementUnderTest final : public RungUnderTest {
 public:
  explicit ReplacementUnderTest(const asio::any_io_executor& executor) : RungUnderTest(executor, "replace_workers") {}

  ReliefAction& action() override { return ticked_; }
  void make_work() override {
    worker_ = {.worker = 1, .pid = ++pids_, .phase = WorkerPhase::idle, .started_at = system_clock().steady()};
    see(mb(20));
    see(mb(100));
  }
  bool hang(bool hangs) override {
    hangs_ = hangs;
    return true;
  }
  /// As the last tick has seen it: the step before had it.
  void hold() {
    worker_.phase = WorkerPhase::busy;
    see(mb(100));
  }
  std::optional<ReliefOutcome> apply() {
    std::optional<Result<ReliefOutcome>> outcome;
    spawn(executor_, "apply", [&]() -> awaitable<void> { outcome = co_await action().apply(memory::Level::critical); });
    turn_until([&] { return outcome.has_value(); });
    return *outcome ? std::optional(**outcome) : std::nullopt;
  }

 private:
  std::optional<Bytes> read_worker() override { return worker_.held; }
  governor::Governor::Orders see(Bytes held) {
    worker_.held = held;
    return governor_.tick({.workers = std::span(&worker_, 1),
                           .parked = {},
                           .waiting = 0,
                           .level_change = std::nullopt,
                           .relief_ended_at = std::nullopt});
  }
  // Whoever is told to go has gone by the next tick, and its successor is there.
  void tick() {
    worker_.phase = WorkerPhase::idle;
    const bool goes = worker_.leaving && !hangs_;
    if (goes)
      worker_ = {.worker = 1, .pid = ++pids_, .phase = WorkerPhase::idle, .started_at = system_clock().steady()};
    const auto orders = see(goes ? mb(20) : worker_.held.value_or(mb(20)));
    if (!orders.replace.empty()) worker_.leaving = true;
  }

  governor::WorkerSighting worker_;
  int pids_ = 100;
  bool hangs_ = false;
  TickedRelief ticked_{executor_, *rung_, [this] { tick(); }};
};

std::unique_ptr<ReliefUnderTest> make_idle_entries(const asio::any_io_executor& executor) {
  return std::make_unique<RungUnderTest>(executor, "idle_entries");
}
std::unique_ptr<ReliefUnderTest> make_own_allocator(const asio::any_io_executor& executor) {
  return std::make_unique<RungUnderTest>(executor, "own_allocator");
}
template <class Rung>
std::unique_ptr<ReliefUnderTest> make(const asio::any_io_executor& executor) {
  return std::make_unique<Rung>(executor);
}

// A trim takes longer than a tick, and to the tick the worker is busy meanwhile.
TEST(ReplaceWorkers, OneThatTheStepBeforeHasHeldIsReplacedToo) {
  asio::io_context io;
  ReplacementUnderTest replacement(io.get_executor());
  replacement.make_work();
  replacement.hold();
  const auto outcome = replacement.apply();
  ASSERT_TRUE(outcome);
  EXPECT_TRUE(outcome->acted());
}

INSTANTIATE_TEST_SUITE_P(Rungs, ReliefContract,
                         ::testing::Values(ReliefCase{"idle_entries", make_idle_entries},
                                           ReliefCase{"own_allocator", make_own_allocator},
                                           ReliefCase{"trim_workers", make<TrimUnderTest>},
                                           ReliefCase{"connection_pool", make<ConnectionsUnderTest>},
                                           ReliefCase{"replace_workers", make<ReplacementUnderTest>}),
                         name_of_case);

}  // namespace
}  // namespace holdfast::app
