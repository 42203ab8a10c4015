// The composition root of `holdfast serve`: what there is, in which order it starts and stops.
#include <fmt/format.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <cstdio>

#include "app/builtin_worker.hpp"
#include "app/cache_config.hpp"
#include "app/commands.hpp"
#include "app/data_dir.hpp"
#include "app/file_lock.hpp"
#include "app/governing.hpp"
#include "app/instance_id.hpp"
#include "app/open_journal.hpp"
#include "app/relief_actions.hpp"
#include "base/backoff.hpp"
#include "base/log.hpp"
#include "gateway/gateway.hpp"
#include "memory/probe.hpp"
#include "runs/retention.hpp"

namespace holdfast::app {
namespace {

// For the last answers to leave after the last run has ended.
constexpr std::chrono::seconds kLastAnswers{2};

workers::PoolConfig pool_config(const Settings& settings, const DataDir& data) {
  return {.command = settings.worker_command.empty() ? builtin_worker_command(settings.worker_data_file)
                                                     : settings.worker_command,
          .socket_dir = data.socket_dir(),
          .size = settings.max_concurrent,
          .start_timeout = settings.worker_start_timeout,
          .grace_period = settings.worker_grace_period};
}

memory::LevelConfig level_config(const Settings& settings) {
  memory::LevelConfig config;
  config.vm_ratio_decides = settings.memory_vm_ratio_decides;
  return config;
}

GoverningConfig governing_config(const Settings& settings) {
  GoverningConfig config;
  config.governor.admission.max_concurrent = static_cast<std::size_t>(settings.max_concurrent);
  config.governor.restart_share = random_uniform();
  config.governor.observe_only = settings.memory_mode == "observe";
  config.governor.fragmentation.vm_ratio_decides = settings.memory_vm_ratio_decides;
  if (config.governor.observe_only) config.ladder.mode = governor::LadderMode::observe_only;
  return config;
}

runs::CoordinatorConfig coordinator_config(const Settings& settings, std::string instance,
                                           runs::AnswerCacheConfig cache, governor::Governor& governor) {
  return {.route = settings.worker_route,
          .instance = std::move(instance),
          .lease = settings.database_lease,
          .queue_limit = static_cast<std::size_t>(settings.queue_limit),
          .run_deadline = settings.run_deadline,
          .queue_deadline = settings.queue_deadline,
          .retry = {.max_crashes = settings.max_crashes, .max_attempts = settings.max_attempts},
          .send_history = settings.worker_command.empty(),
          .cache = std::move(cache),
          .governor = &governor};
}

gateway::AuthConfig auth_config(const Settings& settings) {
  gateway::AuthConfig config;
  if (settings.auth_mode == "api-key") config.mode = gateway::AuthMode::api_key;
  if (settings.auth_mode == "oidc") config.mode = gateway::AuthMode::oidc;
  config.admins = settings.admins;
  config.key_file = key_file_path(settings);
  config.rules.issuer = settings.issuer;
  config.rules.audience = settings.audience;
  config.key_set = settings.jwks;
  if (settings.test_tokens) {
    config.mode = gateway::AuthMode::test;
    config.rules.issuer = gateway::kTestIssuer;
    config.test_secret = settings.test_secret;
  }
  return config;
}

gateway::GatewayConfig gateway_config(const Settings& settings, std::optional<BuiltinWorkerData> builtin) {
  gateway::GatewayConfig config;
  config.server.limits.body = static_cast<std::size_t>(settings.max_body.count());
  config.trusted = {settings.trusted_hosts, settings.trusted_origins};
  config.auth = auth_config(settings);
  config.hold_before_early_bytes = settings.hold;
  config.heartbeat = settings.heartbeat;
  config.max_wait = settings.max_wait;
  config.allowance.requests = settings.limit_requests;
  config.allowance.window = settings.limit_window;
  config.allowance.burst = settings.limit_burst;
  config.allowance.waiting = settings.limit_waiting;
  if (builtin) {
    config.examples = std::move(builtin->examples);
    config.data_tables = std::move(builtin->tables);
  }
  return config;
}

gateway::GatewayConfig with_memory(gateway::GatewayConfig config, const memory::MemoryView& view,
                                   Governing& governing) {
  config.memory = &view;
  config.governor = &governing.governor().status();
  config.relieve = [&governing] { return governing.relieve(); };
  return config;
}

// The built-in worker knows how to; a program that does not know the signal would end of it.
int trim_signal(const Settings& settings) { return settings.worker_command.empty() ? SIGUSR1 : 0; }

// Everything that lives while the server runs. Members are destroyed in reverse order: the event loop last.
class Service {
 public:
  Service(const Settings& settings, DataDir data, std::string instance, std::unique_ptr<journal::Store> store,
          runs::AnswerCacheConfig cache, gateway::GatewayConfig gateway)
      : settings_(settings),
        data_(std::move(data)),
        signals_(io_),
        journal_(io_.get_executor(), std::move(store), {.instance = instance}),
        pool_(io_.get_executor(), pool_config(settings, data_), [this] { coordinator_.pump(); }),
        memory_(
            system_clock(), level_config(settings),
            [this](SteadyTime now) { return probe_.take(pids_of(pool_.status()), settings_.memory_limit, now); },
            [this](const auto& change) {
              if (change) coordinator_.answers().set_level(change->to);
              governing_.on_tick(change);
            }),
        governing_(io_.get_executor(), system_clock(), governing_config(settings), governing_parts()),
        coordinator_(io_.get_executor(), journal_, pool_, system_clock(),
                     coordinator_config(settings, std::move(instance), std::move(cache), governing_.governor())),
        gateway_(io_.get_executor(), coordinator_, journal_, pool_, system_clock(),
                 with_memory(std::move(gateway), memory_.view(), governing_)) {
    governing_.set_actions(make_relief_actions({.cache = coordinator_.answers().entries(),
                                                .gateway = gateway_,
                                                .journal = journal_,
                                                .pool = pool_,
                                                .governor = governing_.governor(),
                                                .read_worker = [this](int pid) { return probe_.read_worker(pid); },
                                                .trim_signal = trim_signal(settings)}));
  }

