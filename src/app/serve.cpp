// The composition root of `holdfast serve`: what there is, in which order it starts and stops.
#include <fmt/format.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <cstdio>

#include "app/builtin_worker.hpp"
#include "app/commands.hpp"
#include "app/data_dir.hpp"
#include "app/file_lock.hpp"
#include "base/log.hpp"
#include "gateway/gateway.hpp"

namespace holdfast::app {
namespace {

// For the last answers to leave after the last run has ended.
constexpr std::chrono::seconds kLastAnswers{2};

Result<std::string> journal_path(const Settings& settings, const DataDir& data) {
  const std::string_view url = settings.database;
  if (url.empty()) return data.journal_path();
  constexpr std::string_view kScheme = "sqlite:";
  if (url.starts_with(kScheme)) return std::string(url.substr(kScheme.size()));
  return fail(ErrorCode::invalid_argument,
              "database.url (DATABASE_URL, --database) must be empty or sqlite:PATH; this version keeps its journal in "
              "SQLite only");
}

workers::PoolConfig pool_config(const Settings& settings, const DataDir& data) {
  return {.command = settings.worker_command.empty() ? builtin_worker_command(settings.worker_data_file)
                                                     : settings.worker_command,
          .socket_dir = data.socket_dir(),
          .size = settings.max_concurrent,
          .start_timeout = settings.worker_start_timeout,
          .grace_period = settings.worker_grace_period};
}

runs::CoordinatorConfig coordinator_config(const Settings& settings) {
  return {.route = settings.worker_route,
          .queue_limit = static_cast<std::size_t>(settings.queue_limit),
          .attempt_deadline = settings.run_deadline,
          .queue_deadline = settings.queue_deadline,
          .retry = {.max_crashes = settings.max_crashes, .max_attempts = settings.max_attempts},
          .send_history = settings.worker_command.empty()};
}

// Everything that lives while the server runs. Members are destroyed in reverse order: the event loop last.
class Service {
 public:
  Service(const Settings& settings, DataDir data, std::unique_ptr<journal::Store> store,
          std::vector<std::string> examples)
      : settings_(settings),
        data_(std::move(data)),
        signals_(io_),
        journal_(io_.get_executor(), std::move(store)),
        pool_(io_.get_executor(), pool_config(settings, data_), [this] { coordinator_.pump(); }),
        coordinator_(io_.get_executor(), journal_, pool_, system_clock(), coordinator_config(settings)),
        gateway_(io_.get_executor(), coordinator_, journal_, pool_, system_clock(),
                 {.server = {.limits = {.body = static_cast<std::size_t>(settings.max_body.count())}},
                  .examples = std::move(examples)}) {}

  Result<void> run() {
    auto listening = gateway_.listen(settings_.listen);
    if (!listening) {
      return fail(listening.error().code(), listening.error().message() + "; choose another address with --listen");
    }
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
    pool_.start();
    gateway_.start();
    log::info("app.started", {{"port", gateway_.port()}, {"data", data_.path()}, {"recovered_runs", *recovered}});
    announce(*recovered);
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

    co_await coordinator_.drain(system_clock().steady() + settings_.drain_timeout);
    co_await gateway_.drain(system_clock().steady() + kLastAnswers);
    co_await pool_.stop();
    log::info("app.stopped");
    io_.stop();
  }

  // Whoever asks twice does not want to wait. Nothing is lost: the next start takes up what was cut off.
  awaitable<void> exit_on_second_signal() {
    auto [ec, number] = co_await signals_.async_wait(kAwait);
    if (!ec) ::_exit(128 + number);
  }

  const Settings& settings_;
  asio::io_context io_{1};
  DataDir data_;
  asio::signal_set signals_;
  journal::Journal journal_;
  workers::Pool pool_;
  runs::Coordinator coordinator_;
  gateway::Gateway gateway_;
  Result<void> outcome_;
};

Result<void> serve_until_stopped(const Settings& settings) {
  auto data = DataDir::open(settings.data_dir);
  if (!data) return fail(std::move(data));
  auto path = journal_path(settings, *data);
  if (!path) return fail(std::move(path));
  auto usable = workers::check(pool_config(settings, *data));
  if (!usable) return fail(std::move(usable), "worker.command");
  const std::string_view named = settings.database.empty() ? "open the journal" : "database.url (--database)";
  const auto lock = lock_journal(*path);
  if (!lock) return std::unexpected(Error(lock.error()).in(named));
  auto store = journal::open_sqlite_store(*path, system_clock());
  if (!store) return fail(std::move(store), named);

  std::vector<std::string> examples;
  if (settings.worker_command.empty()) {
    auto found = builtin_worker_examples(settings.worker_data_file);
    if (!found) return fail(std::move(found), "start the built-in worker");
    examples = std::move(*found);
  }
  Service service(settings, std::move(*data), std::move(*store), std::move(examples));
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
