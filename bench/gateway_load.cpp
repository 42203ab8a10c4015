// Load for the gateway and its peers: a bounded number of POST /analyze over keep-alive connections, each with one
// request under way, and how long the answers took.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

struct Options {
  std::uint16_t port = 8000;
  int connections = 1;
  int requests = 1000;
  std::string post = "/analyze";
  std::string get;
};

struct Connection {
  int fd = -1;
  std::string received;
  Clock::time_point asked;
};

[[noreturn]] void give_up(const char* what) {
  std::perror(what);
  std::exit(1);
}

int open_connection(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) give_up("connect");
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

std::string request_text(const Options& options) {
  if (!options.get.empty()) return "GET " + options.get + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
  const std::string body = R"({"prompt":"What was the life expectancy in Japan in 1995?","thread_id":"bench"})";
  return "POST " + options.post + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

void ask(Connection& connection, const std::string& request) {
  connection.asked = Clock::now();
  if (::send(connection.fd, request.data(), request.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(request.size())) {
    give_up("send");
  }
}

// Where the value of Content-Length begins; npos when there is none before the end of the head.
std::size_t find_length(std::string_view head) {
  // Nearly all servers write it in one of these ways.
  for (const std::string_view name : {"\r\nContent-Length: ", "\r\ncontent-length: "}) {
    const auto at = head.find(name);
    if (at != std::string_view::npos) return at + name.size();
  }
  return std::string_view::npos;
}

// True once a whole response with Content-Length is there; it is taken away.
bool take_response(Connection& connection) {
  const auto head_end = connection.received.find("\r\n\r\n");
  if (head_end == std::string::npos) return false;
  if (!connection.received.starts_with("HTTP/1.1 200")) {
    std::fprintf(stderr, "%.400s\n", connection.received.c_str());
    std::exit(1);
  }
  const auto at = find_length(std::string_view(connection.received).substr(0, head_end));
  if (at == std::string_view::npos) {
    std::fprintf(stderr, "a response without Content-Length: slower than the hold before early bytes\n");
    std::exit(1);
  }
  std::size_t length = 0;
  const char* digits = connection.received.data() + at;
  std::from_chars(digits, connection.received.data() + head_end, length);
  if (connection.received.size() < head_end + 4 + length) return false;
  connection.received.erase(0, head_end + 4 + length);
  return true;
}

double milliseconds_at(const std::vector<double>& sorted, double share) {
  const auto last = static_cast<double>(sorted.size() - 1);
  return sorted[static_cast<std::size_t>(share * last)];
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("Sends POST /analyze (or GET another path) and measures the answers.");
  app.add_option("--port", options.port)->required();
  app.add_option("--connections", options.connections)->check(CLI::Range(1, 1000));
  app.add_option("--requests", options.requests)->check(CLI::Range(1, 10'000'000));
  app.add_option("--post", options.post, "Where the analyses are asked for (/analyze)");
  app.add_option("--path", options.get, "GET this path instead");
  CLI11_PARSE(app, argc, argv);

  const auto request = request_text(options);
  const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
  std::vector<Connection> connections(static_cast<std::size_t>(std::min(options.connections, options.requests)));
  std::vector<double> took;
  took.reserve(static_cast<std::size_t>(options.requests));
  for (std::size_t i = 0; i < connections.size(); ++i) {
    connections[i].fd = open_connection(options.port);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = i;
    ::epoll_ctl(epoll, EPOLL_CTL_ADD, connections[i].fd, &event);
  }
  const auto begun = Clock::now();
  int sent = 0;
  for (auto& connection : connections) {
    ask(connection, request);
    ++sent;
  }
  std::array<epoll_event, 256> events{};
  std::array<char, 65536> buffer{};
  while (took.size() < static_cast<std::size_t>(options.requests)) {
    const int ready = ::epoll_wait(epoll, events.data(), events.size(), 30'000);
    if (ready <= 0) give_up("no answer for 30 s");
    for (int i = 0; i < ready; ++i) {
      auto& connection = connections[events[static_cast<std::size_t>(i)].data.u64];
      const auto got = ::recv(connection.fd, buffer.data(), buffer.size(), 0);
      if (got <= 0) give_up("the server closed the connection");
      connection.received.append(buffer.data(), static_cast<std::size_t>(got));
      if (!take_response(connection)) continue;
      took.push_back(std::chrono::duration<double, std::milli>(Clock::now() - connection.asked).count());
      if (sent < options.requests) {
        ask(connection, request);
        ++sent;
      }
    }
  }
  const auto seconds = std::chrono::duration<double>(Clock::now() - begun).count();
  std::ranges::sort(took);
  std::printf("%4zu connections %8d requests %9.0f /s   p50 %7.2f ms   p99 %7.2f ms   max %7.2f ms\n",
              connections.size(), options.requests, options.requests / seconds, milliseconds_at(took, 0.5),
              milliseconds_at(took, 0.99), took.back());
  return 0;
}
