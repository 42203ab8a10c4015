#include "workers/idle_connections.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

namespace holdfast::workers {
namespace {

// Closed by the worker, or with bytes that nobody asked for: neither can serve a request.
bool is_silent(WorkerSocket& socket) {
  char byte = 0;
  const auto peeked = ::recv(socket.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return peeked < 0 && (errno == EAGAIN || errno == EINTR);
}

}  // namespace

std::optional<WorkerSocket> IdleConnections::take(SteadyTime now) {
  expire(now);
  while (!list_.empty()) {
    auto socket = std::move(list_.back().socket);
    list_.pop_back();
    if (is_silent(socket)) return socket;
  }
  return std::nullopt;
}

void IdleConnections::keep(WorkerSocket socket, SteadyTime now) {
  if (list_.size() >= kMost) return;
  list_.push_back({std::move(socket), now + kLongest});
}

void IdleConnections::expire(SteadyTime now) {
  const auto first_young = std::ranges::find_if(list_, [now](const Kept& kept) { return kept.until > now; });
  list_.erase(list_.begin(), first_young);
}

}  // namespace holdfast::workers
