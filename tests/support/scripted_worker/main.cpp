/// A worker for tests and benchmarks: fast when it behaves, and with a bad habit for each flag (see --help).
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "tests/support/scripted_worker/answers.hpp"
#include "tests/support/scripted_worker/options.hpp"
#include "tests/support/scripted_worker/request.hpp"

namespace {

using scripted_worker::Next;
using scripted_worker::Options;

constexpr std::string_view kTooLarge = "HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

[[noreturn]] void give_up(const char* what) {
  std::perror(what);
  std::exit(1);
}

/// What remains of the options once the habits are used up.
Options well_behaved(const Options& options) {
  Options good = options;
  std::erase_if(good.habits, [](const std::string& habit) { return habit != "concurrent"; });
  good.status = 0;
  good.exit_at_start = -1;
  good.signal_at_start = 0;
  good.huge_body_mb = 0;
  good.sick = 0;
  good.leak_descriptors = 0;
  good.sleep_ms = 0;
  return good;
}

bool is_first(const std::string& file) {
  const int fd = ::open(file.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
  if (fd >= 0) ::close(fd);
  return fd >= 0;
}

void start_badly(const Options& options) {
  for (int line = 1; line <= options.print_lines; ++line) std::printf("line %d of %d\n", line, options.print_lines);
  std::fflush(stdout);
  if (options.has("ignore-sigterm")) ::signal(SIGTERM, SIG_IGN);
  if (options.exit_at_start >= 0) {
    std::fprintf(stderr, "cannot go on: the scripted reason\n");
    std::exit(options.exit_at_start);
  }
  if (options.signal_at_start > 0) {
    const rlimit no_core{0, 0};
    ::setrlimit(RLIMIT_CORE, &no_core);
    ::raise(options.signal_at_start);
  }
  while (options.has("never-ready")) ::pause();
  std::this_thread::sleep_for(std::chrono::milliseconds(options.start_ms));
}

int listen_on(const Options& options) {
  sockaddr_storage storage{};
  socklen_t size = 0;
  if (!options.socket.empty()) {
    auto* address = reinterpret_cast<sockaddr_un*>(&storage);
    address->sun_family = AF_UNIX;
    if (options.socket.size() >= sizeof address->sun_path) give_up("socket path");
    std::memcpy(address->sun_path, options.socket.data(), options.socket.size());
    size = sizeof(sockaddr_un);
  } else {
    auto* address = reinterpret_cast<sockaddr_in*>(&storage);
    address->sin_family = AF_INET;
    address->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address->sin_port = htons(static_cast<std::uint16_t>(options.port));
    size = sizeof(sockaddr_in);
  }
  const int fd = ::socket(storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&storage), size) != 0) give_up("bind");
  if (::listen(fd, 128) != 0) give_up("listen");
  return fd;
}

struct Connection {
  int fd = -1;
  std::string bytes;
};

class Server {
 public:
  Server(int listener, const Options& options) : listener_(listener), options_(options) {}

  [[noreturn]] void run() {
    while (true) {
      polled_.assign(1, {listener_, POLLIN, 0});
      for (const auto& connection : connections_) polled_.push_back({connection.fd, POLLIN, 0});
      ::poll(polled_.data(), polled_.size(), -1);
      for (std::size_t i = connections_.size(); i > 0; --i) {
        if (polled_[i].revents != 0) serve(i - 1);
      }
      if (polled_[0].revents != 0) accept_one();
    }
  }

 private:
  void accept_one() {
    const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) return;
    if (options_.has("concurrent")) return std::thread([this, fd] { serve_alone(fd); }).detach();
    connections_.push_back({fd, {}});
    // The request is mostly there already: it saves a turn of the loop.
    pollfd readable{fd, POLLIN, 0};
    if (::poll(&readable, 1, 0) > 0) serve(connections_.size() - 1);
  }

  void serve(std::size_t index) {
    if (!serve(connections_[index])) return drop(index);
    if (!options_.has("deaf") || listener_ < 0) return;
    ::close(listener_);
    listener_ = -1;  // poll() leaves it out.
  }

  void serve_alone(int fd) const {
    Connection connection{fd, {}};
    while (serve(connection)) continue;
    ::close(fd);
  }

  /// Reads once, and answers what is complete. False: the connection is to be closed.
  bool serve(Connection& connection) const {
    std::array<char, 65536> buffer;
    const auto count = ::recv(connection.fd, buffer.data(), buffer.size(), 0);
    if (count <= 0) return false;
    connection.bytes.append(buffer.data(), static_cast<std::size_t>(count));
    if (options_.has("early")) {
      ::send(connection.fd, kTooLarge.data(), kTooLarge.size(), MSG_NOSIGNAL);
      return false;
    }
    while (true) {
      const auto request = scripted_worker::first_request(connection.bytes);
      if (request.size == 0) return true;
      const auto next = scripted_worker::answer(connection.fd, options_, request);
      if (next == Next::close) return false;
      connection.bytes.erase(0, request.size);
    }
  }

  void drop(std::size_t index) {
    if (options_.leak_descriptors == 0) ::close(connections_[index].fd);
    connections_.erase(connections_.begin() + static_cast<std::ptrdiff_t>(index));
  }

  int listener_;
  const Options& options_;
  std::vector<Connection> connections_;
  std::vector<pollfd> polled_;
};

}  // namespace

int main(int count, char** arguments) {
  auto options = scripted_worker::parse_options(count, arguments);
  if (!options.once.empty() && !is_first(options.once)) options = well_behaved(options);
  start_badly(options);
  const int listener = listen_on(options);
  if (options.has("ready-then-dead")) {
    // Not before somebody has seen it listen.
    ::close(::accept(listener, nullptr, nullptr));
    std::fprintf(stderr, "dead so soon\n");
    return 3;
  }
  if (options.has("daemonize") && ::fork() != 0) return 0;
  Server(listener, options).run();
}
