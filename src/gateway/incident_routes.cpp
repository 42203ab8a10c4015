// What happened to the servers, for administrators.
#include "base/text.hpp"
#include "gateway/fallback.hpp"
#include "gateway/header_values.hpp"
#include "gateway/incident_json.hpp"
#include "gateway/query_values.hpp"
#include "gateway/routes.hpp"
#include "gateway/try_build.hpp"

namespace holdfast::gateway {
namespace {

using journal::IncidentFilter;
using journal::IncidentPage;

constexpr NumberRange kPage{.least = 1, .most = 200, .fallback = 50};

std::expected<IncidentFilter, Problem> filter_of(const Target& target) {
  IncidentFilter filter;
  std::vector<FieldError> errors;
  const auto wrong = [&errors](std::string field, std::string msg, std::string type) {
    errors.push_back(FieldError{{"query", std::move(field)}, std::move(msg), std::move(type)});
  };
  if (const auto* since = target.find_query("since")) {
    const auto number = parse_cursor(*since);
    if (number) filter.since = *number;
    if (!number) wrong("since", "milliseconds since 1970", "int_parsing");
  }
  if (const auto* kind = target.find_query("kind")) {
    filter.kind = *kind;
    if (!journal::is_incident_kind(*kind)) wrong("kind", "lower-case words joined by _", "string_pattern_mismatch");
  }
  if (const auto* cursor = target.find_query("cursor")) filter.before = *cursor;
  filter.limit = query_number(target, "limit", kPage, errors);
  if (!errors.empty()) return std::unexpected(invalid_shape(std::move(errors)));
  return filter;
}

// The same query with another cursor.
std::string next_page(const Target& target, const std::string& cursor) {
  std::string link = "</v1/incidents?";
  for (const auto& item : target.query) {
    if (item.name != "cursor") link += percent_encode(item.name) + "=" + percent_encode(item.value) + "&";
  }
  return link + "cursor=" + percent_encode(cursor) + ">; rel=\"next\"";
}

Response page_response(const Call& call, const IncidentPage& page, bool more) {
  std::string list = "[";
  for (const auto& incident : page.incidents) {
    if (list.size() > 1) list += ',';
    list += incident_json(incident);
  }
  ObjectText body;
  body.raw("incidents", list + ']').boolean("complete", page.complete);
  body.number("dropped", static_cast<std::int64_t>(call.services->journal->health().incidents_dropped));
  if (!more) return json_response(200, body.raw("next_cursor", "null").take());
  const auto cursor = journal::cursor_after(page.incidents.back());
  auto response = json_response(200, body.text("next_cursor", cursor).take());
  response.headers.add("Link", next_page(call.request().target, cursor));
  return response;
}

}  // namespace

awaitable<void> get_incidents(Call call) {
  const auto filter = filter_of(call.request().target);
  if (!filter) {
    co_await send_problem(std::move(call), filter.error());
    co_return;
  }
  // One more than the page tells whether there is another.
  auto wanted = *filter;
  ++wanted.limit;
  auto page = co_await call.services->journal->incidents(std::move(wanted));
  if (!page) {
    co_await send_error(std::move(call), page.error());
    co_return;
  }
  const bool more = page->incidents.size() > static_cast<std::size_t>(filter->limit);
  if (more) page->incidents.pop_back();
  auto response = try_build("gateway.build_response", [&] { return page_response(call, *page, more); });
  if (response) {
    co_await call.exchange->send(std::move(*response));
  } else {
    send_cannot_build(call, response.error());
  }
}

}  // namespace holdfast::gateway
