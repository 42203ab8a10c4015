#include "gateway/guaranteed/guaranteed_run.hpp"

#include <fmt/format.h>
#include <openssl/sha.h>

#include <array>

#include "base/log.hpp"
#include "base/text.hpp"
#include "gateway/fallback.hpp"
#include "gateway/guaranteed/request_receiver.hpp"
#include "gateway/guaranteed/response_sender.hpp"
#include "gateway/header_values.hpp"
#include "gateway/routes.hpp"
#include "gateway/run_request.hpp"
#include "gateway/submit_in_turn.hpp"

namespace holdfast::gateway {
namespace {

using journal::Run;
using std::chrono::milliseconds;

// What lists show of a request.
constexpr std::size_t kLongestTitle = 500;

Problem bad_header(std::string_view name, std::string_view why) {
  return invalid_shape({FieldError{{"header", std::string(name)}, std::string(why), "value_error"}});
}

// A UUID of version 8 (RFC 9562): ours to define. SHA-256 of owner and key, so that nobody's key is another's.
RunId id_for_key(std::string_view owner, std::string_view key) {
  const auto material = fmt::format("{}\n{}\n{}", owner.size(), owner, key);
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(material.data()), material.size(), digest.data());
  digest[6] = static_cast<unsigned char>((digest[6] & 0x0FU) | 0x80U);
  digest[8] = static_cast<unsigned char>((digest[8] & 0x3FU) | 0x80U);
  std::string text;
  for (std::size_t i = 0; i < 16; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    fmt::format_to(std::back_inserter(text), "{:02x}", digest[i]);
  }
  return RunId::parse(text).value();
}

std::expected<std::string, Problem> thread_of(const Headers& headers, const GuaranteedRoute& route) {
  const auto named = headers.find("Holdfast-Thread-Id");
  if (!named) return route.name;
  if (auto error = check_thread_id(*named)) return std::unexpected(bad_header("Holdfast-Thread-Id", error->msg));
  return std::string(*named);
}

std::string stored_request(const Call& call, const GuaranteedRoute& route, bool authenticated,
                           RequestReceiver& received) {
  const auto& request = call.request();
  RequestFacts facts;
  facts.client_address = call.exchange->wire().client_address();
  facts.authenticated = authenticated;
  facts.body_length = received.bytes();
  auto head = request_head(request, facts);
  head.resize(head.size() - 2);  // The blank line: an attempt adds lines of its own.
  return to_json(runs::StoredRequest{route.retry, std::move(head), received.take_body(), received.kept()});
}

// A body whose run may be there all the same is left: retention finds out.
bool is_of_no_use(const std::expected<runs::Accepted, Problem>& taken, const RequestReceiver& received) {
  const auto kept = received.kept();
  if (!kept) return false;
  if (!taken) return taken.error().code != to_string(ErrorCode::unavailable);
  const auto stored = runs::parse_stored_request(taken->run.request);
  return taken->joined && !(stored && stored->kept && stored->kept->id == kept->id);
}

Headers own_headers(const RunId& id, bool replayed) {
  Headers headers;
  headers.add("Holdfast-Run-Id", id.text());
  if (replayed) headers.add("Idempotent-Replayed", "true");
  return headers;
}

// 202: the run goes on, and where its response will be.
Response accepted(const Call& call, const Run& run, const std::string& applied) {
  auto response = json_response(202, current_run_json(call, run, Via::direct));
  response.headers.add("Holdfast-Run-Id", run.id.text());
  response.headers.add("Location", "/v1/runs/" + run.id.text() + "/response");
  response.headers.add("Vary", "Prefer");
  const auto retry = std::chrono::ceil<std::chrono::seconds>(call.config().accepted_retry);
  response.headers.add("Retry-After", std::to_string(retry.count()));
  if (!applied.empty()) response.headers.add("Preference-Applied", applied);
  return response;
}

awaitable<void> send_accepted(Call call, Run run, std::string applied) {
  auto response = try_build("gateway.build_response", [&] { return accepted(call, run, applied); });
  if (response) {
    co_await call.exchange->send(std::move(*response));
  } else {
    send_fallback(call, run, AnswerForm::run, response.error(), 202);
  }
}

/// How long the client wants to wait; absent: until the end.
struct Patience {
  std::optional<milliseconds> time;
  std::string applied;
};

Patience patience_of(const Call& call) {
  const auto preferences = parse_prefer(call.request().headers.joined("Prefer"));
  if (preferences.wait) {
    const auto time = std::min<milliseconds>(*preferences.wait, call.config().max_wait);
    return {time, "wait=" + std::to_string(time.count() / 1000)};
  }
  if (preferences.respond_async) return {milliseconds(0), "respond-async"};
  return {};
}

// What the connection has taken whole counts as delivered: clients of other people's APIs know no acknowledgement.
awaitable<void> send_and_acknowledge(Call call, RunId id, Headers headers) {
  ResponseSender sender(call, id, std::move(headers));
  const bool whole = co_await sender.run();
  if (!whole) co_return;
  const auto acknowledged = co_await call.coordinator().acknowledge(call.subject.owner, id);
  if (!acknowledged)
    log::debug("gateway.not_acknowledged", {{"run", id.text()}, {"error", acknowledged.error().message()}});
}

}  // namespace

