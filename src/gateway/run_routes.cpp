#include <algorithm>
#include <charconv>

#include "base/log.hpp"
#include "base/text.hpp"
#include "gateway/fallback.hpp"
#include "gateway/header_values.hpp"
#include "gateway/json_text.hpp"
#include "gateway/routes.hpp"

namespace holdfast::gateway {
namespace {

using journal::Run;

constexpr int kDefaultPage = 50;
constexpr int kLargestPage = 200;
// Of 64 KB at most each.
constexpr int kEntriesPerRead = 100;

Response run_response(const Call& call, const Run& run, Via via) {
  const auto place = call.coordinator().queue_place(run);
  auto response = json_response(200, run_json(run, place, via));
  response.headers.add("ETag", run_etag(run, place));
  response.headers.add("Holdfast-Run-Id", run.id.text());
  response.headers.add("Cache-Control", "private, no-cache");
  if (!is_terminal(run.status)) response.headers.add("Retry-After", "2");
  return response;
}

Response unchanged(const std::string& etag, const Run& run) {
  Response response;
  response.status = 304;
  response.headers.add("ETag", etag);
  response.headers.add("Holdfast-Run-Id", run.id.text());
  response.headers.add("Cache-Control", "private, no-cache");
  if (!is_terminal(run.status)) response.headers.add("Retry-After", "2");
  return response;
}

std::optional<std::chrono::milliseconds> wait_of(const Call& call) {
  const auto wanted = parse_prefer(call.request().headers.joined("Prefer")).wait;
  if (!wanted) return std::nullopt;
  return std::min<std::chrono::milliseconds>(*wanted, call.config().max_wait);
}

std::expected<journal::RunFilter, Problem> filter_of(const Call& call) {
  const auto& target = call.request().target;
  journal::RunFilter filter;
  std::vector<FieldError> errors;
  const auto wrong = [&errors](std::string field, std::string msg, std::string type) {
    errors.push_back(FieldError{{"query", std::move(field)}, std::move(msg), std::move(type)});
  };
  filter.owner = call.subject.owner;
  filter.limit = kDefaultPage;
  if (const auto* thread_id = target.find_query("thread_id")) filter.thread_id = *thread_id;
  if (const auto* cursor = target.find_query("cursor")) filter.before = *cursor;
  if (const auto* status = target.find_query("status")) {
    filter.status = journal::parse_run_status(*status);
    if (!filter.status) {
      wrong("status", "one of queued, running, completed, failed, cancelled, expired", "enum");
    }
  }
  if (const auto* undelivered = target.find_query("undelivered")) {
    filter.only_undelivered = *undelivered == "true";
    if (*undelivered != "true" && *undelivered != "false") wrong("undelivered", "true or false", "bool_parsing");
  }
  if (const auto* limit = target.find_query("limit")) {
    const auto number = parse_cursor(*limit);
    const bool fits = number && *number >= 1 && *number <= kLargestPage;
    if (!fits) wrong("limit", "a number from 1 to 200", "int_parsing");
    if (fits) filter.limit = static_cast<int>(*number);
  }
  if (!errors.empty()) return std::unexpected(invalid_shape(std::move(errors)));
  return filter;
}

// The same query with another cursor.
std::string next_page(const Call& call, const std::string& cursor) {
  std::string link = "</v1/runs?";
  for (const auto& item : call.request().target.query) {
    if (item.name != "cursor") link += percent_encode(item.name) + "=" + percent_encode(item.value) + "&";
  }
  return link + "cursor=" + percent_encode(cursor) + ">; rel=\"next\"";
}

std::size_t append_entries(std::string& list, const std::vector<journal::Entry>& entries) {
  for (const auto& entry : entries) {
    if (list.size() > 1) list += ',';
    list += entry_json(entry);
  }
  return entries.size();
}

Response page_response(const Call& call, const std::vector<Run>& runs, bool more) {
  ObjectText body;
  body.raw("runs", run_list_json(call, runs));
  if (!more) return json_response(200, body.raw("next_cursor", "null").take());
  const auto cursor = journal::Store::cursor_after(runs.back());
  auto response = json_response(200, body.text("next_cursor", cursor).take());
  response.headers.add("Link", next_page(call, cursor));
  return response;
}

// What could not be done is said of that run.
awaitable<void> send_run_error(Call call, RunId id, Error error) {
  auto problem = problem_of(error);
  problem.run_id = id.text();
  co_await send_problem(std::move(call), std::move(problem));
}

}  // namespace

awaitable<void> get_run(Call call) {
  auto readable = co_await readable_path_run(&call);
  if (!readable) {
    co_await send_problem(std::move(call), std::move(readable).error());
    co_return;
  }
  const auto id = readable->id;
  Result<Run> run = std::move(*readable);
  const auto wait = wait_of(call);
  const auto known = call.request().headers.joined("If-None-Match");
  const auto is_known = [&call, &known](const Run& state) {
    return matches_etag(known, run_etag(state, call.coordinator().queue_place(state)));
  };
  if (wait && !is_terminal(run->status) && (known.empty() || is_known(*run))) {
    call.exchange->watch_client();
    const auto deadline = call.in(*wait);
    const auto seen = run->last_seq;
    // With a known state the wait is for another one; without, for the end.
    if (known.empty()) {
      run = co_await call.coordinator().wait_terminal(call.subject.owner, id, deadline);
    } else {
      run = co_await call.coordinator().wait_past(call.subject.owner, id, seen, deadline);
    }
  }
  if (!run) {
    co_await send_error(std::move(call), run.error());
    co_return;
  }
  if (auto gone = retired_problem(*run)) {
    co_await send_problem(std::move(call), std::move(*gone));
    co_return;
  }
  if (is_terminal(run->status)) note_pressure(call, *run);
  auto response = try_build("gateway.build_response", [&] {
    auto built = is_known(*run) ? unchanged(run_etag(*run, call.coordinator().queue_place(*run)), *run)
                                : run_response(call, *run, wait || !known.empty() ? Via::poll : Via::journal);
    if (wait) built.headers.add("Preference-Applied", "wait=" + std::to_string(wait->count() / 1000));
    built.headers.add("Vary", "Prefer");
    return built;
  });
  if (response) {
    co_await call.exchange->send(std::move(*response));
  } else {
    send_fallback(call, *run, AnswerForm::run, response.error());
  }
}

awaitable<void> get_runs(Call call) {
  const auto filter = filter_of(call);
  if (!filter) {
    co_await send_problem(std::move(call), filter.error());
    co_return;
  }
  // One more than the page tells whether there is another.
  auto wanted = *filter;
  ++wanted.limit;
  auto runs = co_await call.coordinator().list(std::move(wanted));
  if (!runs) {
    co_await send_error(std::move(call), runs.error());
    co_return;
  }
  const bool more = runs->size() > static_cast<std::size_t>(filter->limit);
  if (more) runs->pop_back();
  auto response = try_build("gateway.build_response", [&] { return page_response(call, *runs, more); });
  if (response) {
    co_await call.exchange->send(std::move(*response));
  } else {
    send_cannot_build(call, response.error());
  }
}

awaitable<void> get_timeline(Call call) {
  auto run = co_await readable_path_run(&call);
  if (!run) {
    co_await send_problem(std::move(call), std::move(run).error());
    co_return;
  }
  std::string list = "[";
  std::int64_t after = 0;
  while (true) {
    auto entries = co_await call.coordinator().entries(run->id, after, kEntriesPerRead);
    if (!entries) {
      co_await send_error(std::move(call), entries.error());
      co_return;
    }
    const auto appended = try_build("gateway.build_response", [&] { return append_entries(list, *entries); });
    if (!appended) {
      send_cannot_build(call, appended.error());
      co_return;
    }
    if (!entries->empty()) after = entries->back().seq;
    if (entries->size() < static_cast<std::size_t>(kEntriesPerRead)) break;
  }
  auto response = try_build("gateway.build_response", [&] {
    ObjectText body;
    body.text("run_id", run->id.text()).text("status", to_string(run->status)).raw("entries", list + ']');
    return json_response(200, body.take());
  });
  if (response) {
    co_await call.exchange->send(std::move(*response));
  } else {
    send_cannot_build(call, response.error());
  }
}

awaitable<void> post_cancel(Call call) {
  const auto id = path_run_id(call);
  if (!id) {
    co_await send_problem(std::move(call), id.error());
    co_return;
  }
  // An administrator stops anybody's; for anybody else another's run is not there.
  const auto asker = call.subject;
  auto readable = co_await find_readable(&call, *id);
  if (!readable) {
    co_await send_run_error(std::move(call), *id, readable.error());
    co_return;
  }
  auto run = co_await call.coordinator().cancel(call.subject.owner, *id);
  if (run && asker.owner != call.subject.owner) {
    log::info("gateway.cancelled_by_admin", {{"admin", asker.owner}, {"run", id->text()}});
  }
  if (!run) {
    co_await send_run_error(std::move(call), *id, run.error());
    co_return;
  }
  auto response = try_build("gateway.build_response", [&] { return run_response(call, *run, Via::direct); });
  if (!response) {
    send_fallback(call, *run, AnswerForm::run, response.error(), 202);
    co_return;
  }
  response->status = 202;
  co_await call.exchange->send(std::move(*response));
}

awaitable<void> post_ack(Call call) {
  const auto id = path_run_id(call);
  if (!id) {
    co_await send_problem(std::move(call), id.error());
    co_return;
  }
  auto acknowledged = co_await call.coordinator().acknowledge(call.subject.owner, *id);
  if (!acknowledged) {
    co_await send_run_error(std::move(call), *id, acknowledged.error());
    co_return;
  }
  Response response;
  response.status = 204;
  response.headers.add("Holdfast-Run-Id", id->text());
  co_await send_response(std::move(call), std::move(response));
}

}  // namespace holdfast::gateway
