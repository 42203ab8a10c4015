#include "app/report_source.hpp"

#include <fmt/format.h>

#include <charconv>
#include <ctime>

#include "app/run_text.hpp"
#include "base/text.hpp"

namespace holdfast::app {
namespace {

// With answers of 10 KB a page is 1 MB. Two thousand runs are enough to see how a day was.
constexpr int kRunsPerPage = 100;
constexpr int kRunPages = 20;
constexpr int kUndeliveredPages = 10;
// All that a journal keeps.
constexpr int kIncidentsPerPage = 200;
constexpr int kIncidentPages = 50;

std::unexpected<Error> refusal(const ApiResponse& response, std::string_view target) {
  switch (response.status) {
    case 401:
      return fail(ErrorCode::failed_precondition,
                  "the server does not know who asks: put the key of an administrator into HOLDFAST_TOKEN");
    case 403:
      return fail(ErrorCode::failed_precondition,
                  "the report is for administrators: ask with the key of one, or name this one in auth.admins");
    case 404:
      return fail(ErrorCode::failed_precondition,
                  fmt::format("the server has no {}: it is older than this command", target));
    case 503: return fail(ErrorCode::unavailable, problem_text(response));
    default: return fail(ErrorCode::failed_precondition, fmt::format("{}: {}", target, problem_text(response)));
  }
}

Result<json::object> get(const ApiClient& client, const std::string& target) {
  auto response = client.request("GET", target);
  if (!response) return fail(std::move(response));
  const auto path = std::string_view(target).substr(0, target.find('?'));
  // That its journal is unwell is what it was asked.
  const bool answered = response->status == 200 || (response->status == 503 && path == "/health/database");
  if (!answered) return refusal(*response, path);
  auto object = parse_json_object(response->body);
  if (!object) return fail(ErrorCode::failed_precondition, fmt::format("the answer of {} cannot be read", path));
  return object;
}

std::optional<double> find_number(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  if (value == nullptr || !value->is_number()) return std::nullopt;
  return value->to_number<double>();
}

std::string string_or_empty(const json::object& object, std::string_view key) {
  return std::string(find_string(object, key).value_or(""));
}

enum class More : unsigned char { yes, no };

/// Visits up to `pages` pages with their list, until `visit` wants no more. True: there were more pages.
template <class Visit>
Result<bool> walk_pages(const ApiClient& client, const std::string& target, std::string_view list, int pages,
                        Visit visit) {
  std::string next = target;
  for (int number = 0; number < pages; ++number) {
    auto page = get(client, next);
    if (!page) return fail(std::move(page));
    const auto* items = page->if_contains(list);
    if (items == nullptr || !items->is_array()) {
      return fail(ErrorCode::failed_precondition, fmt::format("the answer of {} has no {}", target, list));
    }
    const auto cursor = find_string(*page, "next_cursor");
    if (visit(*page, items->get_array()) == More::no || !cursor) return false;
    next = fmt::format("{}&cursor={}", target, percent_encode(*cursor));
  }
  return true;
}

Result<void> read_health(const ApiClient& client, Seen& seen) {
  auto health = get(client, "/health");
  if (!health) return fail(std::move(health));
  auto asked_at = parse_iso_time(find_string(*health, "timestamp").value_or(""));
  if (!asked_at) return fail(ErrorCode::failed_precondition, "what answers there is not a Holdfast server");
  seen.asked_at = *asked_at;
  seen.health.healthy = find_string(*health, "status") == "healthy";
  seen.health.version = string_or_empty(*health, "version");
  seen.health.uptime_seconds = static_cast<std::int64_t>(find_number(*health, "uptime_seconds").value_or(0));
  if (const auto* workers = find_object(*health, "workers")) {
    seen.health.workers = find_int(*workers, "size").value_or(0);
    seen.health.workers_ready = find_int(*workers, "ready").value_or(0);
    const bool looping = find_bool(*workers, "crash_loop").value_or(false);
    if (looping) seen.health.worker_failure = find_string(*workers, "last_failure").value_or("they end at once");
  }
  return {};
}

Result<void> read_memory(const ApiClient& client, Seen& seen) {
  auto memory = get(client, "/health/memory");
  if (!memory) return fail(std::move(memory));
  seen.health.level = find_string(*memory, "status").value_or("normal");
  seen.health.used_mb = find_number(*memory, "memory_rss_mb");
  seen.health.limit_mb = find_number(*memory, "memory_limit_mb");
  return {};
}

Result<void> read_database(const ApiClient& client, Seen& seen) {
  auto database = get(client, "/health/database");
  if (!database) return fail(std::move(database));
  seen.health.database = find_string(*database, "status").value_or("healthy");
  seen.health.database_type = string_or_empty(*database, "checkpointer_type");
  seen.health.database_error = string_or_empty(*database, "error");
  if (const auto* spill = find_object(*database, "spill")) {
    seen.health.spill_active = find_bool(*spill, "active").value_or(false);
    seen.health.spilled_runs = find_int(*spill, "depth").value_or(0);
  }
  return {};
}

SeenRun seen_run(const json::object& item) {
  SeenRun run;
  run.id = string_or_empty(item, "run_id");
  run.status = string_or_empty(item, "status");
  run.attempt = find_int(item, "attempt").value_or(0);
  const auto* usage = find_object(item, "usage");
  const auto* timing = usage != nullptr ? find_object(*usage, "timing_ms") : nullptr;
  if (timing != nullptr) {
    run.queued_ms = find_int(*timing, "queued");
    run.run_ms = find_int(*timing, "run");
  }
  return run;
}

SeenIncident seen_incident(const json::object& item) {
  SeenIncident incident;
  incident.at = find_int(item, "at").value_or(0);
  incident.instance = string_or_empty(item, "instance");
  incident.kind = string_or_empty(item, "kind");
  if (const auto* body = find_object(item, "body")) incident.body = *body;
  return incident;
}

Result<void> read_runs(const ApiClient& client, Seen& seen) {
  const auto target = fmt::format("/v1/runs?limit={}", kRunsPerPage);
  const auto add = [&seen](const json::object&, const json::array& items) {
    for (const auto& item : items) {
      if (!item.is_object()) continue;
      if (find_int(item.get_object(), "created_at").value_or(0) < seen.since) return More::no;
      seen.runs.push_back(seen_run(item.get_object()));
    }
    return More::yes;
  };
  auto more = walk_pages(client, target, "runs", kRunPages, add);
  if (!more) return fail(std::move(more));
  seen.runs_cut = *more;

  const auto count = [&seen](const json::object&, const json::array& items) {
    seen.undelivered += std::ssize(items);
    return More::yes;
  };
  auto undelivered = walk_pages(client, target + "&undelivered=true", "runs", kUndeliveredPages, count);
  if (!undelivered) return fail(std::move(undelivered));
  seen.undelivered_cut = *undelivered;
  return {};
}

Result<void> read_incidents(const ApiClient& client, Seen& seen) {
  const auto target = fmt::format("/v1/incidents?limit={}&since={}", kIncidentsPerPage, seen.since);
  const auto add = [&seen](const json::object& page, const json::array& items) {
    seen.incidents_complete = find_bool(page, "complete").value_or(true);
    seen.incidents_dropped = find_int(page, "dropped").value_or(0);
    for (const auto& item : items) {
      if (item.is_object()) seen.incidents.push_back(seen_incident(item.get_object()));
    }
    return More::yes;
  };
  auto more = walk_pages(client, target, "incidents", kIncidentPages, add);
  if (!more) return fail(std::move(more));
  seen.incidents_cut = *more;
  return {};
}

// What the journal cannot give now is missing from the report; everything else ends it.
Result<void> or_missing(Result<void> read, const Seen& seen, std::string& missing) {
  const bool journal_is_unwell = seen.health.database != "healthy" || seen.health.spill_active;
  if (read || read.error().code() != ErrorCode::unavailable || !journal_is_unwell) return read;
  missing = read.error().message();
  return {};
}

}  // namespace

Result<UnixMillis> parse_iso_time(std::string_view text) {
  // "2026-01-31T12:00:00.000Z"
  constexpr std::string_view kForm = "dddd-dd-ddTdd:dd:dd.dddZ";
  bool fits = text.size() == kForm.size();
  for (std::size_t i = 0; fits && i < text.size(); ++i) {
    fits = kForm[i] == 'd' ? text[i] >= '0' && text[i] <= '9' : text[i] == kForm[i];
  }
  if (!fits) return fail(ErrorCode::invalid_argument, fmt::format("\"{}\" is not a time", text));
  const auto number = [&text](std::size_t from, std::size_t length) {
    int value = 0;
    std::from_chars(text.data() + from, text.data() + from + length, value);
    return value;
  };
  std::tm parts{};
  parts.tm_year = number(0, 4) - 1900;
  parts.tm_mon = number(5, 2) - 1;
  parts.tm_mday = number(8, 2);
  parts.tm_hour = number(11, 2);
  parts.tm_min = number(14, 2);
  parts.tm_sec = number(17, 2);
  return std::int64_t{::timegm(&parts)} * 1000 + number(20, 3);
}

Result<Seen> ask_for_report(const ApiClient& client, std::chrono::milliseconds period) {
  Seen seen;
  if (auto read = read_health(client, seen); !read) return fail(std::move(read));
  seen.since = std::max<UnixMillis>(seen.asked_at - period.count(), 0);
  if (auto read = read_memory(client, seen); !read) return fail(std::move(read));
  if (auto read = read_database(client, seen); !read) return fail(std::move(read));
  if (auto read = or_missing(read_runs(client, seen), seen, seen.runs_missing); !read) return fail(std::move(read));
  auto read = or_missing(read_incidents(client, seen), seen, seen.incidents_missing);
  if (!read) return fail(std::move(read));
  return seen;
}

}  // namespace holdfast::app
