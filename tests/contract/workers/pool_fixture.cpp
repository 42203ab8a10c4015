#include "tests/contract/workers/pool_fixture.hpp"

#include <sys/wait.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace holdfast::workers {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

PoolFixture::PoolFixture() {
  std::string made = "/tmp/hwXXXXXX";
  dir_ = ::mkdtemp(made.data());
}

PoolFixture::~PoolFixture() {
  if (pool_) stop();
  std::error_code ignored;
  fs::remove_all(dir_, ignored);
}

PoolConfig PoolFixture::scripted(const std::string& flags) const {
  PoolConfig config;
  config.command = std::string(HOLDFAST_SCRIPTED_WORKER) + " --socket {socket} " + flags;
  config.socket_dir = dir_;
  config.size = 1;
  config.start_timeout = 20s;
  config.grace_period = 5s;
  config.restart_backoff = {1ms, 20ms};
  return config;
}

PoolConfig PoolFixture::scripted_once(const std::string& flags) const {
  return scripted("--once " + dir_ + "/once " + flags);
}

Pool& PoolFixture::start(PoolConfig config) {
  pool_ = std::make_unique<Pool>(io_.get_executor(), std::move(config), [this] { ++idle_calls_; });
  pool_->start();
  return *pool_;
}

bool PoolFixture::until(const std::function<bool()>& condition) {
  const auto limit = system_clock().steady() + kPatience;
  while (!condition()) {
    if (system_clock().steady() > limit) return false;
    io_.restart();
    io_.run_one_for(20ms);
  }
  return true;
}

Slot PoolFixture::acquire() {
  std::optional<Slot> slot;
  const auto take = [&] {
    if (auto taken = pool_->acquire()) slot.emplace(std::move(*taken));
    return slot.has_value();
  };
  if (!until(take)) {
    ADD_FAILURE() << "no worker became idle: " << pool_->status().last_failure;
    std::abort();
  }
  return std::move(*slot);
}

Attempt PoolFixture::attempt(const std::string& prompt, std::chrono::milliseconds allowed) const {
  Attempt attempt;
  attempt.run_id = "00000000-0000-7000-8000-000000000001";
  attempt.route = "POST /analyze";
  attempt.body = "{\"prompt\":\"" + prompt + "\"}";
  attempt.deadline = system_clock().steady() + allowed;
  return attempt;
}

std::shared_ptr<Served> PoolFixture::begin(Attempt attempt, asio::cancellation_signal& stop) {
  auto served = std::make_shared<Served>();
  auto slot = std::make_shared<Slot>(acquire());
  auto task = [served, slot, attempt = std::move(attempt)]() -> awaitable<void> {
    EventSink sink = [served](WorkerEvent event) -> awaitable<Result<void>> {
      served->events.push_back(std::move(event));
      co_return Result<void>();
    };
    auto outcome = co_await slot->dispatch(attempt, std::move(sink));
    served->outcome = std::move(outcome);
    served->ended = true;
  };
  spawn(io_.get_executor(), "test.dispatch", stop, std::move(task));
  return served;
}

Served PoolFixture::serve(Attempt attempt) {
  const auto served = begin(std::move(attempt), never_stopped_.emplace_back());
  EXPECT_TRUE(until([&] { return served->ended; }));
  return *served;
}

void PoolFixture::stop() {
  auto stopped = std::make_shared<bool>(false);
  auto task = [this, stopped]() -> awaitable<void> {
    co_await pool_->stop();
    *stopped = true;
  };
  spawn(io_.get_executor(), "test.stop", std::move(task));
  EXPECT_TRUE(until([&] { return *stopped; }));
  pool_.reset();
  // Tasks that end a little later than the pool.
  pass(5ms);
}

void PoolFixture::expect_that_work_goes_on() {
  const auto served = serve("after all that");
  ASSERT_TRUE(served.outcome) << served.outcome.error().message();
  EXPECT_EQ(answer_of(served), R"({"result":"after all that"})") << (lost(served) ? lost(served)->reason : "");
}

bool answered(const Served& served) { return served.outcome && std::holds_alternative<Answered>(*served.outcome); }
std::string answer_of(const Served& served) {
  return answered(served) ? std::get<Answered>(*served.outcome).result : "";
}
const Lost* lost(const Served& served) { return served.outcome ? std::get_if<Lost>(&*served.outcome) : nullptr; }
const Refused* refused(const Served& served) {
  return served.outcome ? std::get_if<Refused>(&*served.outcome) : nullptr;
}

int open_descriptors() {
  return static_cast<int>(std::distance(fs::directory_iterator("/proc/self/fd"), fs::directory_iterator()));
}

bool has_children() { return !(::waitpid(-1, nullptr, WNOHANG) < 0 && errno == ECHILD); }

int processes_with(const std::string& text) {
  int count = 0;
  std::error_code ec;
  for (const auto& entry : fs::directory_iterator("/proc", ec)) {
    std::ifstream file(entry.path() / "cmdline", std::ios::binary);
    const std::string command{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    if (command.find(text) != std::string::npos) ++count;
  }
  return count;
}

}  // namespace holdfast::workers
