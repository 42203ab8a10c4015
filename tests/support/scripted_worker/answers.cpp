#include "tests/support/scripted_worker/answers.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

namespace scripted_worker {
namespace {

/// False when the other side has gone.
bool send_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EAGAIN) {
      pollfd writable{fd, POLLOUT, 0};
      ::poll(&writable, 1, -1);
    } else if (sent < 0 && errno != EINTR) {
      return false;
    } else if (sent > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
  return true;
}

/// Runs that were answered.
std::atomic<int> answers = 0;

void pause(int milliseconds) {
  if (milliseconds > 0) std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
}

std::string or_null(std::string_view raw) { return raw.empty() ? "null" : std::string(raw); }

std::string result_of(const Options& options, const Request& request, int resumed_at) {
  auto prompt = raw_value(request.body, "prompt");
  if (!options.report) return fmt::format(R"({{"result":{}}})", or_null(prompt));
  return fmt::format(
      R"({{"result":{},"run_id":"{}","attempt":{},"deadline_ms":{},"traceparent":"{}","user":"{}","thread_key":"{}","checkpoint":{},"pid":{},"resumed_at":{}}})",
      or_null(prompt), header(request.head, "Holdfast-Run-Id"), header(request.head, "Holdfast-Attempt"),
      header(request.head, "Holdfast-Deadline-Ms"), header(request.head, "traceparent"),
      header(request.head, "Holdfast-User"), header(request.head, "Holdfast-Thread-Key"),
      or_null(raw_value(request.body, "checkpoint")), ::getpid(), resumed_at);
}

std::string response(std::string_view status, std::string_view type, std::string_view body, std::size_t length) {
  return fmt::format("HTTP/1.1 {}\r\nContent-Type: {}\r\nContent-Length: {}\r\n\r\n{}", status, type, length, body);
}

std::string json_response(std::string_view body) { return response("200 OK", "application/json", body, body.size()); }

std::string chunk(std::string_view text) { return fmt::format("{:x}\r\n{}\r\n", text.size(), text); }

constexpr std::string_view kStreamHead =
    "HTTP/1.1 200 OK\r\nContent-Type: application/vnd.holdfast.events+ndjson\r\nTransfer-Encoding: chunked\r\n\r\n";
constexpr std::string_view kStreamEnd = "0\r\n\r\n";

/// The step after the one in the checkpoint that came with the request.
int first_step(const Request& request) {
  const auto done = raw_value(raw_value(request.body, "checkpoint"), "done");
  int step = 0;
  std::from_chars(done.data(), done.data() + done.size(), step);
  return step + 1;
}

void send_bad_lines(int fd, const Options& options) {
  if (options.has("huge-line")) send_all(fd, chunk(std::string(2 << 20, 'x')));
  if (options.has("invalid-line")) send_all(fd, chunk("{\"type\":\n"));
  if (options.has("unknown-lines")) send_all(fd, chunk("{\"type\":\"mood\",\"value\":[1]}\n\r\n{\"type\":\"x\"}\n"));
}

void send_deltas(int fd, const Options& options) {
  for (int piece = 1; piece <= options.deltas; ++piece) {
    // More than one byte for some of the characters: a connection may be cut inside of one.
    send_all(fd, chunk(fmt::format("{{\"type\":\"delta\",\"text\":\"část {} z {} 🙂 \"}}\n", piece, options.deltas)));
  }
}

/// One write of one line: it counts although the process is killed right after.
void record(const Options& options, const Request& request) {
  if (options.record.empty()) return;
  const auto line = fmt::format("{} {} {}\n", header(request.head, "Holdfast-Run-Id"),
                                header(request.head, "Holdfast-Attempt"), ::getpid());
  const int fd = ::open(options.record.c_str(), O_CREAT | O_APPEND | O_WRONLY | O_CLOEXEC, 0600);
  if (fd < 0 || ::write(fd, line.data(), line.size()) != static_cast<ssize_t>(line.size())) std::abort();
  ::close(fd);
}

void wait_at_gate(const Options& options, const Request& request) {
  if (options.gate.empty()) return;
  const auto key = fmt::format("{}/{}", options.gate, header(request.head, "Holdfast-Run-Id"));
  while (::access(key.c_str(), F_OK) != 0) pause(3);
}

Next stream(int fd, const Options& options, const Request& request) {
  if (!send_all(fd, kStreamHead)) return Next::close;
  send_bad_lines(fd, options);
  const int first = first_step(request);
  for (int step = first; step <= options.steps; ++step) {
    pause(options.sleep_ms);
    const auto lines = fmt::format(
        "{{\"type\":\"progress\",\"step\":\"step{0}\",\"message\":\"Step {0} of {1}\"}}\n"
        "{{\"type\":\"checkpoint\",\"step\":\"step{0}\",\"state\":{{\"done\":{0}}}}}\n",
        step, options.steps);
    if (!send_all(fd, chunk(lines))) return Next::close;
    if (options.has("die-mid-answer")) ::raise(SIGKILL);
  }
  send_deltas(fd, options);
  wait_at_gate(options, request);
  if (options.has("no-final")) {
    send_all(fd, kStreamEnd);
    return Next::keep_open;
  }
  const auto last = fmt::format("{{\"type\":\"result\",\"result\":{}}}\n", result_of(options, request, first));
  send_all(fd, chunk(options.has("twice") ? last + last : last));
  send_all(fd, kStreamEnd);
  return Next::keep_open;
}

std::string huge_body(int megabytes) {
  std::string body = R"({"result":")";
  body.append(static_cast<std::size_t>(megabytes) << 20, 'x');
  return body + "\"}";
}

