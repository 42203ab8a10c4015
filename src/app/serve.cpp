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
#include "app/mask_password.hpp"
#include "app/open_files.hpp"
#include "app/open_journal.hpp"
#include "app/peak_file.hpp"
#include "app/profile/kept_profiles.hpp"
#include "app/relief_actions.hpp"
#include "app/succession.hpp"
#include "app/worker_config.hpp"
#include "base/backoff.hpp"
#include "base/log.hpp"
#include "gateway/gateway.hpp"
#include "memory/probe.hpp"
#include "runs/retention.hpp"

namespace holdfast::app {
namespace {

// What is learned about peaks within it is lost in a kill.
constexpr std::chrono::seconds kSavePeaks{1};

// For the last answers to leave after the last run has ended. Before a restart, whoever waits for a run that has not
// begun is sent back soon instead: others wait to be let in.
constexpr std::chrono::milliseconds kLastAnswers{2000};
constexpr std::chrono::milliseconds kAnswersBeforeRestart{250};

memory::LevelConfig level_config(const Settings& settings) {
  memory::LevelConfig config;
  config.vm_ratio_decides = settings.memory_vm_ratio_decides;
  return config;
}

GoverningConfig governing_config(const Settings& settings) {
  GoverningConfig config;
  config.governor.admission.max_concurrent = static_cast<std::size_t>(settings.max_concurrent);
  config.governor.restart_share = random_uniform();
  auto& saturation = config.governor.saturation;
  saturation.restart_interval = settings.memory_restart_interval;
  saturation.restart_jitter = std::min(saturation.restart_jitter, saturation.restart_interval);
  config.governor.observe_only = settings.memory_mode == "observe";
  config.governor.fragmentation.vm_ratio_decides = settings.memory_vm_ratio_decides;
  if (config.governor.observe_only) config.ladder.mode = governor::LadderMode::observe_only;
  return config;
}

runs::CoordinatorConfig coordinator_config(const Settings& settings, std::string instance,
                                           runs::AnswerCacheConfig cache, runs::WorkerTokens& tokens,
                                           governor::Governor& governor) {
  return {.route = settings.worker_route,
          .instance = std::move(instance),
          .lease = settings.database_lease,
          .queue_limit = static_cast<std::size_t>(settings.queue_limit),
          .run_deadline = settings.run_deadline,
          .queue_deadline = settings.queue_deadline,
          .retry = {.max_crashes = settings.max_crashes, .max_attempts = settings.max_attempts},
          .send_history = settings.worker_command.empty(),
          .cache = std::move(cache),
          .tokens = &tokens,
          .governor = &governor,
          .max_answer = settings.max_answer};
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

std::vector<gateway::ShownSetting> shown_settings(const LoadedSettings& settings) {
  std::vector<gateway::ShownSetting> shown;
  for (const auto& setting : all_settings()) {
    const auto origin = settings.origins.find(setting.key);
    shown.push_back({.key = std::string(setting.key),
                     .value = mask_password(setting.show(settings.values)),
                     .origin = origin == settings.origins.end() ? "default" : origin->second,
                     .environment = std::string(setting.environment),
                     .help = std::string(setting.help)});
  }
  return shown;
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
  config.guaranteed = settings.guaranteed;
  config.max_request = settings.max_request;
  config.max_receiving = std::max(settings.max_request, settings.max_receiving);
  config.checkpoints.user_bytes = static_cast<std::int64_t>(settings.checkpoints_user_size.count());
  config.pass_through.on = passes_through(settings);
  config.pass_through.timeout = settings.pass_through_timeout;
  if (builtin) {
    config.examples = std::move(builtin->examples);
    config.data_tables = std::move(builtin->tables);
  }
  return config;
}

gateway::GatewayConfig with_workers(gateway::GatewayConfig config, const runs::WorkerTokens& tokens) {
  config.worker_tokens = &tokens;
  return config;
}

gateway::GatewayConfig with_memory(gateway::GatewayConfig config, const memory::MemoryView& view, Governing& governing,
                                   const KeptProfiles& profiles) {
  config.memory = &view;
  config.governor = &governing.governor().status();
  config.relieve = [&governing] { return governing.relieve(); };
  config.heap_profile = [&profiles](const RunId& run) { return profiles.find(run); };
  return config;
}

// The built-in worker knows how to; a program that does not know the signal would end of it.
int trim_signal(const Settings& settings) { return settings.worker_command.empty() ? SIGUSR1 : 0; }

// SIGUSR2 ends a program that does not handle it. Held back, it waits for the handler, over an exec too.
void hold_back_restarts(bool held_back) {
  sigset_t restart;
  ::sigemptyset(&restart);
  ::sigaddset(&restart, SIGUSR2);
  ::pthread_sigmask(held_back ? SIG_BLOCK : SIG_UNBLOCK, &restart, nullptr);
}

// Everything that lives while the server runs. Members are destroyed in reverse order: the event loop last.
class Service {
 public:
  Service(const Settings& settings, const LoadSettings& load, DataDir data, std::string instance,
          std::unique_ptr<journal::Store> store, workers::PoolConfig workers, runs::AnswerCacheConfig cache,
          gateway::GatewayConfig gateway)
      : settings_(settings),
        load_settings_(load),
        data_(std::move(data)),
        peaks_(data_.peaks_path(), workers.command),
        profiles_(data_.path() + "/profiles"),
        signals_(io_),
        journal_(io_.get_executor(), std::move(store), {.instance = instance}),
        pool_(io_.get_executor(), std::move(workers), [this] { governing_.on_change(); }),
        memory_(
            system_clock(), level_config(settings),
            [this](SteadyTime now) { return probe_.take(pids_of(pool_.status()), settings_.memory_limit, now); },
            [this](const auto& change) {
              if (change) coordinator_.answers().set_level(change->to);
              return governing_.on_tick(change);
            }),
        governing_(io_.get_executor(), system_clock(), governing_config(settings), governing_parts()),
        coordinator_(
            io_.get_executor(), journal_, pool_, system_clock(),
            coordinator_config(settings, std::move(instance), std::move(cache), tokens_, governing_.governor())),
        gateway_(io_.get_executor(), coordinator_, journal_, pool_, system_clock(),
                 with_workers(with_memory(std::move(gateway), memory_.view(), governing_, profiles_), tokens_)) {
    governing_.set_actions(make_relief_actions({.cache = coordinator_.answers().entries(),
                                                .gateway = gateway_,
                                                .journal = journal_,
                                                .pool = pool_,
                                                .governor = governing_.governor(),
                                                .read_worker = [this](int pid) { return probe_.read_worker(pid); },
                                                .trim_signal = trim_signal(settings)}));
    auto learned = peaks_.read();
    if (!learned) log::warning("memory.peaks_not_read", {{"error", learned.error().message()}});
    if (learned) governing_.governor().restore_peaks(*learned);
  }

  /// Until it was stopped. Returns the socket that a successor is to serve on; none: there is to be none.
  Result<std::optional<int>> run(std::optional<int> inherited) {
    auto listening = inherited ? gateway_.listen_on(*inherited) : gateway_.listen(settings_.listen);
    if (!listening && listening.error().code() == ErrorCode::unavailable) {
      return fail(listening.error().code(), listening.error().message() + "; choose another address with --listen");
    }
    if (!listening) return std::unexpected(listening.error());
    tokens_.set_url(gateway_.local_url());
    spawn(io_.get_executor(), "serve", [this] { return start(); });
    spawn(io_.get_executor(), "signals", [this] { return obey_signals(); });
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
    spawn(io_.get_executor(), "peaks", [this] { return save_peaks_regularly(); });
    memory_.start(io_.get_executor());
    journal_.note(journal::incident_kind::kStarted, fmt::format(R"({{"recovered_runs":{}}})", *recovered));
    log::info("app.started", {{"port", gateway_.port()}, {"data", data_.path()}, {"recovered_runs", *recovered}});
    announce(*recovered);
  }

  awaitable<void> save_peaks_regularly() {
    while (true) {
      const auto next = system_clock().steady() + kSavePeaks;
      const bool slept = co_await sleep_until(next);
      if (!slept) co_return;
      save_peaks();
    }
  }

  // Runs go on without it: what stands in the way is told once, until it is gone.
  void save_peaks() {
    const auto saved = peaks_.save(governing_.governor().learned_peaks());
    if (!saved && !peaks_unsaved_) log::warning("memory.peaks_not_saved", {{"error", saved.error().message()}});
    peaks_unsaved_ = !saved;
  }

  Governing::Parts governing_parts() {
    return {
        .pool = pool_,
        .view = memory_.view(),
        .senses = {.read_worker = [this](int pid) { return probe_.read_worker(pid); },
                   .look = [this] { memory_.refresh(); },
                   .note = [this](std::string_view kind, std::string body) { journal_.note(kind, std::move(body)); },
                   .overcount = [this](int pid) { return probe_.overcount(pid); },
                   .wake = [this] { memory_.wake(); }},
        .waiting = [this] { return coordinator_.waiting(); },
        .pump = [this] { coordinator_.pump(); },
        .restart = [this] { begin_restart("memory"); },
        .profiles = &profiles_};
  }

  void announce(int recovered) const {
    fmt::print("holdfast: listening on {}\n", gateway_.url());
    if (recovered > 0) fmt::print("holdfast: going on with {} unfinished runs\n", recovered);
    if (!gateway_.examples().empty())
      fmt::print("Ask on that page, or with `holdfast run \"…\"`. Three questions to try:\n");
    for (const auto& question : gateway_.examples()) fmt::print("  {}\n", question);
    std::fflush(stdout);
  }

  awaitable<void> obey_signals() {
    for (const int number : {SIGTERM, SIGINT, SIGHUP, SIGUSR2}) signals_.add(number);
    hold_back_restarts(false);
    while (true) {
      auto [ec, number] = co_await signals_.async_wait(kAwait);
      if (ec) co_return;
      if (number == SIGUSR2) {
        begin_restart("signal");
        continue;
      }
      // Whoever asks twice does not want to wait. Nothing is lost: the next start takes up what was cut off.
      if (stopping_) ::_exit(128 + number);
      log::info("app.draining", {{"signal", number}, {"timeout", settings_.drain_timeout.count()}});
      stopping_ = true;
      spawn(io_.get_executor(), "stop", [this] { return stop(settings_.drain_timeout, kLastAnswers); });
    }
  }

  // `passing`: for what is passed through, counted from now as for runs.
  awaitable<void> stop(std::chrono::milliseconds passing, std::chrono::milliseconds last_answers) {
    stop_retention_.emit(asio::cancellation_type::terminal);
    const auto passed = system_clock().steady() + passing;
    co_await coordinator_.drain(system_clock().steady() + settings_.drain_timeout);
    co_await gateway_.finish_passing(passed);
    co_await gateway_.drain(system_clock().steady() + last_answers);
    co_await pool_.stop();
    save_peaks();
    journal_.note(journal::incident_kind::kStopped);
    log::info("app.stopped");
    io_.stop();
  }

  // What would keep the successor from starting is found while this server still works. Returns its socket.
  Result<int> prepare_successor() {
    const auto settings = load_settings_();
    if (!settings) return std::unexpected(settings.error());
    const auto program = check_successor();
    if (!program) return std::unexpected(program.error());
    return gateway_.keep_listening();
  }

  void begin_restart(std::string_view reason) {
    if (restarting_ || stopping_) return;
    const auto socket = prepare_successor();
    if (!socket) return log::error("app.not_restarted", {{"error", socket.error().message()}});
    restarting_ = true;
    log::info("app.restarting", {{"reason", reason}, {"timeout", settings_.drain_timeout.count()}});
    spawn(io_.get_executor(), "restart", [this, socket = *socket] { return restart(socket); });
  }

  // Nobody is refused: while runs end, new ones are taken and wait; after that, connections wait in the kernel.
  awaitable<void> restart(int socket) {
    co_await coordinator_.rest(system_clock().steady() + settings_.drain_timeout);
    if (stopping_) co_return;
    outcome_ = socket;
    stopping_ = true;
    hold_back_restarts(true);
    gateway_.stop_accepting();
    co_await stop(settings_.worker_grace_period, kAnswersBeforeRestart);
  }

  const Settings& settings_;
  const LoadSettings& load_settings_;
  asio::cancellation_signal stop_retention_;
  runs::WorkerTokens tokens_;  ///< Attempts that io_ still holds give theirs back.
  asio::io_context io_{1};
  DataDir data_;
  PeakFile peaks_;
  KeptProfiles profiles_;
  bool peaks_unsaved_ = false;
  asio::signal_set signals_;
  journal::Journal journal_;
  workers::Pool pool_;
  memory::Probe probe_{"", ::getpid()};
  MemoryWatch memory_;
  Governing governing_;
  runs::Coordinator coordinator_;
  gateway::Gateway gateway_;
  bool restarting_ = false;
  bool stopping_ = false;
  Result<std::optional<int>> outcome_;
};

Result<std::optional<int>> serve_until_stopped(const LoadedSettings& loaded, const LoadSettings& load) {
  const auto& settings = loaded.values;
  const auto inherited = inherited_socket();
  if (!inherited) return std::unexpected(inherited.error());
  auto data = DataDir::open(settings.data_dir);
  if (!data) return fail(std::move(data));
  auto workers = worker_config(settings, *data);
  if (!workers) return std::unexpected(workers.error());
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
  auto gateway = gateway_config(settings, std::move(builtin));
  gateway.instance = *instance;
  gateway.settings = shown_settings(loaded);
  Service service(settings, load, std::move(*data), std::move(*instance), std::move(*store), std::move(*workers),
                  std::move(cache), std::move(gateway));
  return service.run(*inherited);
}

}  // namespace

int serve(const LoadedSettings& settings, const LoadSettings& load) {
  // A client that went away, or a limit on file sizes, is an error of one call, not the end of the server.
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  hold_back_restarts(true);
  raise_open_files();
  log::start(settings.values.debug ? log::Level::debug : log::Level::info,
             settings.values.log_format == "json" ? log::Format::json : log::Format::text);
  auto served = serve_until_stopped(settings, load);
  log::stop();
  if (served && !*served) return 0;
  const auto error = served ? become_successor(**served) : std::move(served).error();
  fmt::print(stderr, "holdfast: {}\n", error.message());
  return exit_status(error.code());
}

}  // namespace holdfast::app
