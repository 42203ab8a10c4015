#include "gateway/server.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/post.hpp>

#include "base/log.hpp"
#include "gateway/connection.hpp"
#include "gateway/server_state.hpp"

namespace holdfast::gateway {
namespace {

using std::chrono::milliseconds;

// After a failed accept that would fail again at once (no descriptors left).
constexpr milliseconds kAcceptPause{100};

// Four looks within the shortest time-out keep every one of them within a quarter of its length.
milliseconds sweep_interval(const ServerConfig& config) {
  const auto shortest =
      std::min({config.header_timeout, config.body_timeout, config.idle_timeout, config.write_timeout, config.linger});
  return std::clamp(shortest / 4, milliseconds(5), milliseconds(500));
}

Socket adopt(const asio::any_io_executor& executor, int fd) {
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length);
  return Socket(executor, asio::generic::stream_protocol(address.ss_family, IPPROTO_TCP), fd);
}

bool is_passing(int error_number) {
  return error_number == EINTR || error_number == ECONNABORTED || error_number == EPROTO;
}

}  // namespace

Server::Server(asio::any_io_executor executor, const Clock& clock, const ServerConfig& config, ServerHooks hooks)
    : state_(std::make_shared<State>(std::move(executor), clock, config, std::move(hooks))) {}

Server::~Server() {
  stop_accepting();
  for (const auto& connection : state_->connections) connection->close();
}

void Server::listen_on(int fd) { state_->acceptor.assign(fd); }

Result<int> Server::keep_listening() const {
  const int fd = ::fcntl(state_->acceptor.native_handle(), F_DUPFD_CLOEXEC, 0);
  if (fd < 0) return fail_errno(ErrorCode::unavailable, "keep the listening socket", errno);
  return fd;
}

void Server::start() {
  spawn(state_->executor, "http accept", [state = state_] { return accept_connections(state); });
  spawn(state_->executor, "http deadlines", [state = state_] { return hold_deadlines(state); });
}

awaitable<void> Server::accept_connections(std::shared_ptr<State> state) {
  bool failing = false;
  while (!state->stopping) {
    if (state->connections.size() >= state->config.max_connections) {
      const auto never = SteadyTime::max();
      co_await state->changed.wait_until(never);
      continue;
    }
    const int fd = ::accept4(state->acceptor.native_handle(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
      failing = false;
      const auto connection = std::make_shared<Connection>(state, adopt(state->executor, fd));
      state->connections.insert(connection);
      connection->start();
      continue;
    }
    if (errno == EAGAIN) {
      auto [ec] = co_await state->acceptor.async_wait(asio::posix::descriptor_base::wait_read, kAwait);
      if (ec) break;
    } else if (!is_passing(errno)) {
      // Said once: without descriptors it fails again and again.
      if (!failing) log::warning("gateway.accept_failed", {{"error", std::generic_category().message(errno)}});
      failing = true;
      const auto later = state->clock->steady() + kAcceptPause;
      co_await sleep_until(later);
    }
  }
}

awaitable<void> Server::hold_deadlines(std::shared_ptr<State> state) {
  const auto interval = sweep_interval(state->config);
  auto next = state->clock->steady() + interval;
  while (!state->stopping || !state->connections.empty()) {
    co_await state->changed.wait_until(next);
    const auto now = state->clock->steady();
    if (now < next) continue;
    next = now + interval;
    for (const auto& connection : state->connections) connection->check_deadline(now);
    if (state->hooks.sweep) state->hooks.sweep(now);
  }
}

void Server::stop_accepting() {
  if (state_->stopping) return;
  state_->stopping = true;
  boost::system::error_code ignored;
  state_->acceptor.close(ignored);
  for (const auto& connection : state_->connections) connection->close_if_idle();
  state_->changed.notify_all();
}

awaitable<void> Server::drain(SteadyTime deadline) {
  const auto state = state_;
  stop_accepting();
  while (!state->connections.empty()) {
    const auto wake = co_await state->changed.wait_until(deadline);
    if (wake != Wake::notified) break;
  }
  for (const auto& connection : state->connections) connection->interrupt();
  const auto last = state->clock->steady() + state->config.last_words;
  while (!state->connections.empty()) {
    const auto wake = co_await state->changed.wait_until(last);
    if (wake != Wake::notified) break;
  }
  for (const auto& connection : state->connections) connection->close();
  while (!state->connections.empty()) {
    const auto never = SteadyTime::max();
    co_await state->changed.wait_until(never);
  }
}

std::size_t Server::connections() const noexcept { return state_->connections.size(); }
std::uint64_t Server::requests() const noexcept { return state_->requests; }

}  // namespace holdfast::gateway
