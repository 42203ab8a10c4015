/// A connection as the client's side of what is passed through.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include "gateway/connection.hpp"
#include "gateway/send_parts.hpp"

namespace holdfast::gateway {

bool Connection::body_complete() const noexcept {
  return parser_ == nullptr || parser_->state() == ParseState::complete;
}

awaitable<Wire::Read> Connection::read_body(std::string* piece) {
  auto& body = parser_->request().body;
  while (body.empty()) {
    if (parser_->refusal()) co_return Read::refused;
    if (parser_->state() == ParseState::complete) co_return Read::complete;
    const bool stopped = co_await cancel_requested();
    if (stopped) co_return Read::gone;
    deadline_ = after(state_->config.body_timeout);
    const auto filled = co_await receive();
    deadline_ = SteadyTime::max();
    if (filled == Fill::expired) co_return Read::slow;
    if (filled != Fill::bytes) co_return Read::gone;
    auto rest = received();
    if (pending().empty()) {
      rest.remove_prefix(parser_->feed(rest));
      pending_.append(rest);
    } else {
      pending_.append(rest);
      consume(parser_->feed(pending()));
    }
  }
  // The piece's room goes back to the parser, and the other way round.
  piece->clear();
  piece->swap(body);
  co_return Read::bytes;
}

awaitable<Wire::Read> Connection::read_raw(std::string* bytes) {
  if (!pending().empty()) {
    bytes->assign(pending());
    consume(pending().size());
    co_return Read::bytes;
  }
  const bool stopped = co_await cancel_requested();
  if (stopped) co_return Read::gone;
  const auto filled = co_await receive();
  if (filled != Fill::bytes) co_return Read::gone;
  bytes->assign(received());
  co_return Read::bytes;
}

awaitable<Sent> Connection::write(Parts parts) {
  if (gone_) co_return Sent::client_gone;
  const auto taken = send_now(socket_.native_handle(), parts).taken;
  if (taken == Taken::all) co_return Sent::ok;
  if (taken == Taken::closed) {
    gone_ = true;
    co_return Sent::client_gone;
  }
  std::string rest;
  for (const auto part : parts) rest += part;
  const Parts left{rest};
  co_return co_await write_all(left);
}

// A client whose answer ends with the connection must not take our giving up for its end: it gets a reset.
void Connection::abort() noexcept {
  const struct linger at_once{1, 0};
  ::setsockopt(socket_.native_handle(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  gone_ = true;
}

bool Connection::client_has_closed() const noexcept {
  if (!body_complete()) return false;
  pollfd look{const_cast<Socket&>(socket_).native_handle(), POLLRDHUP, 0};
  return ::poll(&look, 1, 0) > 0 && (look.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

std::string_view Connection::client_address() {
  if (client_address_.empty()) client_address_ = read_client_address();
  return client_address_;
}

std::string Connection::read_client_address() {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  if (::getpeername(socket_.native_handle(), reinterpret_cast<sockaddr*>(&address), &length) != 0) return "unknown";
  std::array<char, INET6_ADDRSTRLEN> text{};
  const void* bytes = nullptr;
  if (address.ss_family == AF_INET) bytes = &reinterpret_cast<const sockaddr_in*>(&address)->sin_addr;
  if (address.ss_family == AF_INET6) bytes = &reinterpret_cast<const sockaddr_in6*>(&address)->sin6_addr;
  if (bytes == nullptr || ::inet_ntop(address.ss_family, bytes, text.data(), text.size()) == nullptr) return "unknown";
  return text.data();
}

}  // namespace holdfast::gateway
