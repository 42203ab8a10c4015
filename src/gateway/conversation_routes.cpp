// Whole conversations in the forms of the original backend, and their end.
#include "base/text.hpp"
#include "gateway/chat_json.hpp"
#include "gateway/json_text.hpp"
#include "gateway/query_values.hpp"
#include "gateway/routes.hpp"
#include "gateway/run_request.hpp"
#include "gateway/turn_reader.hpp"

namespace holdfast::gateway {
namespace {

constexpr int kMostThreads = 100;
constexpr std::size_t kTurnsOfEachThread = 100;
constexpr NumberRange kPage{.least = 1, .most = 1'000'000, .fallback = 1};
constexpr NumberRange kPageSize{.least = 1, .most = 100, .fallback = 10};
// Bytes of a title in a list of threads; the whole question stands beside it.
constexpr std::size_t kTitleBytes = 80;

Turn whole_turn(const journal::Run& run) { return {turn_json(run), run_line_json(run)}; }

/// The three parts of a conversation, or of all of them.
struct Conversation {
  std::string messages;
  std::string lines;
  std::string sentiments;
  std::size_t bytes = 0;
  bool truncated = false;

  [[nodiscard]] std::string json() const {
    ObjectText out;
    out.raw("messages", messages).raw("runIds", lines).raw("sentiments", sentiments);
    if (truncated) out.boolean("truncated", true);
    return out.take();
  }
};

awaitable<Result<Conversation>> read_conversation(Call call, std::string thread_id, TurnLimits limits) {
  auto turns = co_await read_turns(call, thread_id, limits, whole_turn);
  if (!turns) co_return fail(std::move(turns));
  auto ratings = co_await call.coordinator().ratings(call.subject.owner, std::move(thread_id));
  if (!ratings) co_return fail(std::move(ratings));
  Conversation conversation;
  conversation.messages = turns->bodies();
  conversation.lines = turns->lines();
  conversation.sentiments = sentiments_json(*ratings);
  conversation.bytes = turns->bytes;
  conversation.truncated = turns->truncated;
  co_return conversation;
}

awaitable<Result<Conversation>> read_all_conversations(Call call) {
  auto threads = co_await call.coordinator().threads(call.subject.owner, 0, kMostThreads);
  if (!threads) co_return fail(std::move(threads));
  TurnLimits limits;
  const auto most_bytes = limits.bytes;
  limits.turns = kTurnsOfEachThread;
  ObjectText messages;
  ObjectText lines;
  ObjectText sentiments;
  Conversation all;
  all.truncated = threads->total > kMostThreads;
  for (const auto& thread : threads->threads) {
    if (all.bytes >= most_bytes) {
      all.truncated = true;
      break;
    }
    limits.bytes = most_bytes - all.bytes;
    auto one = co_await read_conversation(call, thread.thread_id, limits);
    if (!one) co_return fail(std::move(one));
    messages.raw(thread.thread_id, one->messages);
    lines.raw(thread.thread_id, one->lines);
    sentiments.raw(thread.thread_id, one->sentiments);
    all.bytes += one->bytes;
    all.truncated = all.truncated || one->truncated;
  }
  all.messages = messages.take();
  all.lines = lines.take();
  all.sentiments = sentiments.take();
  co_return all;
}

awaitable<void> send_conversation(Call call, Result<Conversation> conversation) {
  if (!conversation) {
    co_await send_error(std::move(call), conversation.error());
    co_return;
  }
  auto response = json_response(200, conversation->json());
  if (conversation->truncated) response.headers.add("Holdfast-Truncated", "true");
  co_await send_response(std::move(call), std::move(response));
}

/// The thread of the path. A Problem (400): no thread can have that name.
std::expected<std::string, Problem> path_thread_id(const Call& call) {
  auto thread_id = call.parameters.front();
  if (const auto wrong = check_thread_id(thread_id)) return std::unexpected(bad_request(wrong->msg));
  return thread_id;
}

std::string title_of(const std::string& prompt) {
  if (prompt.size() <= kTitleBytes) return prompt;
  return std::string(truncate_utf8(prompt, kTitleBytes)) + "...";
}

std::string thread_line(const journal::ThreadSummary& thread) {
  ObjectText out;
  out.text("thread_id", thread.thread_id).text("latest_timestamp", iso_time(thread.latest_at));
  out.number("run_count", thread.run_count).text("title", title_of(thread.title));
  return out.text("full_prompt", thread.title).take();
}

std::string counts_json(const journal::Deleted& deleted) {
  ObjectText out;
  out.number("runs", deleted.runs).number("entries", deleted.entries);
  out.number("checkpoints", deleted.checkpoints).number("ratings", deleted.ratings);
  return out.number("thread_checkpoints", deleted.thread_checkpoints).take();
}

awaitable<std::expected<journal::Deleted, Problem>> delete_named(Call call) {
  auto thread_id = path_thread_id(call);
  if (!thread_id) co_return std::unexpected(std::move(thread_id).error());
  auto deleted = co_await call.coordinator().delete_thread(call.subject.owner, std::move(*thread_id));
  if (!deleted) co_return std::unexpected(problem_of(deleted.error()));
  co_return *deleted;
}

}  // namespace

awaitable<void> get_one_conversation(Call call) {
  auto thread_id = path_thread_id(call);
  if (!thread_id) {
    co_await send_problem(std::move(call), std::move(thread_id).error());
    co_return;
  }
  auto conversation = co_await read_conversation(call, std::move(*thread_id), TurnLimits());
  co_await send_conversation(std::move(call), std::move(conversation));
}

awaitable<void> get_all_conversations(Call call) {
  auto all = co_await read_all_conversations(call);
  co_await send_conversation(std::move(call), std::move(all));
}

awaitable<void> get_chat_threads(Call call) {
  std::vector<FieldError> errors;
  const auto& target = call.request().target;
  const int page = query_number(target, "page", kPage, errors);
  const int limit = query_number(target, "limit", kPageSize, errors);
  if (!errors.empty()) {
    auto problem = invalid_shape(std::move(errors));
    co_await send_problem(std::move(call), std::move(problem));
    co_return;
  }
  const int offset = (page - 1) * limit;
  auto threads = co_await call.coordinator().threads(call.subject.owner, offset, limit);
  if (!threads) {
    co_await send_error(std::move(call), threads.error());
    co_return;
  }
  std::string list = "[";
  for (const auto& thread : threads->threads) {
    if (list.size() > 1) list += ',';
    list += thread_line(thread);
  }
  list += ']';
  ObjectText out;
  out.raw("threads", list).number("total_count", threads->total);
  out.number("page", std::int64_t{page}).number("limit", std::int64_t{limit});
  out.boolean("has_more", offset + static_cast<std::int64_t>(threads->threads.size()) < threads->total);
  auto response = json_response(200, out.take());
  co_await send_response(std::move(call), std::move(response));
}

awaitable<void> get_chat_run_ids(Call call) {
  auto thread_id = path_thread_id(call);
  if (!thread_id) {
    co_await send_problem(std::move(call), std::move(thread_id).error());
    co_return;
  }
  RenderTurn render = [](const journal::Run& run) { return Turn{"", run_line_json(run)}; };
  auto turns = co_await read_turns(call, std::move(*thread_id), TurnLimits(), std::move(render));
  if (!turns) {
    co_await send_error(std::move(call), turns.error());
    co_return;
  }
  ObjectText out;
  out.raw("run_ids", turns->lines());
  if (turns->truncated) out.boolean("truncated", true);
  auto response = json_response(200, out.take());
  co_await send_response(std::move(call), std::move(response));
}

awaitable<void> get_chat_sentiments(Call call) {
  auto thread_id = path_thread_id(call);
  if (!thread_id) {
    co_await send_problem(std::move(call), std::move(thread_id).error());
    co_return;
  }
  auto ratings = co_await call.coordinator().ratings(call.subject.owner, std::move(*thread_id));
  if (!ratings) {
    co_await send_error(std::move(call), ratings.error());
    co_return;
  }
  auto response = json_response(200, sentiments_json(*ratings));
  co_await send_response(std::move(call), std::move(response));
}

awaitable<void> delete_chat(Call call) {
  auto deleted = co_await delete_named(call);
  if (!deleted) {
    co_await send_problem(std::move(call), std::move(deleted).error());
    co_return;
  }
  ObjectText out;
  out.text("message", "The thread is deleted").raw("deleted_counts", counts_json(*deleted));
  out.text("thread_id", call.parameters.front()).text("user_email", call.subject.owner);
  auto response = json_response(200, out.take());
  co_await send_response(std::move(call), std::move(response));
}

awaitable<void> delete_thread(Call call) {
  auto deleted = co_await delete_named(call);
  if (!deleted) {
    co_await send_problem(std::move(call), std::move(deleted).error());
    co_return;
  }
  Response response;
  response.status = 204;
  co_await send_response(std::move(call), std::move(response));
}

}  // namespace holdfast::gateway
