/// The worker command: where a worker listens, and the shell text that starts it. Pure.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/error.hpp"

namespace holdfast::workers {

struct SocketPath {
  std::string path;
  std::optional<uid_t> listener = std::nullopt;  ///< Who must have made it. None: whoever could.
};
struct LoopbackPort {
  std::uint16_t port = 0;
};

/// Where a worker is told to listen.
using WorkerAddress = std::variant<SocketPath, LoopbackPort>;

enum class Transport : unsigned char { unix_socket, loopback_tcp };

/// How a worker learns where to listen.
enum class ToldBy : unsigned char {
  placeholder,    ///< `{socket}` or `{port}` in the command.
  port_variable,  ///< PORT in the environment.
};

/// What the placeholders of `command` ask for; a command with both gets a socket.
/// invalid_argument: nothing tells the worker where to listen, or two things tell it different places.
[[nodiscard]] Result<Transport> transport_of(std::string_view command, ToldBy told_by = ToldBy::placeholder);

/// `text` as one word of a POSIX shell. Plain paths stay as they are, so that a placeholder inside
/// the user's own quotes works too.
[[nodiscard]] std::string shell_word(std::string_view text);

/// `command` with `{socket}` and `{port}` replaced.
[[nodiscard]] std::string fill_placeholders(std::string_view command, const WorkerAddress& address);

/// `command` with `exec` before its last program, so that the worker takes the place of the shell:
/// otherwise the shell stays, its death signal is not the worker's, and the worker could outlive us.
/// Understands assignments, `&&` and `;`; anything more (pipes, loops, background jobs) is returned as it is.
[[nodiscard]] std::string with_exec(std::string_view command);

/// Socket paths must fit in sockaddr_un with its final zero.
inline constexpr std::size_t kMaxSocketPath = 107;

}  // namespace holdfast::workers
