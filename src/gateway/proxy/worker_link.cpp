#include "gateway/proxy/worker_link.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

namespace holdfast::gateway {

using workers::WorkerSocket;

namespace {

constexpr ssize_t kNothingYet = -2;

}  // namespace

WorkerLink::WorkerLink(asio::any_io_executor executor, const Clock& clock, std::chrono::milliseconds patience,
                       Scratch& scratch)
    : socket_(executor), executor_(std::move(executor)), clock_(&clock), patience_(patience), scratch_(&scratch) {}

void WorkerLink::use(WorkerSocket socket) {
  socket_ = std::move(socket);
  accepted_ = false;
}

WorkerSocket WorkerLink::release() { return std::exchange(socket_, WorkerSocket(executor_)); }

LinkEnd WorkerLink::why(const boost::system::error_code& ec) const noexcept {
  if (expired_) return LinkEnd::expired;
  return ec == asio::error::operation_aborted || stopped_ ? LinkEnd::stopped : LinkEnd::broken;
}

awaitable<LinkEnd> WorkerLink::connect(workers::Passage* passage, std::chrono::milliseconds patience) {
  use(WorkerSocket(executor_));
  if (stopped_) co_return LinkEnd::stopped;
  send_deadline_ = clock_->steady() + patience;
  const auto connected = co_await passage->connect(&socket_);
  send_deadline_ = SteadyTime::max();
  if (connected) co_return LinkEnd::ok;
  if (expired_) co_return LinkEnd::expired;
  co_return connected.error().code() == ErrorCode::cancelled ? LinkEnd::stopped : LinkEnd::broken;
}

Taken WorkerLink::send_some(Parts& parts) noexcept {
  const auto sent = send_now(socket_.native_handle(), parts);
  accepted_ = accepted_ || sent.bytes > 0;
  return sent.taken;
}

awaitable<LinkEnd> WorkerLink::send(Parts parts) {
  if (stopped_ || !socket_.is_open()) co_return LinkEnd::stopped;
  auto taken = send_some(parts);
  wait_first_ = true;
  if (taken == Taken::all) co_return LinkEnd::ok;
  if (taken == Taken::closed) co_return LinkEnd::closed;
  std::string rest;
  for (const auto part : parts) rest += part;
  Parts left{rest};
  while (taken == Taken::some) {
    send_deadline_ = patience_end();
    auto [ec] = co_await socket_.async_wait(WorkerSocket::wait_write, kAwait);
    send_deadline_ = SteadyTime::max();
    if (ec || stopped_ || expired_) co_return why(ec);
    taken = send_some(left);
  }
  co_return taken == Taken::all ? LinkEnd::ok : LinkEnd::closed;
}

// kNothingYet, or as recv().
ssize_t WorkerLink::try_receive() noexcept {
  while (true) {
    const auto received = ::recv(socket_.native_handle(), scratch_->data(), most_, MSG_DONTWAIT);
    if (received >= 0) return received;
    if (errno == EAGAIN) return kNothingYet;
    if (errno != EINTR) return -1;
  }
}

awaitable<LinkEnd> WorkerLink::receive() {
  while (!stopped_ && !expired_ && socket_.is_open()) {
    const auto received = std::exchange(wait_first_, false) ? kNothingYet : try_receive();
    if (received > 0) {
      received_ = static_cast<std::size_t>(received);
      co_return LinkEnd::ok;
    }
    if (received == 0) co_return LinkEnd::closed;
    if (received != kNothingYet) co_return LinkEnd::broken;
    receiving_ = true;
    receive_deadline_ = expects_answer_ ? patience_end() : SteadyTime::max();
    auto [ec] = co_await socket_.async_wait(WorkerSocket::wait_read, kAwait);
    receiving_ = false;
    receive_deadline_ = SteadyTime::max();
    if (ec) co_return why(ec);
  }
  co_return expired_ ? LinkEnd::expired : LinkEnd::stopped;
}

void WorkerLink::expect_answer(bool expected) noexcept {
  expects_answer_ = expected;
  touch();
}

void WorkerLink::touch() noexcept {
  if (receiving_) receive_deadline_ = expects_answer_ ? patience_end() : SteadyTime::max();
}

void WorkerLink::sweep(SteadyTime now) {
  if (now < receive_deadline_ && now < send_deadline_) return;
  expired_ = true;
  boost::system::error_code ignored;
  socket_.close(ignored);
}

void WorkerLink::stop() {
  stopped_ = true;
  boost::system::error_code ignored;
  socket_.close(ignored);
}

}  // namespace holdfast::gateway
