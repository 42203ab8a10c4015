// A backend in plain C++ and POSIX: one request at a time, on the Unix socket that it is given. A real one would use a
// library for HTTP; this one shows how little a worker has to be.
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <sstream>
#include <string>
#include <thread>

namespace {

struct Request {
  std::string line;  // "POST /analyze HTTP/1.1"
  std::string body;
};

// Reads to the end of the body that Content-Length announces. Empty: the other side has gone.
Request read_request(int client) {
  std::string text;
  std::size_t head_end = std::string::npos;
  std::size_t length = 0;
  char buffer[4096];
  while (head_end == std::string::npos || text.size() < head_end + 4 + length) {
    const auto got = ::read(client, buffer, sizeof buffer);
    if (got <= 0 || text.size() > 1024 * 1024) return {};
    text.append(buffer, static_cast<std::size_t>(got));
    if (head_end != std::string::npos) continue;
    head_end = text.find("\r\n\r\n");
    const auto header = text.find("Content-Length: ");
    if (head_end != std::string::npos && header < head_end)
      length = std::strtoul(text.c_str() + header + 16, nullptr, 10);
  }
  return {text.substr(0, text.find("\r\n")), text.substr(head_end + 4)};
}

void answer(int client, const std::string& status, const std::string& body) {
  const auto text = "HTTP/1.1 " + status +
                    "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
                    "\r\nConnection: close\r\n\r\n" + body;
  for (std::size_t sent = 0; sent < text.size();) {
    const auto wrote = ::send(client, text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
    if (wrote <= 0) return;
    sent += static_cast<std::size_t>(wrote);
  }
}

// Words of the whole body: enough of an analysis for an example, and no JSON library.
void analyze(int client, const Request& request) {
  const char* seconds = std::getenv("WORK_SECONDS");
  std::this_thread::sleep_for(std::chrono::milliseconds(static_cast<long>(std::atof(seconds ? seconds : "2") * 1000)));
  std::istringstream words(request.body);
  int count = 0;
  for (std::string word; words >> word;) ++count;
  answer(client, "200 OK",
         "{\"result\": \"" + std::to_string(count) + " words\", \"pid\": " + std::to_string(::getpid()) + "}");
}

}  // namespace

int main(int argc, char** argv) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (argc != 2 || std::strlen(argv[1]) >= sizeof address.sun_path) {
    std::cerr << "usage: server SOCKET\n";
    return 2;
  }
  std::strcpy(address.sun_path, argv[1]);
  ::unlink(argv[1]);
  const int listener = ::socket(AF_UNIX, SOCK_STREAM, 0);
  if (::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 || ::listen(listener, 64) != 0) {
    std::perror(argv[1]);
    return 1;
  }
  while (true) {
    const int client = ::accept(listener, nullptr, nullptr);
    if (client < 0) continue;
    // A thread each: what is passed through comes beside a run.
    std::thread([client] {
      const auto request = read_request(client);
      if (request.line.rfind("POST /analyze ", 0) == 0) {
        analyze(client, request);
      } else if (request.line.rfind("GET /hello/", 0) == 0) {
        const auto name = request.line.substr(11, request.line.find(' ', 11) - 11);
        answer(client, "200 OK", "{\"hello\": \"" + name + "\"}");
      } else if (!request.line.empty()) {
        answer(client, "404 Not Found", "{}");
      }
      ::close(client);
    }).detach();
  }
}
