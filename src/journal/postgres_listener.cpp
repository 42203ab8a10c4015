#include "journal/postgres_listener.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <pthread.h>

#include <array>

#include "base/backoff.hpp"
#include "base/log.hpp"
#include "journal/change_notice.hpp"

namespace holdfast::journal {
namespace {

using std::chrono::milliseconds;

// The polls of the coordinator bridge the time: no hurry.
constexpr BackoffConfig kBackoff{milliseconds{200}, milliseconds{5'000}};

}  // namespace

PostgresListener::PostgresListener(const PostgresConfig& config, std::string self, std::function<void(Change)> sink)
    : config_(config), self_(std::move(self)), sink_(std::move(sink)), thread_([this] { loop(); }) {}

PostgresListener::~PostgresListener() {
  stop_.raise();
  thread_.join();
}

void PostgresListener::loop() {
  ::pthread_setname_np(::pthread_self(), "postgres-listen");
  std::uint32_t failures = 0;
  while (!stop_.raised()) {
    const auto started_at = system_clock().steady();
    const auto ended = listen();
    if (stop_.raised()) return;
    const bool held = system_clock().steady() - started_at > kBackoff.cap;
    failures = held ? 1 : failures + 1;
    if (!ended) log::debug("journal.listener_lost", {{"error", ended.error().message()}});
    pause(failures);
  }
}

Result<void> PostgresListener::listen() {
  auto connection = PostgresConnection::connect(config_.url, Deadline(config_.creation_limit), &stop_);
  if (!connection) return fail(std::move(connection));
  auto listening = connection->run_script(fmt::format("LISTEN {}", kChangeChannel), Deadline(config_.statement_limit));
  if (!listening) return listening;
  if (std::exchange(heard_before_, true)) sink_(Change{.runs = {}, .queued = true});
  return hear(*connection);
}

Result<void> PostgresListener::hear(PostgresConnection& connection) {
  while (true) {
    for (const auto& payload : connection.take_notifications()) {
      if (auto change = parse_notice(payload, self_)) sink_(std::move(*change));
    }
    auto wake = connection.wait(Deadline(config_.health_interval), stop_);
    if (!wake) return fail(std::move(wake));
    if (*wake == PostgresConnection::Wake::stopped) return {};
    // Silence may be a connection that is gone without a word. What is heard meanwhile is kept.
    if (*wake == PostgresConnection::Wake::timed_out) {
      auto works = connection.run_script("SELECT 1", Deadline(config_.statement_limit));
      if (!works) return works;
    }
  }
}

void PostgresListener::pause(std::uint32_t failures) {
  const auto limit = backoff_delay(kBackoff, failures, random_uniform());
  pollfd waiting{stop_.fd(), POLLIN, 0};
  ::poll(&waiting, 1, static_cast<int>(limit.count()));
}

}  // namespace holdfast::journal
