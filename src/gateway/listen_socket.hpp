/// Opens the listening TCP socket.
#pragma once

#include <cstdint>

#include "base/error.hpp"
#include "gateway/server.hpp"

namespace holdfast::gateway {

struct ListenSocket {
  int fd = -1;  ///< Non-blocking; the caller owns it.
  std::uint16_t port = 0;
};

/// unavailable: the port is taken, or the address is not of this machine; invalid_argument: not numeric.
[[nodiscard]] Result<ListenSocket> open_listen_socket(const ListenAddress& address);

}  // namespace holdfast::gateway
