#include "tests/support/http_client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>

namespace holdfast::testing {
namespace {

bool same_name(std::string_view a, std::string_view b) {
  return a.size() == b.size() && ::strncasecmp(a.data(), b.data(), a.size()) == 0;
}

std::size_t to_number(std::string_view text, int base) {
  std::size_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number, base);
  return number;
}

bool wait_for(int fd, short what, std::chrono::milliseconds patience) {
  pollfd waited{fd, what, 0};
  int ready = 0;
  do ready = ::poll(&waited, 1, static_cast<int>(patience.count()));
  while (ready < 0 && errno == EINTR);
  return ready > 0;
}

}  // namespace

std::string HttpReply::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (same_name(key, name)) return value;
  }
  return {};
}

std::string request_text(std::string_view method, std::string_view target, std::string_view body,
                         const HeaderList& headers) {
  std::string text(method);
  text += ' ';
  text += target;
  text += " HTTP/1.1\r\n";
  const auto has = [&headers](std::string_view name) {
    return std::ranges::any_of(headers, [name](const auto& header) { return same_name(header.first, name); });
  };
  if (!has("Host")) text += "Host: localhost\r\n";
  if (!body.empty() && !has("Content-Length") && !has("Transfer-Encoding")) {
    text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  }
  for (const auto& [name, value] : headers) text += name + ": " + value + "\r\n";
  text += "\r\n";
  text += body;
  return text;
}

HttpClient::HttpClient(std::uint16_t port, std::chrono::milliseconds patience) : patience_(patience) {
  fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) close();
  const int on = 1;
  if (fd_ >= 0) ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

HttpClient::~HttpClient() { close(); }

bool HttpClient::send(std::string_view bytes) {
  while (fd_ >= 0 && !bytes.empty()) {
    const auto sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN) {
      if (!wait_for(fd_, POLLOUT, patience_)) return false;
    } else if (errno != EINTR) {
      return false;
    }
  }
  return fd_ >= 0;
}

bool HttpClient::fill() {
  if (fd_ < 0 || !wait_for(fd_, POLLIN, patience_)) return false;
  std::array<char, 65536> buffer{};
  const auto got = ::recv(fd_, buffer.data(), buffer.size(), 0);
  broken_ = got < 0;
  if (got <= 0) return false;
  received_.append(buffer.data(), static_cast<std::size_t>(got));
  return true;
}

std::optional<std::string> HttpClient::read_line() {
  auto end = received_.find("\r\n");
  while (end == std::string::npos) {
    if (!fill()) return std::nullopt;
    end = received_.find("\r\n");
  }
  std::string line = received_.substr(0, end);
  received_.erase(0, end + 2);
  return line;
}

std::optional<HttpReply> HttpClient::read_head() {
  const auto first = read_line();
  if (!first || !first->starts_with("HTTP/1.1 ") || first->size() < 12) return std::nullopt;
  HttpReply reply;
  reply.status = static_cast<int>(to_number(std::string_view(*first).substr(9, 3), 10));
  while (true) {
    const auto line = read_line();
    if (!line) return std::nullopt;
    if (line->empty()) break;
    const auto colon = line->find(':');
    if (colon == std::string::npos) return std::nullopt;
    const auto value = line->find_first_not_of(' ', colon + 1);
    reply.headers.emplace_back(line->substr(0, colon), value == std::string::npos ? "" : line->substr(value));
  }
  body_complete_ = false;
  framing_ = Framing::until_close;
  if (const auto length = reply.header("Content-Length"); !length.empty()) {
    framing_ = Framing::length;
    left_ = to_number(length, 10);
  } else if (same_name(reply.header("Transfer-Encoding"), "chunked")) {
    framing_ = Framing::chunked;
  }
  if (reply.status == 204 || reply.status == 304 || reply.status < 200) framing_ = Framing::none;
  if (framing_ == Framing::none || (framing_ == Framing::length && left_ == 0)) {
    framing_ = Framing::none;
    body_complete_ = true;
  }
  return reply;
}

std::optional<std::string> HttpClient::read_piece() {
  switch (framing_) {
    case Framing::none: return std::nullopt;
    case Framing::chunked: {
      const auto size_line = read_line();
      if (!size_line) return std::nullopt;
      const auto size = to_number(*size_line, 16);
      while (received_.size() < size + 2) {
        if (!fill()) return std::nullopt;
      }
      std::string piece = received_.substr(0, size);
      received_.erase(0, size + 2);
      if (size > 0) return piece;
      framing_ = Framing::none;
      body_complete_ = true;
      return std::nullopt;
    }
    case Framing::length:
    case Framing::until_close: {
      if (received_.empty() && !fill()) {
        body_complete_ = framing_ == Framing::until_close && !broken_;
        return std::nullopt;
      }
      const auto take = framing_ == Framing::length ? std::min(left_, received_.size()) : received_.size();
      std::string piece = received_.substr(0, take);
      received_.erase(0, take);
      if (framing_ == Framing::length) {
        left_ -= take;
        if (left_ == 0) {
          framing_ = Framing::none;
          body_complete_ = true;
        }
      }
      return piece;
    }
  }
  return std::nullopt;
}

std::optional<HttpReply> HttpClient::read(std::string_view method) {
  auto reply = read_head();
  if (!reply) return std::nullopt;
  if (method == "HEAD") {
    framing_ = Framing::none;
    body_complete_ = true;
  }
  while (auto piece = read_piece()) reply->body += *piece;
  reply->complete = body_complete_;
  return reply;
}

std::optional<HttpReply> HttpClient::ask(std::string_view method, std::string_view target, std::string_view body,
                                         const HeaderList& headers) {
  if (!send(request_text(method, target, body, headers))) return std::nullopt;
  return read(method);
}

std::optional<std::string> HttpClient::read_raw() {
  if (received_.empty() && !fill()) return std::nullopt;
  return std::exchange(received_, {});
}

bool HttpClient::closed_by_server() {
  std::array<char, 4096> buffer{};
  while (fd_ >= 0) {
    if (!wait_for(fd_, POLLIN, patience_)) return false;
    if (::recv(fd_, buffer.data(), buffer.size(), 0) <= 0) return true;
  }
  return true;
}

void HttpClient::close() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

void HttpClient::close_for_sending() { ::shutdown(fd_, SHUT_WR); }

void HttpClient::reset() {
  const linger at_once{1, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  close();
}

HttpReply http_get(std::uint16_t port, std::string_view target, const HeaderList& headers) {
  HttpClient client(port);
  return client.ask("GET", target, {}, headers).value_or(HttpReply{});
}

HttpReply http_post(std::uint16_t port, std::string_view target, std::string_view body, const HeaderList& headers) {
  HttpClient client(port);
  auto all = headers;
  if (body.empty()) all.emplace_back("Content-Length", "0");
  return client.ask("POST", target, body, all).value_or(HttpReply{});
}

}  // namespace holdfast::testing
