#include "gateway/chat_json.hpp"
#include "gateway/fallback.hpp"
#include "gateway/json_text.hpp"
#include "gateway/routes.hpp"
#include "gateway/run_request.hpp"
#include "gateway/turn_reader.hpp"

namespace holdfast::gateway {
namespace {

constexpr int kMostThreads = 200;

awaitable<Result<Turns>> turns_of(Call call, RenderTurn render) {
  auto thread_id = call.parameters.front();
  if (const auto wrong = check_thread_id(thread_id)) co_return fail(ErrorCode::invalid_argument, wrong->msg);
  co_return co_await read_turns(std::move(call), std::move(thread_id), TurnLimits(), std::move(render));
}

}  // namespace

awaitable<void> get_threads(Call call) {
  auto threads = co_await call.coordinator().threads(call.subject.owner, 0, kMostThreads);
  if (!threads) {
    co_await send_error(std::move(call), threads.error());
    co_return;
  }
  std::string list = "[";
  for (const auto& thread : threads->threads) {
    if (list.size() > 1) list += ',';
    ObjectText out;
    out.text("thread_id", thread.thread_id).text("title", thread.title);
    list += out.number("latest_at", thread.latest_at).number("run_count", thread.run_count).take();
  }
  list += ']';
  ObjectText body;
  body.raw("threads", list);
  if (threads->total > kMostThreads) body.boolean("truncated", true);
  auto response = json_response(200, body.take());
  co_await send_response(std::move(call), std::move(response));
}

awaitable<void> get_thread_runs(Call call) {
  RenderTurn render = [&call](const journal::Run& run) { return Turn{current_run_json(call, run, Via::journal), ""}; };
  auto turns = co_await turns_of(call, std::move(render));
  if (!turns) {
    co_await send_error(std::move(call), turns.error());
    co_return;
  }
  auto response = try_build("gateway.build_response", [&] {
    ObjectText body;
    body.raw("runs", turns->bodies());
    if (turns->truncated) body.boolean("truncated", true);
    return json_response(200, body.take());
  });
  if (response) {
    co_await call.exchange->send(std::move(*response));
  } else {
    send_cannot_build(call, response.error());
  }
}

awaitable<void> get_chat_messages(Call call) {
  RenderTurn render = [](const journal::Run& run) { return Turn{chat_messages_json(run), ""}; };
  auto turns = co_await turns_of(call, std::move(render));
  if (!turns) {
    co_await send_error(std::move(call), turns.error());
    co_return;
  }
  const auto* envelope = call.request().target.find_query("envelope");
  const bool wrapped = envelope != nullptr && *envelope == "true";
  auto response = try_build("gateway.build_response", [&] {
    auto list = turns->bodies();
    if (wrapped) {
      ObjectText body;
      body.raw("messages", list);
      if (turns->truncated) body.boolean("truncated", true);
      list = body.take();
    }
    auto built = json_response(200, std::move(list));
    // A bare list has no other place to say it.
    if (turns->truncated) built.headers.add("Holdfast-Truncated", "true");
    return built;
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
