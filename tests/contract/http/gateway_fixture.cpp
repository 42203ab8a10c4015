#include "tests/contract/http/gateway_fixture.hpp"

#include <unistd.h>

#include <boost/asio/post.hpp>
#include <boost/json/serialize.hpp>
#include <future>

#include "memory/probe.hpp"

namespace holdfast::testing {

using namespace std::chrono_literals;

GatewaySetup quick_setup(std::string worker_flags) {
  GatewaySetup setup;
  setup.worker_flags = std::move(worker_flags);
  setup.gateway.hold_before_early_bytes = 60s;
  setup.gateway.heartbeat = 50ms;
  setup.gateway.server.header_timeout = 400ms;
  setup.gateway.server.body_timeout = 400ms;
  setup.gateway.server.write_timeout = 1000ms;
  setup.gateway.server.linger = 400ms;
  // Tests flood the server; those of the allowance set their own.
  setup.gateway.allowance.requests = 0;
  setup.gateway.allowance.burst = 0;
  setup.gateway.allowance.waiting = 0;
  setup.gateway.examples = {"What is it?", "How \"many\"?"};
  return setup;
}

GatewaySetup early_setup(std::string worker_flags) {
  auto setup = quick_setup(std::move(worker_flags));
  setup.gateway.hold_before_early_bytes = 100ms;
  return setup;
}

GatewayFixture::~GatewayFixture() {
  if (thread_.joinable()) stop();
}

void GatewayFixture::start(GatewaySetup setup) {
  auto in_a_file = [this] { return journal::open_sqlite_store(directory_ / "journal.db", system_clock()); };
  auto store = setup.open_store ? setup.open_store() : in_a_file();
  ASSERT_TRUE(store) << store.error().message();
  const auto executor = io_.get_executor();
  journal_ = std::make_unique<journal::Journal>(executor, std::move(*store));
  workers::PoolConfig pool;
  pool.command = setup.worker_command.empty()
                     ? std::string(HOLDFAST_SCRIPTED_WORKER) + " --socket {socket} " + setup.worker_flags
                     : setup.worker_command;
  pool.grace_period = setup.grace_period;
  pool.limits = setup.limits;
  pool.health_path = setup.health_path;
  pool.liveness = setup.liveness;
  pool.concurrency = setup.concurrency;
  pool.socket_dir = directory_.path();
  pool.size = setup.workers;
  pool.restart_backoff = {10ms, 100ms};
  pool_ = std::make_unique<workers::Pool>(executor, pool, [this] { coordinator_->pump(); });
  runs::CoordinatorConfig runs;
  runs.send_history = false;
  runs.queue_limit = setup.queue_limit;
  runs.run_deadline = setup.run_deadline;
  runs.cache = setup.cache;
  runs.max_answer = setup.max_answer;
  runs.retry.backoff = {1ms, 10ms};
  coordinator_ = std::make_unique<runs::Coordinator>(executor, *journal_, *pool_, system_clock(), runs);
  memory_.last = memory::Probe("", ::getpid()).take({}, std::nullopt, system_clock().steady());
  if (setup.gateway.memory == nullptr) setup.gateway.memory = &memory_;
  gateway_ = std::make_unique<gateway::Gateway>(executor, *coordinator_, *journal_, *pool_, system_clock(),
                                                std::move(setup.gateway));
  const auto listening = gateway_->listen("127.0.0.1:0");
  ASSERT_TRUE(listening) << listening.error().message();
  const auto retention = setup.retention;
  auto begin = [this, executor, retention]() -> awaitable<void> {
    const auto recovered = co_await coordinator_->recover();
    EXPECT_TRUE(recovered);
    pool_->start();
    gateway_->start();
    auto sweep = [this, retention] { return runs::apply_retention(*journal_, system_clock(), retention); };
    spawn(executor, "retention", stop_retention_, sweep);
  };
  spawn(executor, "start", begin);
  thread_ = std::thread([this] { io_.run(); });
}

void GatewayFixture::stop(std::chrono::milliseconds drain) {
  auto end = [this, drain]() -> awaitable<void> {
    stop_retention_.emit(asio::cancellation_type::terminal);
    const auto deadline = system_clock().steady() + drain;
    co_await coordinator_->drain(deadline);
    co_await gateway_->finish_passing(deadline);
    const auto last = system_clock().steady() + 100ms;
    co_await gateway_->drain(last);
    co_await pool_->stop();
    io_.stop();
  };
  spawn(io_.get_executor(), "stop", end);
  thread_.join();
}

HttpReply GatewayFixture::start_run(const std::string& id, const std::string& prompt) {
  const auto body = json::object{{"prompt", prompt}, {"run_id", id}};
  return post("/v1/threads/t1/runs", json::serialize(body), {{"Prefer", "respond-async"}});
}

json::object GatewayFixture::finished_run(const std::string& id) {
  for (int tries = 0; tries < 20; ++tries) {
    const auto reply = get("/v1/runs/" + id, {{"Prefer", "wait=2"}});
    EXPECT_EQ(reply.status, 200) << reply.body;
    auto run = object_of(reply);
    const auto status = text_of(run, "status");
    if (status != "queued" && status != "running") return run;
  }
  ADD_FAILURE() << "run " << id << " does not end";
  return {};
}

int GatewayFixture::attempts_of(const std::string& id) {
  const auto timeline = object_of(get("/v1/runs/" + id + "/timeline"));
  int attempts = 0;
  for (const auto& entry : timeline.at("entries").as_array()) {
    if (entry.as_object().at("kind") == "started") ++attempts;
  }
  return attempts;
}

std::size_t GatewayFixture::open_connections() {
  std::promise<std::size_t> count;
  auto result = count.get_future();
  asio::post(io_, [&] { count.set_value(gateway_->server().connections()); });
  return result.get();
}

json::object object_of(std::string_view text) {
  auto parsed = parse_json_object(text);
  EXPECT_TRUE(parsed) << text;
  return parsed ? std::move(*parsed) : json::object{};
}

json::object object_of(const HttpReply& reply) { return object_of(std::string_view(reply.body)); }

std::string text_of(const json::object& object, std::string_view key) {
  return std::string(find_string(object, key).value_or(""));
}

}  // namespace holdfast::testing
