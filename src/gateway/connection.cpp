#include "gateway/connection.hpp"

#include <sys/socket.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/post.hpp>

#include "base/log.hpp"
#include "gateway/http_exchange.hpp"
#include "gateway/send_parts.hpp"

namespace holdfast::gateway {
namespace {

// What a client may send ahead of its answers; past it nothing more is read until they are caught up.
constexpr std::size_t kMostReadAhead = 65536;
// Of a refused request, what is thrown away so that the client sees the answer and not a reset.
constexpr std::size_t kMostThrownAway = 1024 * 1024;
// Requests answered in a row without letting other sessions run.
constexpr unsigned kBurst = 16;

}  // namespace

Connection::Connection(std::shared_ptr<Server::State> state, Socket socket)
    : state_(std::move(state)), socket_(std::move(socket)) {}

void Connection::start() {
  auto self = shared_from_this();
  auto body = [self] { return self->run(); };
  // The handler owns the connection until the task is over, because the signal must outlive the task.
  auto done = [self](const std::exception_ptr& failure) {
    if (failure) detail::task_escaped("http session", failure);
    self->state_->connections.erase(self);
    self->state_->changed.notify_all();
  };
  asio::co_spawn(state_->executor, detail::run_task(std::move(body)),
                 asio::bind_cancellation_slot(stop_.slot(), std::move(done)));
}

SteadyTime Connection::after(std::chrono::milliseconds delay) const { return state_->clock->steady() + delay; }

void Connection::consume(std::size_t bytes) {
  consumed_ += bytes;
  if (consumed_ < pending_.size()) return;
  pending_.clear();
  consumed_ = 0;
}

awaitable<void> Connection::run() {
  unsigned burst = 0;
  while (!gone_ && !(state_->stopping && pending().empty())) {
    if (pending().empty()) {
      pending_ = std::string();  // An idle connection owns no buffer.
      phase_ = Phase::idle;
      deadline_ = after(state_->config.idle_timeout);
      burst = 0;
      const auto filled = co_await fill();
      if (filled != Fill::bytes) break;
    }
    phase_ = Phase::reading;
    const auto next = co_await serve_one();
    if (next == Next::close) break;
    if (++burst % kBurst == 0) co_await asio::post(state_->executor, asio::use_awaitable);
  }
  deadline_ = SteadyTime::max();
  if (!gone_ && !interrupted_ && (must_linger_ || !pending().empty())) co_await linger();
  close();
}

awaitable<Connection::Next> Connection::serve_one() {
  RequestParser parser(state_->config.limits, &state_->hooks.streams_body);
  auto filled = co_await read_head(&parser);
  const bool wants_body = filled == Fill::bytes && !parser.refusal() && parser.state() == ParseState::body &&
                          !parser.request().streams_body;
  if (wants_body) filled = co_await read_body(&parser);
  deadline_ = SteadyTime::max();
  if (filled == Fill::closed) co_return Next::close;
  phase_ = Phase::answering;
  if (filled == Fill::expired) {
    auto slow =
        make_problem(408, "request-timeout", "The request came too slowly", "the request was not complete in time");
    co_await refuse(&parser, std::move(slow));
    co_return Next::close;
  }
  if (parser.refusal()) {
    co_await refuse(&parser, *parser.refusal());
    co_return Next::close;
  }
  co_return co_await answer(&parser);
}

awaitable<Connection::Fill> Connection::read_head(RequestParser* parser) {
  deadline_ = after(state_->config.header_timeout);
  while (true) {
    consume(parser->feed(pending()));
    if (parser->refusal() || parser->state() != ParseState::head) co_return Fill::bytes;
    const auto filled = co_await fill();
    if (filled != Fill::bytes) co_return filled;
  }
}

awaitable<Connection::Fill> Connection::read_body(RequestParser* parser) {
  const auto& config = state_->config;
  if (parser->expects_continue() && pending().empty()) {
    const Parts parts{kContinue};
    const auto sent = co_await write_all(parts);
    if (sent == Sent::client_gone) co_return Fill::closed;
  }
  const auto started = state_->clock->steady();
  while (true) {
    consume(parser->feed(pending()));
    if (parser->refusal() || parser->state() == ParseState::complete) co_return Fill::bytes;
    // A client that sends one byte now and then makes progress but is not a reason to wait for ever.
    const auto paid_for = std::chrono::seconds(parser->request().body.size() / config.body_bytes_per_second);
    deadline_ = std::min(after(config.body_timeout), started + config.body_timeout + paid_for);
    const auto filled = co_await fill();
    if (filled != Fill::bytes) co_return filled;
  }
}

awaitable<Connection::Next> Connection::answer(RequestParser* parser) {
  const auto started = state_->clock->steady();
  ++state_->requests;
  parser_ = parser;
  // What has come of a body that is passed on is often all of it.
  if (parser->request().streams_body) consume(parser->feed(pending()));
  HttpExchange exchange(this, &parser->request(), parser->keep_alive());
  co_await state_->hooks.serve(&exchange);
  unwatch();
  looked_after_ = false;
  if (!exchange.answered()) {
    auto missing =
        to_response(make_problem(500, "internal", "Something went wrong here", "the route sent no answer"), "");
    co_await exchange.send(std::move(missing));
  }
  if (log::enabled(log::Level::debug)) {
    const auto took = std::chrono::duration_cast<std::chrono::microseconds>(state_->clock->steady() - started);
    log::debug("gateway.answered", {{"method", parser->request().method},
                                    {"target", parser->request().raw_target},
                                    {"status", exchange.status()},
                                    {"took_us", took.count()},
                                    {"bytes", exchange.bytes()},
                                    {"request_id", parser->request().id}});
  }
  deadline_ = SteadyTime::max();
  const bool read_whole = parser->state() == ParseState::complete;
  if (!read_whole) must_linger_ = true;
  parser_ = nullptr;
  co_return exchange.keeps_alive() && read_whole && !gone_ ? Next::request : Next::close;
}

awaitable<void> Connection::refuse(RequestParser* parser, Problem problem) {
  log::debug("gateway.refused", {{"status", problem.status}, {"detail", problem.detail}});
  must_linger_ = true;
  auto& request = parser->request();
  if (request.id.empty()) request.id = request_id_for(std::nullopt);
  parser_ = parser;
  HttpExchange exchange(this, &request, false);
  auto response = to_response(problem, request.target.path);
  co_await exchange.send(std::move(response));
  parser_ = nullptr;
}

awaitable<void> Connection::linger() {
  phase_ = Phase::lingering;
  boost::system::error_code ignored;
  socket_.shutdown(Socket::shutdown_send, ignored);
  deadline_ = after(state_->config.linger);
  std::size_t thrown_away = 0;
  while (thrown_away < kMostThrownAway) {
    thrown_away += pending().size();
    consume(pending().size());
    const auto filled = co_await fill();
    if (filled != Fill::bytes) break;
  }
}

awaitable<Connection::Fill> Connection::fill() {
  const auto filled = co_await receive();
  if (filled == Fill::bytes) pending_.append(received());
  co_return filled;
}

/// Leaves what it got in the scratch, until the next suspension.
awaitable<Connection::Fill> Connection::receive() {
  auto& scratch = state_->scratch;
  while (socket_.is_open()) {
    const auto received = ::recv(socket_.native_handle(), scratch.data(), scratch.size(), MSG_DONTWAIT);
    if (received > 0) {
      received_ = static_cast<std::size_t>(received);
      co_return Fill::bytes;
    }
    if (received == 0) break;
    if (errno == EINTR) continue;
    if (errno != EAGAIN) break;
    expired_ = false;
    auto [ec] = co_await socket_.async_wait(Socket::wait_read, kAwait);
    if (expired_) co_return Fill::expired;
    if (ec == asio::error::operation_aborted && !gone_ && !interrupted_) co_return Fill::stopped;
    if (ec) break;
  }
  gone_ = true;
  co_return Fill::closed;
}

awaitable<Sent> Connection::write_all(Parts parts) {
  while (!gone_) {
    const auto taken = send_now(socket_.native_handle(), parts).taken;
    if (taken == Taken::all) break;
    if (taken == Taken::closed) {
      gone_ = true;
      break;
    }
    write_expired_ = false;
    write_deadline_ = after(state_->config.write_timeout);
    auto [ec] = co_await socket_.async_wait(Socket::wait_write, kAwait);
    write_deadline_ = SteadyTime::max();
    // The time-out of a body that is being read meanwhile cancels this too, and means nothing here.
    const bool other_timeout = ec == asio::error::operation_aborted && !write_expired_ && !interrupted_;
    if (ec && !other_timeout) gone_ = true;
  }
  co_return gone_ ? Sent::client_gone : Sent::ok;
}

Sent Connection::write_now(Parts parts) noexcept {
  if (!gone_ && send_now(socket_.native_handle(), parts).taken != Taken::all) gone_ = true;
  return gone_ ? Sent::client_gone : Sent::ok;
}

void Connection::watch() {
  if (watching_ || gone_) return;
  watching_ = true;
  arm_watch();
}

void Connection::arm_watch() {
  auto ready = [self = shared_from_this(), number = ++watch_number_](const boost::system::error_code& ec) {
    if (!ec && self->watching_ && number == self->watch_number_) self->on_readable();
  };
  socket_.async_wait(Socket::wait_read, asio::bind_cancellation_slot(stop_watch_.slot(), std::move(ready)));
}

void Connection::on_readable() {
  auto& scratch = state_->scratch;
  while (pending().size() < kMostReadAhead) {
    const auto received = ::recv(socket_.native_handle(), scratch.data(), scratch.size(), MSG_DONTWAIT);
    if (received > 0) {
      pending_.append(scratch.data(), static_cast<std::size_t>(received));
      continue;
    }
    if (received < 0 && errno == EINTR) continue;
    if (received < 0 && errno == EAGAIN) return arm_watch();
    gone_ = true;
    watching_ = false;
    stop_.emit(asio::cancellation_type::terminal);
    return;
  }
  watching_ = false;
}

void Connection::unwatch() {
  if (!watching_) return;
  watching_ = false;
  stop_watch_.emit(asio::cancellation_type::terminal);
}

void Connection::check_deadline(SteadyTime now) {
  if (looked_after_ && phase_ == Phase::answering && !gone_ && client_has_closed()) gone_ = true;
  const bool read_is_late = now >= deadline_;
  const bool write_is_late = now >= write_deadline_;
  if (!read_is_late && !write_is_late) {
    // The cancellation may have come while nothing was awaited that it could reach.
    if (gone_ && phase_ == Phase::answering) stop_.emit(asio::cancellation_type::terminal);
    return;
  }
  if (read_is_late) deadline_ = SteadyTime::max();
  if (write_is_late) write_deadline_ = SteadyTime::max();
  expired_ = read_is_late;
  write_expired_ = write_is_late;
  boost::system::error_code ignored;
  socket_.cancel(ignored);
}

void Connection::close_if_idle() {
  if (phase_ == Phase::idle) close();
}

void Connection::interrupt() {
  interrupted_ = true;
  if (phase_ == Phase::answering) {
    stop_.emit(asio::cancellation_type::terminal);
  } else {
    close();
  }
}

void Connection::close() {
  gone_ = true;
  boost::system::error_code ignored;
  socket_.close(ignored);
  stop_.emit(asio::cancellation_type::terminal);
}

}  // namespace holdfast::gateway
