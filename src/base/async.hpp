/// The whole of our Asio idiom: how coroutines are started, stopped and given a deadline.
///
/// Rules (the coroutine lint holds the first):
///   - A statement with `co_await` has one `co_await`; its arguments are names, literals or calls.
///     Aggregates and lambdas are named on the line before (docs/decisions/0002-compiler.md).
///   - Leaf operations are awaited with `kAwait`: `auto [ec, n] = co_await op(…, kAwait);`
///   - A cancelled await returns `operation_aborted`; it does not throw, so clean-up may await leaf operations too.
///   - A cancellation that arrives between two awaits, or during one that cannot be cancelled (the journal's), stops
///     nothing by itself: what waits for long asks cancel_requested() first.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.hpp"
#include "base/error.hpp"

namespace holdfast {

namespace asio = boost::asio;

template <class T>
using awaitable = asio::awaitable<T>;

inline constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);

/// A leaf failure as an Error: `cancelled` when we stopped it, else `unavailable`.
[[nodiscard]] std::unexpected<Error> peer_failure(const boost::system::error_code& ec, std::string_view operation);

namespace detail {

/// Ends the process: an exception that leaves a task is a defect.
[[noreturn]] void task_escaped(std::string_view task, const std::exception_ptr& failure) noexcept;

// By default the first co_await after a cancellation throws; the wrapper switches that off.
template <class Body>
awaitable<void> run_task(Body body) {
  co_await asio::this_coro::throw_if_cancelled(false);
  co_await body();
}

}  // namespace detail

/// Starts `body`, a callable that returns awaitable<void>, on its own. What it captures lives until it
/// ends. `task` names it in the report when an exception escapes, which ends the process.
template <class Body>
void spawn(const asio::any_io_executor& executor, std::string_view task, Body body) {
  asio::co_spawn(executor, detail::run_task(std::move(body)), [task = std::string(task)](std::exception_ptr failure) {
    if (failure) detail::task_escaped(task, failure);
  });
}

/// The same, and `stop.emit(asio::cancellation_type::terminal)` cancels what it awaits. `stop` must outlive the task,
/// and does when it belongs to what `body` captures: that lives until the task uses `stop` no more, which may be a turn
/// of the event loop after its last line.
template <class Body>
void spawn(const asio::any_io_executor& executor, std::string_view task, asio::cancellation_signal& stop, Body body) {
  auto kept = std::make_shared<Body>(std::move(body));
  auto done = [kept, task = std::string(task)](std::exception_ptr failure) {
    if (failure) detail::task_escaped(task, failure);
  };
  asio::co_spawn(executor, detail::run_task([kept] { return (*kept)(); }),
                 asio::bind_cancellation_slot(stop.slot(), std::move(done)));
}

/// Whether this task was asked to stop, now or earlier.
awaitable<bool> cancel_requested();

/// Waits until `deadline`. False when cancelled before.
awaitable<bool> sleep_until(SteadyTime deadline);

/// Awaits `operation`, cancelling it at `deadline`. An operation that succeeds all the same keeps its
/// result. deadline_exceeded: the deadline came first.
/// Asio requires the result of a spawned awaitable to be default-constructible, hence the optional.
template <class T>
awaitable<Result<T>> with_deadline(awaitable<Result<T>> operation, SteadyTime deadline) {
  const bool stopped = co_await cancel_requested();
  if (stopped) co_return fail(ErrorCode::cancelled, "stopped before it began");
  auto executor = co_await asio::this_coro::executor;
  asio::steady_timer timer(executor, deadline);
  auto wrapped = [](awaitable<Result<T>> inner) -> awaitable<std::optional<Result<T>>> {
    co_await asio::this_coro::throw_if_cancelled(false);
    co_return co_await std::move(inner);
  };
  auto group = asio::experimental::make_parallel_group(
      asio::co_spawn(executor, wrapped(std::move(operation)), asio::deferred), timer.async_wait(asio::deferred));
  auto [order, failure, result, timer_ec] =
      co_await group.async_wait(asio::experimental::wait_for_one(), asio::use_awaitable);
  if (failure) std::rethrow_exception(failure);
  if (!result->has_value() && result->error().code() == ErrorCode::cancelled && !timer_ec) {
    co_return fail(ErrorCode::deadline_exceeded, "deadline reached");
  }
  co_return std::move(*result);
}

}  // namespace holdfast
