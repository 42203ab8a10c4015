#include "workers/worker_socket.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <cerrno>

namespace holdfast::workers {
namespace {

// Below the range from which the kernel takes ports for outgoing connections, so that none of those
// can take the port between our look and the worker's bind, or connect to itself.
constexpr int kFirstPort = 20'000;
constexpr int kPortCount = 12'000;

// A full accept queue gives EAGAIN and no readiness event: ask again after this.
constexpr std::chrono::milliseconds kBacklogPause{2};

WorkerSocket::endpoint_type endpoint_of(const WorkerAddress& address) {
  if (const auto* socket = std::get_if<SocketPath>(&address)) {
    return asio::local::stream_protocol::endpoint(socket->path);
  }
  return asio::ip::tcp::endpoint(asio::ip::address_v4::loopback(), std::get<LoopbackPort>(address).port);
}

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  return address;
}

Result<void> open_socket(WorkerSocket& socket, const WorkerSocket::endpoint_type& endpoint) {
  const auto protocol = endpoint.protocol();
  const int fd = ::socket(protocol.family(), protocol.type() | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol.protocol());
  if (fd < 0) return fail_errno(ErrorCode::resource_exhausted, "open socket", errno);
  const int on = 1;
  if (protocol.family() == AF_INET) ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  boost::system::error_code ec;
  socket.assign(protocol, fd, ec);
  if (!ec) return {};
  ::close(fd);
  return fail(ErrorCode::internal, "register socket: " + ec.message(), ec);
}

awaitable<Result<void>> finish_connect(WorkerSocket* socket) {
  auto [ec] = co_await socket->async_wait(WorkerSocket::wait_write, kAwait);
  if (ec) co_return peer_failure(ec, "connect");
  int error_number = 0;
  socklen_t size = sizeof error_number;
  ::getsockopt(socket->native_handle(), SOL_SOCKET, SO_ERROR, &error_number, &size);
  if (error_number != 0) co_return fail_errno(ErrorCode::unavailable, "connect", error_number);
  co_return Result<void>();
}

Result<void> check_listener(WorkerSocket& socket, const WorkerAddress& address) {
  const auto* path = std::get_if<SocketPath>(&address);
  if (path == nullptr || !path->listener) return {};
  ucred listener{};
  socklen_t size = sizeof listener;
  ::getsockopt(socket.native_handle(), SOL_SOCKET, SO_PEERCRED, &listener, &size);
  if (size == sizeof listener && listener.uid == *path->listener) return {};
  return fail(ErrorCode::unavailable, fmt::format("connect: user {} listens there, and not the worker", listener.uid));
}

}  // namespace

awaitable<Result<void>> connect_worker(WorkerSocket* socket, WorkerAddress address) {
  const auto endpoint = endpoint_of(address);
  auto opened = open_socket(*socket, endpoint);
  if (!opened) co_return fail(std::move(opened));
  while (true) {
    if (::connect(socket->native_handle(), endpoint.data(), static_cast<socklen_t>(endpoint.size())) == 0) {
      co_return check_listener(*socket, address);
    }
    const int error_number = errno;
    if (error_number == EINPROGRESS) co_return co_await finish_connect(socket);
    if (error_number != EAGAIN && error_number != EINTR) {
      co_return fail_errno(ErrorCode::unavailable, "connect", error_number);
    }
    const auto again = system_clock().steady() + kBacklogPause;
    const bool slept = co_await sleep_until(again);
    if (!slept || !socket->is_open()) co_return fail(ErrorCode::cancelled, "connect");
  }
}

Result<LoopbackPort> free_loopback_port() {
  static int next = static_cast<int>(::getpid()) % kPortCount;
  for (int tried = 0; tried < kPortCount; ++tried) {
    const int port = kFirstPort + next;
    next = (next + 1) % kPortCount;
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return fail_errno(ErrorCode::unavailable, "open socket", errno);
    const auto address = loopback(port);
    const bool bound = ::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    ::close(fd);
    if (bound) return LoopbackPort{static_cast<std::uint16_t>(port)};
  }
  return fail(ErrorCode::unavailable, "no loopback port is free");
}

}  // namespace holdfast::workers
