#include "base/async.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>

namespace holdfast {

std::unexpected<Error> peer_failure(const boost::system::error_code& ec, std::string_view operation) {
  if (ec == asio::error::operation_aborted) return fail(ErrorCode::cancelled, std::string(operation), ec);
  return fail(ErrorCode::unavailable, fmt::format("{}: {}", operation, ec.message()), ec);
}

void detail::task_escaped(std::string_view task, const std::exception_ptr& failure) noexcept {
  std::string what;
  try {
    std::rethrow_exception(failure);
  } catch (const std::exception& e) {
    what = e.what();
  } catch (...) {
    what = "an exception that is not a std::exception";
  }
  std::fprintf(stderr, "holdfast: task %.*s failed: %s\n", static_cast<int>(task.size()), task.data(), what.c_str());
  std::abort();
}

awaitable<bool> cancel_requested() {
  const auto state = co_await asio::this_coro::cancellation_state;
  co_return state.cancelled() != asio::cancellation_type::none;
}

awaitable<bool> sleep_until(SteadyTime deadline) {
  const bool stopped = co_await cancel_requested();
  if (stopped) co_return false;
  auto executor = co_await asio::this_coro::executor;
  asio::steady_timer timer(executor, deadline);
  auto [ec] = co_await timer.async_wait(kAwait);
  co_return !ec;
}

}  // namespace holdfast
