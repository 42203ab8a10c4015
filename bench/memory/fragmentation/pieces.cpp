// A backend in plain C++ that takes memory in pieces and gives most of it back: POST {"fill": "one"} or {"fill":
// "sixteen"} does that once, in as many threads; every other request is an analysis of a second. Knows nothing of
// Holdfast. pieces_worker --socket PATH
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace {

struct Piece {
  char* at;
  std::size_t size;
};

std::size_t kept_of(unsigned seed, std::size_t bytes, std::vector<Piece>& kept) {
  std::mt19937 random(seed);
  std::vector<Piece> made;
  for (std::size_t sum = 0; sum < bytes;) {
    const std::size_t size = 16 + random() % 16'000;
    made.push_back({static_cast<char*>(std::malloc(size)), size});
    std::memset(made.back().at, 1, size);
    sum += size;
  }
  std::size_t live = 0;
  for (const auto& piece : made) {
    if (random() % 10 == 0) {
      kept.push_back(piece);
      live += piece.size;
    } else {
      std::free(piece.at);
    }
  }
  return live;
}

// The threads stay, as those of a pool do.
std::size_t fill(int threads) {
  static std::mutex mutex;
  static std::condition_variable changed;
  static std::vector<Piece> held;
  int done = 0;
  std::size_t live = 0;
  for (int i = 0; i < threads; ++i) {
    std::thread([&, i, threads] {
      std::vector<Piece> kept;
      const auto mine =
          kept_of(17 + static_cast<unsigned>(i), (300UL << 20U) / static_cast<std::size_t>(threads), kept);
      {
        const std::lock_guard lock(mutex);
        held.insert(held.end(), kept.begin(), kept.end());
        live += mine;
        ++done;
        changed.notify_all();
      }
      while (true) ::pause();
    }).detach();
  }
  std::unique_lock lock(mutex);
  changed.wait(lock, [&] { return done == threads; });
  return live;
}

std::string read_body(int client) {
  std::string text;
  char buffer[4096];
  std::size_t whole = 0;
  while (whole == 0 || text.size() < whole) {
    const auto got = ::read(client, buffer, sizeof buffer);
    if (got <= 0) return {};
    text.append(buffer, static_cast<std::size_t>(got));
    const auto head = text.find("\r\n\r\n");
    const auto length = text.find("ontent-Length: ");
    if (whole == 0 && head != std::string::npos) {
      whole = head + 4 + (length < head ? std::strtoul(text.c_str() + length + 15, nullptr, 10) : 0);
    }
  }
  return text.substr(text.find("\r\n\r\n") + 4);
}

void serve(int client) {
  for (auto body = read_body(client); !body.empty(); body = read_body(client)) {
    std::string answer = R"({"result":"done"})";
    const bool one = body.contains(R"("fill":"one")");
    if (one || body.contains(R"("fill":"sixteen")")) {
      answer = R"({"result":"done","live_bytes":)" + std::to_string(fill(one ? 1 : 16)) + "}";
    } else if (!body.contains(R"("collect")")) {
      std::this_thread::sleep_for(std::chrono::seconds(1));
    }
    const auto text =
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(answer.size()) +
        "\r\n\r\n" + answer;
    if (::send(client, text.data(), text.size(), MSG_NOSIGNAL) < 0) break;
  }
  ::close(client);
}

}  // namespace

int main(int argc, char** argv) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (argc != 3 || std::strlen(argv[2]) >= sizeof address.sun_path) return 2;
  std::strcpy(address.sun_path, argv[2]);
  ::unlink(argv[2]);
  const int listener = ::socket(AF_UNIX, SOCK_STREAM, 0);
  if (::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 || ::listen(listener, 64) != 0)
    return 1;
  while (true) {
    const int client = ::accept(listener, nullptr, nullptr);
    if (client >= 0) std::thread(serve, client).detach();
  }
}
