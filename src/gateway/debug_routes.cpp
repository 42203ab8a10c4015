// For whoever looks for a fault in a run of their own, and for administrators.
#include "base/log.hpp"
#include "gateway/json_text.hpp"
#include "gateway/routes.hpp"
#include "gateway/run_request.hpp"
#include "gateway/turn_reader.hpp"

namespace holdfast::gateway {
namespace {

// The latest runs whose checkpoints are shown, and how large a state may be to be shown with its checkpoint.
constexpr std::size_t kMostRuns = 100;
constexpr std::size_t kMostState = 64 * 1024;

std::string details_json(const journal::Run& run) {
  ObjectText out;
  out.text("user_email", run.owner).text("thread_id", run.thread_id).text("prompt", run.prompt);
  out.text("timestamp", iso_time(run.created_at)).text("status", to_string(run.status));
  out.number("attempt", std::int64_t{run.attempt}).number("crashes", std::int64_t{run.crashes});
  out.number("last_seq", run.last_seq).number("created_at", run.created_at).number("started_at", run.started_at);
  out.number("finished_at", run.finished_at).number("delivered_at", run.delivered_at);
  out.text("route", run.route).number("result_bytes", static_cast<std::int64_t>(run.result.size()));
  return out.raw("error", run.error).take();
}

std::string checkpoint_json(const std::string& run_id, const journal::Checkpoint& checkpoint) {
  ObjectText out;
  out.text("run_id", run_id).text("step", checkpoint.step);
  out.number("state_bytes", static_cast<std::int64_t>(checkpoint.state.size()));
  const bool small = checkpoint.state.size() <= kMostState;
  return out.raw("state", small ? std::string_view(checkpoint.state) : std::string_view()).take();
}

// A thread id is a name within its owner. An administrator names the owner with ?owner=; for anybody else there is
// nothing under another's name.
bool go_on_as_owner(Call& call, const std::string& thread_id) {
  const auto* owner = call.request().target.find_query("owner");
  if (owner == nullptr || *owner == call.subject.owner) return true;
  if (!call.subject.admin) return false;
  log::info("gateway.read_by_admin", {{"admin", call.subject.owner}, {"thread", thread_id}, {"owner", *owner}});
  call.subject.owner = *owner;
  return true;
}

}  // namespace

awaitable<void> get_debug_run(Call call) {
  const auto asker = call.subject.owner;
  auto run = co_await readable_path_run(&call);
  if (!run) {
    co_await send_problem(std::move(call), std::move(run).error());
    co_return;
  }
  ObjectText out;
  out.text("run_id", run->id.text()).boolean("is_valid_uuid_format", true).boolean("exists_in_database", true);
  out.boolean("user_owns_run_id", run->owner == asker).raw("database_details", details_json(*run));
  auto response = json_response(200, out.take());
  co_await send_response(std::move(call), std::move(response));
}

awaitable<void> get_debug_checkpoints(Call call) {
  auto thread_id = call.parameters.front();
  if (const auto wrong = check_thread_id(thread_id)) {
    auto problem = bad_request(wrong->msg);
    co_await send_problem(std::move(call), std::move(problem));
    co_return;
  }
  if (!go_on_as_owner(call, thread_id)) {
    auto problem = not_found("there is no such thread");
    co_await send_problem(std::move(call), std::move(problem));
    co_return;
  }
  TurnLimits limits;
  limits.turns = kMostRuns;
  RenderTurn render = [](const journal::Run& run) { return Turn{run.id.text(), ""}; };
  auto turns = co_await read_turns(call, thread_id, limits, std::move(render));
  if (!turns) {
    co_await send_error(std::move(call), turns.error());
    co_return;
  }
  if (turns->list.empty()) {
    auto problem = not_found("there is no such thread");
    co_await send_problem(std::move(call), std::move(problem));
    co_return;
  }
  std::string list = "[";
  std::int64_t count = 0;
  for (const auto& turn : turns->list) {
    auto id = RunId::parse(turn.body);
    auto checkpoint = co_await call.coordinator().checkpoint(std::move(*id));
    if (!checkpoint) {
      co_await send_error(std::move(call), checkpoint.error());
      co_return;
    }
    if (!*checkpoint) continue;
    if (++count > 1) list += ',';
    list += checkpoint_json(turn.body, **checkpoint);
  }
  list += ']';
  ObjectText out;
  out.text("thread_id", thread_id).number("total_checkpoints", count).raw("checkpoints", list);
  if (turns->truncated) out.boolean("truncated", true);
  auto response = json_response(200, out.take());
  co_await send_response(std::move(call), std::move(response));
}

}  // namespace holdfast::gateway
