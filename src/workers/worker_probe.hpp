/// Whether a worker is there: it accepts a connection or, where it has a health path, says so.
#pragma once

#include "workers/command.hpp"
#include "workers/worker_socket.hpp"

namespace holdfast::workers {

/// Empty `health_path`: connects and closes. Otherwise asks for that path over HTTP/1.1; a 2xx is a yes, whatever comes
/// with it. unavailable: no, and the message says how, beginning with a verb; cancelled. Give it a deadline: a worker
/// that accepts may be silent for ever. Runs on: supervisor strand.
awaitable<Result<void>> probe_worker(WorkerAddress address, std::string health_path);

/// The status in the first line of an HTTP response. None: it is not one. Pure.
[[nodiscard]] std::optional<int> status_of(std::string_view first_line) noexcept;

}  // namespace holdfast::workers
