// States of conversations that workers keep in the journal, by their users or by the worker of a run.
#include "gateway/checkpoint_request.hpp"
#include "gateway/fallback.hpp"
#include "gateway/json_text.hpp"
#include "gateway/routes.hpp"
#include "gateway/try_build.hpp"

namespace holdfast::gateway {
namespace {

using journal::ThreadCheckpoint;
using journal::ThreadCheckpointPage;

std::string writes_json(const std::vector<journal::ThreadWrite>& writes) {
  std::string list = "[";
  for (const auto& write : writes) {
    if (list.size() > 1) list += ',';
    list += ObjectText().text("task_id", write.task).number("index", write.index).raw("value", write.value).take();
  }
  return list + ']';
}

std::string parts_json(const std::vector<journal::ThreadPart>& parts) {
  std::string list = "[";
  for (const auto& part : parts) {
    if (list.size() > 1) list += ',';
    list += ObjectText().text("name", part.name).text("version", part.version).raw("value", *part.value).take();
  }
  return list + ']';
}

std::string checkpoint_json(const ThreadCheckpoint& checkpoint) {
  ObjectText out;
  out.text("thread_id", checkpoint.place.thread_id).text("namespace", checkpoint.place.space);
  out.text("checkpoint_id", checkpoint.place.id);
  if (checkpoint.parent_id.empty()) out.raw("parent_id", "null");
  if (!checkpoint.parent_id.empty()) out.text("parent_id", checkpoint.parent_id);
  out.text("created_at", iso_time(checkpoint.created_at)).raw("metadata", checkpoint.metadata);
  out.raw("state", checkpoint.state).raw("parts", parts_json(checkpoint.parts));
  return out.raw("writes", writes_json(checkpoint.writes)).take();
}

Response page_response(const ThreadCheckpointPage& page) {
  std::string list = "[";
  for (const auto& checkpoint : page.checkpoints) {
    if (list.size() > 1) list += ',';
    list += checkpoint_json(checkpoint);
  }
  ObjectText body;
  body.raw("checkpoints", list + ']');
  const bool more = page.more && !page.checkpoints.empty();
  if (more) body.text("next_cursor", cursor_behind(page.checkpoints.back().place));
  if (!more) body.raw("next_cursor", "null");
  return json_response(200, body.take());
}

Problem write_problem(const Error& error) {
  if (error.code() == ErrorCode::failed_precondition) {
    auto problem = make_problem(507, "checkpoint-limit", "There is no room for it", error.message());
    problem.code = to_string(error.code());
    problem.retryable = false;
    return problem;
  }
  if (error.code() == ErrorCode::invalid_argument) {
    return invalid_shape({FieldError{{"body"}, error.message(), "string_characters"}});
  }
  return problem_of(error);
}

awaitable<void> send_written(Call call, Result<void> written) {
  if (!written) {
    co_await send_problem(std::move(call), write_problem(written.error()));
    co_return;
  }
  Response response;
  response.status = 204;
  co_await send_response(std::move(call), std::move(response));
}

template <class Build>
awaitable<void> send_built(Call call, Build build) {
  auto response = try_build("gateway.build_response", build);
  if (response) {
    co_await call.exchange->send(std::move(*response));
  } else {
    send_cannot_build(call, response.error());
  }
}

}  // namespace

awaitable<void> get_checkpoints(Call call) {
  auto filter = parse_checkpoint_filter(call);
  if (!filter) {
    co_await send_problem(std::move(call), std::move(filter).error());
    co_return;
  }
  const auto page = co_await call.services->journal->thread_checkpoints(std::move(*filter));
  if (!page) {
    co_await send_error(std::move(call), page.error());
    co_return;
  }
  auto build = [&page] { return page_response(*page); };
  co_await send_built(std::move(call), build);
}

awaitable<void> get_checkpoint(Call call) {
  auto place = checkpoint_place(call);
  if (!place) {
    co_await send_problem(std::move(call), std::move(place).error());
    co_return;
  }
  journal::ThreadCheckpointFilter filter;
  filter.owner = place->owner;
  filter.thread_id = place->thread_id;
  filter.space = place->space;
  filter.id = place->id;
  const auto page = co_await call.services->journal->thread_checkpoints(std::move(filter));
  if (!page) {
    co_await send_error(std::move(call), page.error());
    co_return;
  }
  if (page->checkpoints.empty()) {
    co_await send_problem(std::move(call), not_found("there is no such checkpoint"));
    co_return;
  }
  auto build = [&page] { return json_response(200, checkpoint_json(page->checkpoints.front())); };
  co_await send_built(std::move(call), build);
}

awaitable<void> put_checkpoint(Call call) {
  auto checkpoint = parse_checkpoint(call);
  if (!checkpoint) {
    co_await send_problem(std::move(call), std::move(checkpoint).error());
    co_return;
  }
  auto put = co_await call.services->journal->put_thread_checkpoint(std::move(*checkpoint), call.config().checkpoints);
  co_await send_written(std::move(call), std::move(put));
}

awaitable<void> put_checkpoint_writes(Call call) {
  auto place = checkpoint_place(call);
  if (!place) {
    co_await send_problem(std::move(call), std::move(place).error());
    co_return;
  }
  auto writes = parse_writes(call);
  if (!writes) {
    co_await send_problem(std::move(call), std::move(writes).error());
    co_return;
  }
  auto put = co_await call.services->journal->put_thread_writes(std::move(*place), std::move(*writes),
                                                                call.config().checkpoints);
  co_await send_written(std::move(call), std::move(put));
}

awaitable<void> delete_checkpoints(Call call) {
  const auto filter = parse_checkpoint_filter(call);
  if (!filter) {
    co_await send_problem(std::move(call), filter.error());
    co_return;
  }
  auto deleted = co_await call.services->journal->delete_thread_checkpoints(filter->owner, *filter->thread_id);
  Result<void> done;
  if (!deleted) done = std::unexpected(std::move(deleted).error());
  co_await send_written(std::move(call), std::move(done));
}

}  // namespace holdfast::gateway
