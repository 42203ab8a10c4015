#include "gateway/chat_json.hpp"
#include "gateway/fallback.hpp"
#include "gateway/json_text.hpp"
#include "gateway/routes.hpp"
#include "gateway/run_request.hpp"

namespace holdfast::gateway {
namespace {

constexpr int kMostThreads = 200;
// The latest turns of a conversation; older ones are reached by GET /v1/runs with a cursor.
constexpr int kMostTurns = 500;

awaitable<Result<std::vector<journal::Run>>> turns_of(Call call) {
  auto thread_id = call.parameters.front();
  if (const auto wrong = check_thread_id(thread_id)) co_return fail(ErrorCode::invalid_argument, wrong->msg);
  co_return co_await call.coordinator().thread_runs(call.subject.owner, std::move(thread_id), kMostTurns);
}

}  // namespace

awaitable<void> get_threads(Call call) {
  auto threads = co_await call.coordinator().threads(call.subject.owner, kMostThreads);
  if (!threads) {
    auto problem = problem_of(threads.error());
    co_await send_problem(std::move(call), std::move(problem));
    co_return;
  }
  std::string list = "[";
  for (const auto& thread : *threads) {
    if (list.size() > 1) list += ',';
    ObjectText out;
    out.text("thread_id", thread.thread_id).text("title", thread.title);
    list += out.number("latest_at", thread.latest_at).number("run_count", thread.run_count).take();
  }
  list += ']';
  auto response = json_response(200, ObjectText().raw("threads", list).take());
  co_await send_response(std::move(call), std::move(response));
}

awaitable<void> get_thread_runs(Call call) {
  auto runs = co_await turns_of(call);
  if (!runs) {
    auto problem = problem_of(runs.error());
    co_await send_problem(std::move(call), std::move(problem));
    co_return;
  }
  auto response = try_build("gateway.build_response", [&] {
    return json_response(200, ObjectText().raw("runs", run_list_json(call, *runs)).take());
  });
  if (response) {
    co_await call.exchange->send(std::move(*response));
  } else {
    send_cannot_build(call, response.error());
  }
}

awaitable<void> get_chat_messages(Call call) {
  auto runs = co_await turns_of(call);
  if (!runs) {
    auto problem = problem_of(runs.error());
    co_await send_problem(std::move(call), std::move(problem));
    co_return;
  }
  const auto* envelope = call.request().target.find_query("envelope");
  const bool wrapped = envelope != nullptr && *envelope == "true";
  auto response = try_build("gateway.build_response", [&] {
    auto list = chat_messages_json(*runs);
    return json_response(200, wrapped ? ObjectText().raw("messages", list).take() : std::move(list));
  });
  if (response) {
    co_await call.exchange->send(std::move(*response));
  } else {
    send_cannot_build(call, response.error());
  }
}

awaitable<void> get_initial_prompts(Call call) {
  auto response = json_response(200, json_string_array(call.config().examples));
  co_await send_response(std::move(call), std::move(response));
}

}  // namespace holdfast::gateway
