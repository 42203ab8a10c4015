// A run that waits for memory gets it although no tick comes: the ends of runs and of workers' processes are enough.
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <map>

#include "app/governing.hpp"
#include "governor/saturating.hpp"
#include "tests/support/temporary_directory.hpp"

namespace holdfast::app {
namespace {

using governor::kMegabyte;
using namespace std::chrono_literals;

constexpr Bytes mb(std::uint64_t count) { return Bytes(count * kMegabyte.count()); }
constexpr std::string_view kRoute = "POST /analyze";

// Two real workers below 512 MB, whose memory is what the test says.
class BetweenTicks : public ::testing::Test {
 protected:
  ~BetweenTicks() override {
    bool stopped = false;
    spawn(executor_, "stop", [this, &stopped]() -> awaitable<void> {
      co_await pool_.stop();
      stopped = true;
    });
    turn_until([&] { return stopped; });
  }

  void turn_until(const std::function<bool()>& condition) {
    const auto patience = system_clock().steady() + 30s;
    while (!condition() && system_clock().steady() < patience) {
      io_.restart();
      io_.run_one_for(20ms);
    }
    ASSERT_TRUE(condition());
  }

  workers::PoolConfig pool_config() const {
    workers::PoolConfig config;
    config.command = std::string(HOLDFAST_SCRIPTED_WORKER) + " --socket {socket}";
    config.socket_dir = directory_.path();
    config.size = 2;
    return config;
  }

  std::optional<Bytes> held_by(int pid) const {
    const auto found = held_.find(pid);
    return found == held_.end() ? mb(20) : found->second;
  }

  void look() {
    auto used = mb(10);
    for (const int pid : pids_of(pool_.status())) used = governor::plus(used, *held_by(pid));
    view_.usage = memory::Usage{used, mb(512), memory::LimitSource::setting, ""};
  }

  // As the coordinator does it with the head of its queue.
  void pump() {
    const auto idle = waiting_ ? pool_.idle() : std::nullopt;
    if (!idle) return;
    auto verdict = governing_.governor().admit(ask(idle->index, idle->pid));
    auto* attempt = std::get_if<std::shared_ptr<governor::AttemptMemory>>(&verdict);
    if (attempt == nullptr) return;
    started_ = *attempt;
    waiting_ = false;
  }

  static governor::Governor::Ask ask(int worker, int pid) {
    return {.route = kRoute, .cut_short_at = {}, .given_up_before = 0, .worker = worker, .pid = pid};
  }

  asio::io_context io_;
  asio::any_io_executor executor_ = io_.get_executor();
  testing::TemporaryDirectory directory_;
  memory::MemoryView view_;
  std::map<int, Bytes> held_;
  bool waiting_ = false;
  std::shared_ptr<governor::AttemptMemory> started_;
  workers::Pool pool_{executor_, pool_config(), [this] { governing_.on_change(); }};
  Governing governing_{executor_,
                       system_clock(),
                       {},
                       {.pool = pool_,
                        .view = view_,
                        .senses = {.read_worker = [this](int pid) { return held_by(pid); }, .look = [this] { look(); }},
                        .waiting = [this]() -> std::size_t { return waiting_ ? 1 : 0; },
                        .pump = [this] { pump(); },
                        .restart = [] {}}};
};

TEST_F(BetweenTicks, AWorkerThatHasToGoGoesAndTheRunThatWaitsStarts) {
  governing_.set_actions({});
  governing_.governor().restore_peaks(std::vector<governor::RoutePeaks>{{std::string(kRoute), {4, mb(300)}}});
  pool_.start();
  turn_until([&] { return pool_.status().ready == 2; });
  for (int tick = 0; tick < 2; ++tick) {
    look();
    governing_.on_tick(std::nullopt);
  }

  const auto fat = pool_.status().workers.at(0);
  {
    const auto slot = pool_.acquire_worker(fat.index);
    auto verdict = governing_.governor().admit(ask(fat.index, fat.pid));
    auto* attempt = std::get_if<std::shared_ptr<governor::AttemptMemory>>(&verdict);
    ASSERT_TRUE(slot && attempt);
    governing_.governor().begin(**attempt, "00000000-0000-7000-8000-000000000001");
    // A reading is not taken again for 25 ms.
    const auto later = system_clock().steady() + 30ms;
    turn_until([&] { return system_clock().steady() > later; });
    held_[fat.pid] = mb(320);
    waiting_ = true;
    governing_.governor().end(**attempt, governor::PeakKind::complete);
  }
  turn_until([&] { return started_ != nullptr; });
  EXPECT_NE(started_->pid, fat.pid);
  EXPECT_NE(pool_.status().workers.at(0).pid, fat.pid);
}

}  // namespace
}  // namespace holdfast::app
