/// The listening TCP socket: opened here, or by whoever started us.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace holdfast::gateway {

/// "HOST:PORT" taken apart: "127.0.0.1:8000", "[::1]:8000", "localhost:0".
struct ListenAddress {
  std::string host;  ///< Without brackets; localhost is 127.0.0.1.
  std::uint16_t port = 0;
  bool loopback = false;
};
[[nodiscard]] Result<ListenAddress> parse_listen_address(std::string_view text);

struct ListenSocket {
  int fd = -1;  ///< Non-blocking, closed on exec; the caller owns it.
  ListenAddress address;
};

/// unavailable: the port is taken, or the address is not of this machine; invalid_argument: not numeric.
[[nodiscard]] Result<ListenSocket> open_listen_socket(const ListenAddress& address);

/// invalid_argument: `fd` is not a TCP socket that listens; it stays the caller's.
[[nodiscard]] Result<ListenSocket> adopt_listen_socket(int fd);

}  // namespace holdfast::gateway
