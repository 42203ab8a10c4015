#include "gateway/event_stream.hpp"
#include "gateway/routes.hpp"

namespace holdfast::gateway {

awaitable<void> get_events(Call call) {
  const auto id = path_run_id(call);
  if (!id) {
    co_await send_problem(std::move(call), id.error());
    co_return;
  }
  const auto cursor = event_cursor(call.request());
  if (!cursor) {
    co_await send_problem(std::move(call), cursor.error());
    co_return;
  }
  auto run = co_await find_readable(&call, *id);
  if (!run) {
    auto problem = problem_of(run.error());
    co_await send_problem(std::move(call), std::move(problem));
    co_return;
  }
  // 204 is what makes an EventSource stop asking. Never otherwise: to fetch it is a success with no news, at once,
  // again and again.
  const auto last = terminal_seq(*run);
  if (last && *cursor >= *last) {
    Response done;
    done.status = 204;
    done.headers.add("Holdfast-Run-Id", id->text());
    co_await send_response(std::move(call), std::move(done));
    co_return;
  }
  co_await stream_run(std::move(call), *id, *cursor, EventShape::native, {});
}

}  // namespace holdfast::gateway