/// The ways of not giving a proper answer. False when none of them is wanted.
bool answer_badly(int fd, const Options& options, std::string_view body, Next& next) {
  next = Next::close;
  const auto half = body.substr(0, body.size() / 2);
  if (options.has("no-answer")) {
    next = Next::silent;
  } else if (options.has("garbage")) {
    send_all(fd, "\x01\x02 this is no HTTP \r\n\r\n\xff\xfe");
  } else if (options.has("half-body") || options.has("die-mid-answer")) {
    send_all(fd, response("200 OK", "application/json", half, body.size()));
    if (options.has("die-mid-answer")) ::raise(SIGKILL);
  } else if (options.has("long-length")) {
    send_all(fd, response("200 OK", "application/json", body, body.size() + 100));
  } else if (options.has("short-length")) {
    send_all(fd, response("200 OK", "application/json", body, body.size() / 2));
  } else if (options.has("http10")) {
    send_all(fd, fmt::format("HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n{}", body));
  } else if (options.has("not-json")) {
    send_all(fd, response("200 OK", "text/html", "<h1>hello</h1>", 14));
  } else if (options.has("trailing")) {
    send_all(fd, json_response(body) + "HTTP/1.1 500 Evil\r\nContent-Length: 4\r\n\r\nevil");
  } else if (options.has("switch")) {
    send_all(fd, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n\x81\x05hello");
  } else if (options.has("endless")) {
    const std::string piece(1 << 20, 'x');
    send_all(fd, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 10000000000\r\n\r\n\"");
    while (send_all(fd, piece)) continue;
  } else if (options.has("empty")) {
    send_all(fd, response("200 OK", "application/json", "", 0));
  } else if (!options.has("close")) {
    return false;
  }
  return true;
}

void leak(int megabytes) {
  if (megabytes <= 0) return;
  // Reachable: a compiler leaves out memory that nobody can look at.
  static std::vector<std::string> kept;
  kept.emplace_back(static_cast<std::size_t>(megabytes) << 20, '\1');
}

void leak_descriptors(int count) {
  for (int i = 0; i < count; ++i) {
    if (::open("/dev/null", O_RDONLY | O_CLOEXEC) < 0) return;
  }
}

void print(int kilobytes) {
  if (kilobytes <= 0) return;
  const std::string piece(1024, '.');
  for (int i = 0; i < kilobytes; ++i) std::fwrite(piece.data(), 1, piece.size(), stdout);
  std::fflush(stdout);
  std::fprintf(stderr, "printed %d KB, caf\xe9\n", kilobytes);
}

/// A look at our health. Threads may ask at the same time.
void answer_look(int fd, const Options& options) {
  static std::atomic<int> looks = 0;
  const bool ill = ++looks <= options.sick || (options.has("ill") && answers > 0);
  send_all(fd, response(ill ? "503 Not Well" : "200 OK", "text/plain", "", 0));
}

/// A process that outlives us as long as it is let, holding every descriptor we have.
void leave_behind(const Options& options) {
  if (::fork() != 0) return;
  if (options.has("stray")) {
    ::setsid();
    if (::fork() != 0) ::_exit(0);
  }
  ::signal(SIGTERM, SIG_IGN);
  while (true) ::pause();
}

}  // namespace

Next answer(int fd, const Options& options, const Request& request) {
  if (request.head.starts_with("GET ")) {
    answer_look(fd, options);
    return Next::keep_open;
  }
  record(options, request);
  leak(options.leak_mb);
  leak_descriptors(options.leak_descriptors);
  print(options.print_kb);
  if (options.has("die")) ::raise(SIGKILL);
  if (options.has("grandchild") || options.has("stray")) {
    leave_behind(options);
    return Next::silent;
  }
  if (options.stream || options.has("huge-line") || options.has("invalid-line") || options.has("unknown-lines") ||
      options.has("no-final")) {
    return stream(fd, options, request);
  }

  pause(options.sleep_ms);
  wait_at_gate(options, request);
  const auto body = options.huge_body_mb > 0 ? huge_body(options.huge_body_mb) : result_of(options, request, 1);
  Next next = Next::keep_open;
  if (answer_badly(fd, options, body, next)) return next;
  if (options.status > 0) {
    const std::string_view error = R"({"detail":"the tables are on strike"})";
    send_all(fd, response(fmt::format("{} Scripted", options.status), "application/json", error, error.size()));
    return Next::keep_open;
  }
  const auto whole = json_response(body);
  if (!send_all(fd, options.has("twice") ? whole + whole : whole)) return Next::close;
  ++answers;
  if (options.has("die-after-answer")) ::_exit(4);
  return Next::keep_open;
}

}  // namespace scripted_worker
