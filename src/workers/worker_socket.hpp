/// Connections to workers: one socket type for Unix sockets and loopback TCP. Runs on: supervisor strand.
#pragma once

#include <boost/asio/generic/stream_protocol.hpp>

#include "base/async.hpp"
#include "workers/command.hpp"

namespace holdfast::workers {

using WorkerSocket = asio::generic::stream_protocol::socket;

/// Connects `socket`, which must live until this ends. unavailable: nobody listens there, or
/// not who must (SocketPath::listener); cancelled.
awaitable<Result<void>> connect_worker(WorkerSocket* socket, WorkerAddress address);

/// A loopback port that nobody listens on. unavailable: none was found.
[[nodiscard]] Result<LoopbackPort> free_loopback_port();

}  // namespace holdfast::workers
