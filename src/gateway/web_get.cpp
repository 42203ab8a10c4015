#include "gateway/web_get.hpp"

#include <fmt/format.h>

#include <array>
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/url/parse.hpp>
// The compiled part of Asio's TLS. Only this file uses it; in src/base it would make every program link libssl.
#include <boost/asio/ssl/impl/src.hpp>

namespace holdfast::gateway {
namespace {

namespace beast = boost::beast;
namespace http = beast::http;
namespace ssl = asio::ssl;
using asio::ip::tcp;

constexpr std::uint64_t kLargestBody = std::uint64_t{1} << 20U;

bool is_loopback(const std::string& host) {
  boost::system::error_code ec;
  const auto address = asio::ip::make_address(host, ec);
  return host == "localhost" || (!ec && address.is_loopback());
}

http::request<http::empty_body> request_for(const WebAddress& address, const Headers& headers) {
  http::request<http::empty_body> request(http::verb::get, address.target, 11);
  const bool v6 = address.host.contains(':');
  request.set(http::field::host, v6 ? "[" + address.host + "]:" + address.port : address.host + ":" + address.port);
  request.set(http::field::connection, "close");
  for (const auto& header : headers) request.insert(header.name, header.value);
  return request;
}

Headers headers_of(const http::response_header<>& head) {
  Headers headers;
  for (const auto& field : head) {
    const auto name = field.name_string();
    headers.add(std::string(name.data(), name.size()), std::string(field.value().data(), field.value().size()));
  }
  return headers;
}

template <class Stream>
awaitable<Result<void>> exchange(Stream* stream, const http::request<http::empty_body>* request, const WebSink* sink) {
  auto [write_ec, written] = co_await http::async_write(*stream, *request, kAwait);
  if (write_ec) co_return peer_failure(write_ec, "send the request");
  beast::flat_buffer buffer;
  http::response_parser<http::buffer_body> parser;
  parser.body_limit(boost::none);
  auto [head_ec, head_count] = co_await http::async_read_header(*stream, buffer, parser, kAwait);
  if (head_ec) co_return peer_failure(head_ec, "read the answer");
  sink->head(static_cast<int>(parser.get().result_int()), headers_of(parser.get().base()));
  std::array<char, 16 * 1024> room{};
  while (!parser.is_done()) {
    parser.get().body().data = room.data();
    parser.get().body().size = room.size();
    auto [ec, count] = co_await http::async_read_some(*stream, buffer, parser, kAwait);
    if (ec && ec != http::error::need_buffer) co_return peer_failure(ec, "read the answer");
    const auto got = room.size() - parser.get().body().size;
    if (got > 0 && !sink->piece(std::string_view(room.data(), got))) co_return Result<void>();
  }
  co_return Result<void>();
}

awaitable<Result<void>> exchange_over_tls(tcp::socket socket, const WebAddress* address,
                                          const http::request<http::empty_body>* request, const WebSink* sink) {
  ssl::context context(ssl::context::tls_client);
  boost::system::error_code ec;
  context.set_default_verify_paths(ec);
  if (ec) co_return peer_failure(ec, "load the certificate authorities");
  ssl::stream<tcp::socket> stream(std::move(socket), context);
  stream.set_verify_mode(ssl::verify_peer, ec);
  stream.set_verify_callback(ssl::host_name_verification(address->host), ec);
  SSL_set_min_proto_version(stream.native_handle(), TLS1_2_VERSION);
  // Servers with several names choose the certificate by it. An address is not a name.
  boost::system::error_code not_an_address;
  asio::ip::make_address(address->host, not_an_address);
  if (not_an_address) SSL_set_tlsext_host_name(stream.native_handle(), address->host.c_str());
  auto [handshake_ec] = co_await stream.async_handshake(ssl::stream_base::client, kAwait);
  if (handshake_ec) co_return peer_failure(handshake_ec, "TLS handshake");
  // No goodbye of TLS: the length of the answer says where it ends.
  co_return co_await exchange(&stream, request, sink);
}

}  // namespace

Result<WebAddress> parse_web_address(std::string_view url, PlainHttp plain) {
  const auto parsed = boost::urls::parse_uri(url);
  if (!parsed || parsed->host().empty() || (parsed->scheme() != "https" && parsed->scheme() != "http")) {
    return fail(ErrorCode::invalid_argument, fmt::format("\"{}\" is not a web address", url));
  }
  WebAddress address;
  address.tls = parsed->scheme() == "https";
  address.host = parsed->host_address();
  if (!address.tls && plain == PlainHttp::on_loopback && !is_loopback(address.host)) {
    return fail(ErrorCode::invalid_argument, fmt::format("\"{}\" must begin with https://", url));
  }
  address.port = parsed->has_port() ? std::string(parsed->port()) : address.tls ? "443" : "80";
  address.target = parsed->encoded_target().empty() ? "/" : std::string(parsed->encoded_target());
  return address;
}

awaitable<Result<void>> web_get(WebAddress address, Headers headers, WebSink sink) {
  auto executor = co_await asio::this_coro::executor;
  tcp::resolver resolver(executor);
  auto [resolve_ec, endpoints] = co_await resolver.async_resolve(address.host, address.port, kAwait);
  if (resolve_ec) co_return peer_failure(resolve_ec, "look up " + address.host);
  tcp::socket socket(executor);
  auto [connect_ec, endpoint] = co_await asio::async_connect(socket, endpoints, kAwait);
  if (connect_ec) co_return peer_failure(connect_ec, "connect to " + address.host);
  const auto request = request_for(address, headers);
  if (!address.tls) co_return co_await exchange(&socket, &request, &sink);
  co_return co_await exchange_over_tls(std::move(socket), &address, &request, &sink);
}

awaitable<Result<std::string>> https_get(WebAddress address) {
  Headers headers;
  headers.add("Accept", "application/json");
  int status = 0;
  std::string body;
  bool too_long = false;
  WebSink sink{.head = [&](int answered, const Headers&) { status = answered; },
               .piece =
                   [&](std::string_view piece) {
                     too_long = too_long || body.size() + piece.size() > kLargestBody;
                     if (!too_long) body += piece;
                     return !too_long;
                   }};
  const auto got = co_await web_get(std::move(address), std::move(headers), std::move(sink));
  if (!got) co_return std::unexpected(got.error());
  if (status != 200) co_return fail(ErrorCode::unavailable, fmt::format("it answered {}", status));
  if (too_long) co_return fail(ErrorCode::unavailable, "it answered with more than 1 MB");
  co_return body;
}

}  // namespace holdfast::gateway