std::expected<std::optional<RunId>, Problem> named_run_id(const Headers& headers, std::string_view owner) {
  std::optional<RunId> named;
  if (const auto header = headers.find("Holdfast-Run-Id")) {
    auto id = RunId::parse(*header);
    if (!id) return std::unexpected(bad_header("Holdfast-Run-Id", id.error().message()));
    named = std::move(*id);
  }
  const auto header = headers.find("Idempotency-Key");
  if (!header) return named;
  const auto key = parse_idempotency_key(*header);
  if (!key) return std::unexpected(bad_header("Idempotency-Key", key.error().message()));
  const auto parsed = RunId::parse(*key);
  auto id = parsed ? *parsed : id_for_key(owner, *key);
  if (named && *named != id) return std::unexpected(bad_header("Idempotency-Key", "it differs from Holdfast-Run-Id"));
  return id;
}

awaitable<void> serve_guaranteed(Call call, const GuaranteedRoute* route, bool authenticated) {
  const auto& request = call.request();
  auto id = named_run_id(request.headers, call.subject.owner);
  if (!id) co_return co_await send_problem(std::move(call), std::move(id).error());
  auto thread_id = thread_of(request.headers, *route);
  if (!thread_id) co_return co_await send_problem(std::move(call), std::move(thread_id).error());
  runs::Submission submission;
  submission.owner = call.subject.owner;
  submission.thread_id = std::move(*thread_id);
  submission.id = std::move(*id);
  submission.prompt = truncate_utf8(fmt::format("{} {}", request.method, request.raw_target), kLongestTitle);
  submission.route = route->name;
  submission.traceparent = valid_traceparent(request.headers.find("traceparent").value_or(""));
  const auto run_id = submission.id.value_or(RunId::make());
  RequestReceiver received(call, run_id);
  auto unread = co_await received.receive();
  if (unread) {
    co_await send_problem(call, std::move(*unread));
    co_return co_await received.forget();
  }
  if (received.kept()) submission.id = run_id;
  submission.request = stored_request(call, *route, authenticated, received);
  auto taken = co_await submit_in_turn(call, std::move(submission));
  if (is_of_no_use(taken, received)) co_await received.forget();
  if (!taken) co_return co_await send_problem(std::move(call), std::move(taken).error());
  auto run = std::move(taken->run);
  if (auto gone = retired_problem(run)) co_return co_await send_problem(std::move(call), std::move(*gone));
  const bool replayed = taken->joined;
  auto patience = patience_of(call);
  if (patience.time && patience.time->count() > 0 && !is_terminal(run.status)) {
    call.exchange->watch_client();
    const auto deadline = call.in(*patience.time);
    auto waited = co_await call.coordinator().wait_terminal(call.subject.owner, run.id, deadline);
    if (!waited) co_return co_await send_error(std::move(call), waited.error());
    run = std::move(*waited);
  }
  if (patience.time && !is_terminal(run.status)) {
    co_return co_await send_accepted(std::move(call), std::move(run), std::move(patience.applied));
  }
  co_await send_and_acknowledge(std::move(call), run.id, own_headers(run.id, replayed));
}

awaitable<void> get_response(Call call) {
  auto found = co_await readable_path_run(&call);
  if (!found) co_return co_await send_problem(std::move(call), std::move(found).error());
  auto run = std::move(*found);
  if (!runs::is_stored_request(run.request)) {
    auto problem = not_found("the answer of this run is JSON: GET /v1/runs/" + run.id.text() + " has it");
    problem.run_id = run.id.text();
    co_return co_await send_problem(std::move(call), std::move(problem));
  }
  auto patience = patience_of(call);
  if (!is_terminal(run.status) && patience.time) {
    call.exchange->watch_client();
    const auto deadline = call.in(*patience.time);
    auto waited = co_await call.coordinator().wait_terminal(call.subject.owner, run.id, deadline);
    if (!waited) co_return co_await send_error(std::move(call), waited.error());
    run = std::move(*waited);
  }
  if (!is_terminal(run.status)) {
    co_return co_await send_accepted(std::move(call), std::move(run), std::move(patience.applied));
  }
  ResponseSender sender(call, run.id, own_headers(run.id, true));
  co_await sender.run();
}

}  // namespace holdfast::gateway
