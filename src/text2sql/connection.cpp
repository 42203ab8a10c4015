#include "text2sql/connection.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cerrno>

namespace holdfast::text2sql {
namespace {

namespace http = boost::beast::http;

// A question, three earlier results and a checkpoint are under 600 KB by their own bounds.
constexpr std::uint64_t kMaxBody = 1U << 20U;
constexpr std::uint32_t kMaxHeader = 16 * 1024;

BadRequest bad_request(const boost::system::error_code& ec) {
  if (ec == http::error::body_limit) return {413, "the request body is larger than 1 MB"};
  if (ec == http::error::header_limit) return {431, "the request header is larger than 16 KB"};
  return {400, "not an HTTP request: " + ec.message()};
}

std::string text(boost::beast::string_view view) { return {view.data(), view.size()}; }

std::string_view reason(int status) {
  switch (status) {
    case 200: return "OK";
    case 400: return "Bad Request";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 408: return "Request Timeout";
    case 413: return "Content Too Large";
    case 422: return "Unprocessable Content";
    case 431: return "Request Header Fields Too Large";
    default: return "Error";
  }
}

}  // namespace

bool Connection::wait_for(short events, SteadyTime deadline) const {
  while (true) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - clock_.steady()).count();
    if (left <= 0) return false;
    pollfd waiting{socket_.get(), events, 0};
    const int ready = ::poll(&waiting, 1, static_cast<int>(std::min<std::int64_t>(left, 60'000)));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;
  }
}

std::expected<HttpRequest, BadRequest> Connection::read_request(SteadyTime deadline) {
  http::request_parser<http::string_body> parser;
  parser.body_limit(kMaxBody);
  parser.header_limit(kMaxHeader);
  parser.eager(true);
  std::string pending;
  std::array<char, 16 * 1024> buffer{};
  while (!parser.is_done()) {
    if (!wait_for(POLLIN, deadline)) return std::unexpected(BadRequest{408, "the request did not arrive in time"});
    const auto got = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return std::unexpected(BadRequest{0, "the connection was closed within the request"});
    pending.append(buffer.data(), static_cast<std::size_t>(got));
    boost::system::error_code ec;
    const auto used = parser.put(boost::asio::buffer(pending), ec);
    pending.erase(0, used);
    if (ec && ec != http::error::need_more) return std::unexpected(bad_request(ec));
  }
  auto& message = parser.get();
  return HttpRequest{text(message.method_string()), text(message.target()), std::move(message.body()),
                     text(message["Holdfast-Deadline-Ms"]), text(message["Holdfast-Run-Id"])};
}

Result<void> Connection::write_all(std::string_view bytes, SteadyTime deadline) {
  while (!bytes.empty()) {
    const auto sent = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      if (!wait_for(POLLOUT, deadline)) return fail(ErrorCode::deadline_exceeded, "the answer is not being read");
    } else if (errno != EINTR) {
      return fail(ErrorCode::cancelled, "the connection was closed");
    }
  }
  return {};
}

Result<void> Connection::write_json(int status, std::string_view body, SteadyTime deadline) {
  return write_all(
      fmt::format(
          "HTTP/1.1 {} {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{}",
          status, reason(status), body.size(), body),
      deadline);
}

Result<void> Connection::begin_stream(std::string_view content_type, SteadyTime deadline) {
  return write_all(
      fmt::format("HTTP/1.1 200 OK\r\nContent-Type: {}\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n",
                  content_type),
      deadline);
}

Result<void> Connection::write_chunk(std::string_view bytes, SteadyTime deadline) {
  return write_all(fmt::format("{:x}\r\n{}\r\n", bytes.size(), bytes), deadline);
}

Result<void> Connection::end_stream(SteadyTime deadline) { return write_all("0\r\n\r\n", deadline); }

bool Connection::peer_closed() const {
  pollfd waiting{socket_.get(), POLLRDHUP, 0};
  if (::poll(&waiting, 1, 0) <= 0) return false;
  return (waiting.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

}  // namespace holdfast::text2sql