  Result<void> run() {
    auto listening = gateway_.listen(settings_.listen);
    if (!listening && listening.error().code() == ErrorCode::unavailable) {
      return fail(listening.error().code(), listening.error().message() + "; choose another address with --listen");
    }
    if (!listening) return listening;
    spawn(io_.get_executor(), "serve", [this] { return start(); });
    spawn(io_.get_executor(), "signals", [this] { return stop_on_signal(); });
    io_.run();
    return std::move(outcome_);
  }

 private:
  awaitable<void> start() {
    auto recovered = co_await coordinator_.recover();
    if (!recovered) {
      outcome_ = fail(std::move(recovered));
      io_.stop();
      co_return;
    }
    // The others follow once it is known what one of them holds.
    pool_.start(1);
    gateway_.start();
    spawn(io_.get_executor(), "retention", stop_retention_,
          [this] { return runs::apply_retention(journal_, system_clock(), {.age = settings_.retention}); });
    memory_.start(io_.get_executor());
    journal_.note(journal::incident_kind::kStarted, fmt::format(R"({{"recovered_runs":{}}})", *recovered));
    log::info("app.started", {{"port", gateway_.port()}, {"data", data_.path()}, {"recovered_runs", *recovered}});
    announce(*recovered);
  }

  Governing::Parts governing_parts() {
    return {
        .pool = pool_,
        .view = memory_.view(),
        .senses = {.read_worker = [this](int pid) { return probe_.read_worker(pid); },
                   .look = [this] { memory_.refresh(); },
                   .note = [this](std::string_view kind, std::string body) { journal_.note(kind, std::move(body)); }},
        .waiting = [this] { return coordinator_.waiting(); },
        .pump = [this] { coordinator_.pump(); }};
  }

  void announce(int recovered) const {
    fmt::print("holdfast: listening on {}\n", gateway_.url());
    if (recovered > 0) fmt::print("holdfast: going on with {} unfinished runs\n", recovered);
    if (!gateway_.examples().empty())
      fmt::print("Ask on that page, or with `holdfast run \"…\"`. Three questions to try:\n");
    for (const auto& question : gateway_.examples()) fmt::print("  {}\n", question);
    std::fflush(stdout);
  }

  awaitable<void> stop_on_signal() {
    for (const int number : {SIGTERM, SIGINT, SIGHUP}) signals_.add(number);
    auto [ec, number] = co_await signals_.async_wait(kAwait);
    if (ec) co_return;
    log::info("app.draining", {{"signal", number}, {"timeout", settings_.drain_timeout.count()}});
    spawn(io_.get_executor(), "second signal", [this] { return exit_on_second_signal(); });

    stop_retention_.emit(asio::cancellation_type::terminal);
    co_await coordinator_.drain(system_clock().steady() + settings_.drain_timeout);
    co_await gateway_.drain(system_clock().steady() + kLastAnswers);
    co_await pool_.stop();
    journal_.note(journal::incident_kind::kStopped);
    log::info("app.stopped");
    io_.stop();
  }

  // Whoever asks twice does not want to wait. Nothing is lost: the next start takes up what was cut off.
  awaitable<void> exit_on_second_signal() {
    auto [ec, number] = co_await signals_.async_wait(kAwait);
    if (!ec) ::_exit(128 + number);
  }

  const Settings& settings_;
  asio::cancellation_signal stop_retention_;
  asio::io_context io_{1};
  DataDir data_;
  asio::signal_set signals_;
  journal::Journal journal_;
  workers::Pool pool_;
  memory::Probe probe_{"", ::getpid()};
  MemoryWatch memory_;
  Governing governing_;
  runs::Coordinator coordinator_;
  gateway::Gateway gateway_;
  Result<void> outcome_;
};

Result<void> serve_until_stopped(const Settings& settings) {
  auto data = DataDir::open(settings.data_dir);
  if (!data) return fail(std::move(data));
  auto usable = workers::check(pool_config(settings, *data));
  if (!usable) return fail(std::move(usable), "worker.command");
  auto instance = instance_id(data->path());
  if (!instance) return fail(std::move(instance));
  const auto lock = lock_journal_of(settings, data->journal_path());
  if (!lock) return std::unexpected(lock.error());
  auto store = open_journal(settings, data->path(), data->journal_path());
  if (!store) return fail(std::move(store));

  std::optional<BuiltinWorkerData> builtin;
  if (settings.worker_command.empty()) {
    auto found = describe_builtin_worker(settings.worker_data_file);
    if (!found) return fail(std::move(found), "start the built-in worker");
    builtin = std::move(*found);
  }
  auto cache = cache_config(settings, builtin);
  Service service(settings, std::move(*data), std::move(*instance), std::move(*store), std::move(cache),
                  gateway_config(settings, std::move(builtin)));
  return service.run();
}

}  // namespace

int serve(const LoadedSettings& settings) {
  // A client that went away, or a limit on file sizes, is an error of one call, not the end of the server.
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  log::start(settings.values.debug ? log::Level::debug : log::Level::info);
  const auto served = serve_until_stopped(settings.values);
  log::stop();
  if (served) return 0;
  fmt::print(stderr, "holdfast: {}\n", served.error().message());
  return exit_status(served.error().code());
}

}  // namespace holdfast::app
