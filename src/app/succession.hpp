/// One process after the other on one listening socket: taking a socket that was handed over, and handing it on.
///
/// The hand-over is that of sd_listen_fds(3), LISTEN_PID and LISTEN_FDS with descriptor 3, so that systemd can hold the
/// socket too.
#pragma once

#include <optional>

#include "base/error.hpp"

namespace holdfast::app {

/// The socket handed to this process, if one was. The variables are removed: workers must not take it for theirs.
/// invalid_argument: more than one was.
[[nodiscard]] Result<std::optional<int>> inherited_socket();

/// unavailable: what is on disk in place of this program cannot be started.
[[nodiscard]] Result<void> check_successor();

/// Becomes a new process of this program, with the same number, arguments, directory and environment, which inherits
/// `socket`. What is on disk in place of the program now is what starts. Returns only when that fails.
/// Call when no thread but this one is left, and everything that is locked was given up.
[[nodiscard]] Error become_successor(int socket);

}  // namespace holdfast::app
