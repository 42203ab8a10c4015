#include "gateway/listen_socket.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>

namespace holdfast::gateway {
namespace {

// Connections that wait for accept(): enough for a burst of page loads, and the kernel caps it anyway.
constexpr int kBacklog = 1024;

struct Address {
  sockaddr_storage bytes{};
  socklen_t length = 0;
};

Result<Address> to_socket_address(const ListenAddress& address) {
  Address result;
  auto* v4 = reinterpret_cast<sockaddr_in*>(&result.bytes);
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&result.bytes);
  if (::inet_pton(AF_INET, address.host.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(address.port);
    result.length = sizeof *v4;
  } else if (::inet_pton(AF_INET6, address.host.c_str(), &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(address.port);
    result.length = sizeof *v6;
  } else {
    return fail(ErrorCode::invalid_argument, "\"" + address.host + "\" is not a numeric address or localhost");
  }
  return result;
}

bool is_loopback(const std::string& host) {
  in_addr v4{};
  if (::inet_pton(AF_INET, host.c_str(), &v4) == 1) return (ntohl(v4.s_addr) >> 24U) == 127;
  in6_addr v6{};
  return ::inet_pton(AF_INET6, host.c_str(), &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

// Where `fd` is bound to, as the kernel knows it: the port may have been its choice.
Result<ListenAddress> address_of(int fd) {
  sockaddr_storage bytes{};
  socklen_t length = sizeof bytes;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&bytes), &length) != 0) {
    return fail_errno(ErrorCode::unavailable, "getsockname", errno);
  }
  ListenAddress address;
  char host[INET6_ADDRSTRLEN] = {};
  if (bytes.ss_family == AF_INET) {
    const auto* v4 = reinterpret_cast<const sockaddr_in*>(&bytes);
    ::inet_ntop(AF_INET, &v4->sin_addr, host, sizeof host);
    address.port = ntohs(v4->sin_port);
  } else if (bytes.ss_family == AF_INET6) {
    const auto* v6 = reinterpret_cast<const sockaddr_in6*>(&bytes);
    ::inet_ntop(AF_INET6, &v6->sin6_addr, host, sizeof host);
    address.port = ntohs(v6->sin6_port);
  } else {
    return fail(ErrorCode::invalid_argument, "not an address of the Internet");
  }
  address.host = host;
  address.loopback = is_loopback(address.host);
  return address;
}

}  // namespace

Result<ListenAddress> parse_listen_address(std::string_view text) {
  const auto colon = text.rfind(':');
  const auto wrong = [text] {
    return fail(ErrorCode::invalid_argument,
                "\"" + std::string(text) + "\" is not an address to listen on; write it like 127.0.0.1:8000");
  };
  if (colon == std::string_view::npos || colon == 0) return wrong();
  ListenAddress address;
  auto host = text.substr(0, colon);
  const auto port = text.substr(colon + 1);
  const auto [after, ec] = std::from_chars(port.data(), port.data() + port.size(), address.port);
  if (port.empty() || ec != std::errc() || after != port.data() + port.size()) return wrong();
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  address.host = host == "localhost" ? "127.0.0.1" : std::string(host);
  if (auto numeric = to_socket_address(address); !numeric) return fail(std::move(numeric), "listen address");
  address.loopback = is_loopback(address.host);
  return address;
}

Result<ListenSocket> open_listen_socket(const ListenAddress& address) {
  auto target = to_socket_address(address);
  if (!target) return fail(std::move(target));
  const int fd = ::socket(target->bytes.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
  if (fd < 0) return fail_errno(ErrorCode::unavailable, "socket", errno);
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const auto* where = reinterpret_cast<const sockaddr*>(&target->bytes);
  if (::bind(fd, where, target->length) != 0 || ::listen(fd, kBacklog) != 0) {
    const int error_number = errno;
    ::close(fd);
    return fail_errno(ErrorCode::unavailable, "bind", error_number);
  }
  auto socket = address_of(fd);
  if (!socket) {
    ::close(fd);
    return fail(std::move(socket));
  }
  return ListenSocket{fd, std::move(*socket)};
}

Result<ListenSocket> adopt_listen_socket(int fd) {
  int type = 0;
  int listens = 0;
  socklen_t length = sizeof type;
  const bool known = ::getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &length) == 0 &&
                     ::getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &length) == 0;
  auto address = address_of(fd);
  if (!known || type != SOCK_STREAM || listens == 0 || !address) {
    return fail(ErrorCode::invalid_argument, "the socket that was handed over is not a TCP socket that listens");
  }
  if (::fcntl(fd, F_SETFD, FD_CLOEXEC) != 0 || ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK) != 0) {
    return fail_errno(ErrorCode::unavailable, "fcntl", errno);
  }
  return ListenSocket{fd, std::move(*address)};
}

}  // namespace holdfast::gateway
