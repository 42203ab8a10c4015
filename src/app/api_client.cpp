#include "app/api_client.hpp"

#include <fmt/format.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/url/parse.hpp>

#include "base/async.hpp"

namespace holdfast::app {
namespace {

namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;

constexpr std::uint64_t kLargestAnswer = std::uint64_t{64} << 20U;

Result<tcp::socket> connect(asio::io_context& io, const ApiAddress& address) {
  boost::system::error_code ec;
  tcp::resolver resolver(io);
  const auto endpoints = resolver.resolve(address.host, address.port, ec);
  tcp::socket socket(io);
  if (!ec) asio::connect(socket, endpoints, ec);
  if (ec) {
    return fail(ErrorCode::unavailable,
                fmt::format("no Holdfast answers at {}:{} ({}); is `holdfast serve` running? --url names another",
                            address.host, address.port, ec.message()),
                ec);
  }
  return socket;
}

http::request<http::string_body> make_request(const ApiAddress& address, std::string_view method,
                                              std::string_view target, std::string_view body,
                                              const ApiClient::Headers& headers) {
  http::request<http::string_body> request;
  request.method_string(method);
  request.target(target);
  request.version(11);
  request.set(http::field::host, fmt::format("{}:{}", address.host, address.port));
  request.set(http::field::connection, "close");
  for (const auto& [name, value] : headers) request.set(name, value);
  if (!body.empty()) request.set(http::field::content_type, "application/json");
  request.body() = body;
  request.prepare_payload();
  return request;
}

// Takes complete events off the front of `buffer`. Our server ends lines with "\n" and writes one `data:` line.
std::vector<ApiEvent> take_events(std::string& buffer) {
  std::vector<ApiEvent> events;
  for (auto end = buffer.find("\n\n"); end != std::string::npos; end = buffer.find("\n\n")) {
    ApiEvent event;
    std::string_view block(buffer.data(), end);
    while (!block.empty()) {
      const auto line = block.substr(0, block.find('\n'));
      block.remove_prefix(std::min(block.size(), line.size() + 1));
      if (line.starts_with("id: ")) event.id = line.substr(4);
      if (line.starts_with("event: ")) event.type = line.substr(7);
      if (line.starts_with("data: ")) event.data = line.substr(6);
    }
    events.push_back(std::move(event));
    buffer.erase(0, end + 2);
  }
  return events;
}

}  // namespace

Result<ApiAddress> parse_api_url(std::string_view url) {
  const auto parsed = boost::urls::parse_uri(url);
  const bool usable = parsed && parsed->scheme() == "http" && !parsed->host().empty() &&
                      (parsed->path().empty() || parsed->path() == "/");
  if (!usable) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("\"{}\" is not the address of a server; write it like http://127.0.0.1:8000", url));
  }
  return ApiAddress{parsed->host_address(), parsed->has_port() ? std::string(parsed->port()) : "80"};
}

Result<ApiResponse> ApiClient::request(std::string_view method, std::string_view target, std::string_view body,
                                       const Headers& headers) const {
  asio::io_context io;
  auto socket = connect(io, address_);
  if (!socket) return fail(std::move(socket));
  const auto request = make_request(address_, method, target, body, headers);
  boost::system::error_code ec;
  http::write(*socket, request, ec);
  if (ec) return peer_failure(ec, "send the request");
  beast::flat_buffer buffer;
  http::response_parser<http::string_body> parser;
  parser.body_limit(kLargestAnswer);
  http::read(*socket, buffer, parser, ec);
  if (ec) return peer_failure(ec, "read the answer");
  return ApiResponse{parser.get().result_int(), std::move(parser.get().body())};
}

Result<void> ApiClient::stream(std::string_view target, const Headers& headers,
                               const std::function<Continue(const ApiEvent&)>& on_event) const {
  asio::io_context io;
  auto socket = connect(io, address_);
  if (!socket) return fail(std::move(socket));
  const auto request = make_request(address_, "GET", target, {}, headers);
  boost::system::error_code ec;
  http::write(*socket, request, ec);
  if (ec) return peer_failure(ec, "send the request");

  beast::flat_buffer buffer;
  http::response_parser<http::buffer_body> parser;
  parser.body_limit(boost::none);
  http::read_header(*socket, buffer, parser, ec);
  if (ec) return peer_failure(ec, "read the answer");
  if (parser.get().result() != http::status::ok) {
    return fail(ErrorCode::unavailable, fmt::format("the event stream was refused with {}", parser.get().result_int()));
  }
  std::string events;
  while (!parser.is_done()) {
    char piece[16384];
    parser.get().body().data = piece;
    parser.get().body().size = sizeof piece;
    http::read_some(*socket, buffer, parser, ec);
    if (ec == http::error::need_buffer) ec = {};
    if (ec) return peer_failure(ec, "read the event stream");
    events.append(piece, sizeof piece - parser.get().body().size);
    for (const auto& event : take_events(events)) {
      if (on_event(event) == Continue::no) return {};
    }
  }
  return fail(ErrorCode::unavailable, "the event stream ended early");
}

}  // namespace holdfast::app
