#include "tests/support/scripted_model.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <cstdlib>

namespace holdfast::testing {
namespace {

constexpr int kLookMs = 20;

std::string quoted(const std::string& text) { return boost::json::serialize(boost::json::string(text)); }

std::string event(const std::string& text) {
  return fmt::format("data: {{\"choices\":[{{\"delta\":{{\"content\":{}}}}}]}}\n\n", quoted(text));
}

std::string stream_head() { return "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"; }

std::vector<std::string> pieces_of(const std::string& text) {
  std::vector<std::string> out;
  std::string piece;
  for (const char c : text) {
    piece += c;
    if (c == ' ') out.push_back(std::exchange(piece, {}));
  }
  if (!piece.empty()) out.push_back(piece);
  return out;
}

std::size_t content_length(const std::string& head) {
  const auto at = head.find("Content-Length: ");
  return at == std::string::npos ? 0 : std::strtoul(head.c_str() + at + 16, nullptr, 10);
}

bool readable(int socket, const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    pollfd waiting{socket, POLLIN, 0};
    if (::poll(&waiting, 1, kLookMs) > 0) return true;
  }
  return false;
}

}  // namespace

ScriptedReply streamed(const std::string& text, std::chrono::milliseconds pause) {
  ScriptedReply reply;
  reply.pieces.push_back({stream_head(), {}});
  for (const auto& piece : pieces_of(text)) reply.pieces.push_back({event(piece), pause});
  reply.pieces.push_back(
      {"data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n", pause});
  return reply;
}

ScriptedReply cut_stream(const std::string& text) {
  auto reply = streamed(text);
  reply.pieces.pop_back();
  return reply;
}

ScriptedReply whole(const std::string& text) {
  return raw_reply("application/json",
                   fmt::format("{{\"choices\":[{{\"message\":{{\"content\":{}}}}}]}}", quoted(text)));
}

ScriptedReply status_reply(int status, const std::string& headers, const std::string& body) {
  return {{{fmt::format("HTTP/1.1 {} Status\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: "
                        "close\r\n{}\r\n{}",
                        status, body.size(), headers, body),
            {}}},
          false};
}

ScriptedReply raw_reply(const std::string& content_type, const std::string& body) {
  return {{{fmt::format("HTTP/1.1 200 OK\r\nContent-Type: {}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{}",
                        content_type, body.size(), body),
            {}}},
          false};
}

ScriptedReply silence() { return {{}, true}; }

ScriptedModel::ScriptedModel(std::vector<ScriptedReply> script) : script_(std::move(script)) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  const bool listening = ::bind(listener_, reinterpret_cast<sockaddr*>(&address), length) == 0 &&
                         ::listen(listener_, 16) == 0 &&
                         ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length) == 0;
  if (!listening) std::abort();
  port_ = ntohs(address.sin_port);
  thread_ = std::jthread([this](const std::stop_token& stop) { serve(stop); });
}

ScriptedModel::~ScriptedModel() {
  thread_.request_stop();
  thread_.join();
  ::close(listener_);
}

std::string ScriptedModel::base_url() const { return fmt::format("http://127.0.0.1:{}/v1", port_); }

std::vector<std::string> ScriptedModel::requests() {
  const std::scoped_lock lock(mutex_);
  return requests_;
}

void ScriptedModel::serve(const std::stop_token& stop) {
  while (readable(listener_, stop)) {
    const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) continue;
    serve_one(socket, stop);
    ::close(socket);
  }
}

void ScriptedModel::serve_one(int socket, const std::stop_token& stop) {
  std::string request;
  char buffer[4096];
  while (readable(socket, stop)) {
    const auto got = ::recv(socket, buffer, sizeof buffer, 0);
    if (got <= 0) return;
    request.append(buffer, static_cast<std::size_t>(got));
    const auto head = request.find("\r\n\r\n");
    if (head != std::string::npos && request.size() >= head + 4 + content_length(request.substr(0, head))) break;
  }
  ScriptedReply reply = status_reply(500);
  {
    const std::scoped_lock lock(mutex_);
    if (requests_.size() < script_.size()) reply = script_[requests_.size()];
    requests_.push_back(request);
  }
  for (const auto& piece : reply.pieces) {
    if (stop.stop_requested()) return;
    std::this_thread::sleep_for(piece.pause_before);
    if (::send(socket, piece.bytes.data(), piece.bytes.size(), MSG_NOSIGNAL) < 0) return;
  }
  // Silent until the client gives up.
  if (reply.stall && readable(socket, stop)) return;
}

}  // namespace holdfast::testing
