// A native HTTP worker that allocates a lot for each request, for bench/run-agent-cost --worker native.
// agent_cost_worker PORT MEGABYTES
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace {

struct Row {
  std::string name;
  std::vector<std::string> tags;
};

// Some two thousand allocations.
std::string answer() {
  std::map<int, std::unique_ptr<Row>> rows;
  for (int i = 0; i < 200; ++i) {
    auto row = std::make_unique<Row>();
    row->name = "a row with a name that takes memory " + std::to_string(i);
    for (const auto* tag : {"a tag that is too long to be kept in place", "and another one, as long as that"}) {
      row->tags.emplace_back(tag);
    }
    rows.emplace(i, std::move(row));
  }
  std::string text = "{";
  for (const auto& [number, row] : rows) {
    text += "\"" + std::to_string(number) + "\": [\"" + row->name + "\"";
    for (const auto& tag : row->tags) text += ", \"" + tag + "\"";
    text += "], ";
  }
  return text + "\"count\": " + std::to_string(rows.size()) + "}";
}

// Half of a heap in pieces is freed.
std::vector<std::unique_ptr<char[]>> hold(std::size_t megabytes) {
  std::mt19937 random(1);
  std::vector<std::unique_ptr<char[]>> held;
  for (std::size_t sum = 0; sum < megabytes << 20U;) {
    const std::size_t size = 16 + random() % 8000;
    held.push_back(std::make_unique<char[]>(size));
    sum += size;
  }
  std::erase_if(held, [&random](const auto&) { return random() % 2 == 0; });
  return held;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const auto held = hold(std::strtoul(argv[2], nullptr, 10));
  const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
  const int on = 1;
  ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(std::atoi(argv[1])));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 || ::listen(listener, 8) != 0)
    return 1;
  while (true) {
    const int client = ::accept(listener, nullptr, nullptr);
    ::setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    // Requests without a body, each of which fits.
    char buffer[8192];
    while (::read(client, buffer, sizeof buffer) > 0) {
      const auto body = answer();
      const auto text = "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
      if (::send(client, text.data(), text.size(), MSG_NOSIGNAL) < 0) break;
    }
    ::close(client);
  }
}
