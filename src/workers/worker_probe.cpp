#include "workers/worker_probe.hpp"

#include <fmt/format.h>

#include <array>
#include <boost/asio/write.hpp>
#include <charconv>

namespace holdfast::workers {
namespace {

// A status line has some 20 bytes; what goes on for longer is none.
constexpr std::size_t kMostRead = 4096;

}  // namespace

std::optional<int> status_of(std::string_view first_line) noexcept {
  constexpr std::string_view kStart = "HTTP/1.";
  if (!first_line.starts_with(kStart) || first_line.size() < kStart.size() + 5) return std::nullopt;
  const auto rest = first_line.substr(kStart.size() + 1);
  int status = 0;
  const auto [end, ec] = std::from_chars(rest.data() + 1, rest.data() + 4, status);
  const bool whole = rest[0] == ' ' && ec == std::errc() && end == rest.data() + 4 && status >= 100;
  return whole && (rest.size() == 4 || rest[4] == ' ' || rest[4] == '\r') ? std::optional(status) : std::nullopt;
}

awaitable<Result<void>> probe_worker(WorkerAddress address, std::string health_path) {
  const auto executor = co_await asio::this_coro::executor;
  WorkerSocket socket(executor);
  auto connected = co_await connect_worker(&socket, std::move(address));
  if (!connected || health_path.empty()) co_return connected;

  const auto request = fmt::format(
      "GET {} HTTP/1.1\r\nHost: localhost\r\nUser-Agent: holdfast\r\nAccept: */*\r\nConnection: close\r\n\r\n",
      health_path);
  const auto buffer = asio::buffer(request);
  auto [sent, written] = co_await asio::async_write(socket, buffer, kAwait);
  if (sent) co_return peer_failure(sent, "did not take a request for " + health_path);

  std::array<char, kMostRead> bytes;
  std::size_t size = 0;
  std::string_view received;
  while (size < bytes.size() && !received.contains('\n')) {
    const auto space = asio::buffer(bytes.data() + size, bytes.size() - size);
    auto [ec, count] = co_await socket.async_read_some(space, kAwait);
    if (ec) co_return peer_failure(ec, "did not answer at " + health_path);
    size += count;
    received = std::string_view(bytes.data(), size);
  }
  const auto status = status_of(received.substr(0, received.find('\n')));
  if (!status) co_return fail(ErrorCode::unavailable, fmt::format("answered at {} with no HTTP response", health_path));
  if (*status / 100 == 2) co_return Result<void>();
  co_return fail(ErrorCode::unavailable, fmt::format("answered {} at {}", *status, health_path));
}

}  // namespace holdfast::workers
