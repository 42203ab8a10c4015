#include "app/run_text.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <boost/json/serialize.hpp>
#include <cstdio>

#include "app/table_text.hpp"
#include "base/json_members.hpp"

namespace holdfast::app {
namespace {

std::string cell_text(const json::value& cell) {
  if (cell.is_null()) return "";
  if (cell.is_double()) return fmt::format("{}", cell.get_double());
  return cell.is_string() ? std::string(cell.get_string()) : json::serialize(cell);
}

void print_rows(const json::object& table) {
  const auto* columns = table.if_contains("columns");
  const auto* rows = table.if_contains("rows");
  if (columns == nullptr || rows == nullptr || !columns->is_array() || !rows->is_array()) return;
  std::vector<TextRow> text(1);
  for (const auto& column : columns->get_array()) text[0].push_back(cell_text(column));
  for (const auto& row : rows->get_array()) {
    if (!row.is_array()) continue;
    auto& line = text.emplace_back();
    for (const auto& cell : row.get_array()) line.push_back(cell_text(cell));
  }
  fmt::print("\n{}", format_table(text));
  if (find_bool(table, "truncated").value_or(false)) fmt::print("(more rows exist; these are the first)\n");
}

}  // namespace

int report(const Error& error) {
  fmt::print(stderr, "holdfast: {}\n", error.message());
  return exit_status(error.code());
}

std::string problem_text(const ApiResponse& response) {
  const auto problem = parse_json_object(response.body);
  const auto detail = problem ? find_string(*problem, "detail") : std::nullopt;
  return detail ? std::string(*detail) : fmt::format("the server answered {}", response.status);
}

int print_end(std::string_view run_json, Output output) {
  if (output == Output::json) {
    fmt::print("{}\n", run_json);
    const auto status = decode_json_string(find_member(split_members(run_json), "status"));
    return status == "completed" ? 0 : exit_status(ErrorCode::failed_precondition);
  }
  const auto parsed = parse_json_object(run_json);
  if (!parsed) return report(parsed.error());
  const auto& run = *parsed;
  if (const auto* result = find_object(run, "result")) {
    fmt::print("{}\n", find_string(*result, "result").value_or("(the answer has no text)"));
    if (const auto* table = find_object(*result, "table")) print_rows(*table);
    if (const auto sql = find_string(*result, "sql"); sql && !sql->empty()) fmt::print("\nSQL: {}\n", *sql);
    return 0;
  }
  const auto* error = find_object(run, "error");
  const auto why = error == nullptr ? std::nullopt : find_string(*error, "message");
  fmt::print(stderr, "holdfast: the run is {}: {}\n", find_string(run, "status").value_or("unfinished"),
             why.value_or("no reason is known"));
  return exit_status(ErrorCode::failed_precondition);
}

std::string waiting_text(const json::object& queue, std::int64_t attempt) {
  const auto reason = find_string(queue, "reason").value_or("");
  const auto detail = find_string(queue, "detail").value_or("");
  std::string text(reason);
  if (reason == "workers_busy") text = "all workers are busy";
  if (reason == "workers_starting") text = "the workers are starting";
  if (reason == "workers_failing") text = "the workers fail to start";
  if (reason == "memory") text = "it waits for memory";
  if (reason == "same_question") return "the same question is being answered already";
  if (reason == "at_another_instance") text = "it waits at another server";
  // Before the first attempt this is the moment between the line and the worker.
  if (reason == "retry_backoff") return attempt == 0 ? "" : "a pause before the next attempt";
  if (!detail.empty()) text += fmt::format(" ({})", detail);
  const auto position = find_int(queue, "position");
  if (position) text += *position <= 1 ? "; next in the line" : fmt::format("; {} in the line", *position);
  if (const auto seconds = find_int(queue, "estimate_seconds")) text += fmt::format(", about {} s", *seconds);
  return text;
}

std::string local_time(UnixMillis at) {
  return fmt::format("{:%Y-%m-%d %H:%M:%S}", fmt::localtime(static_cast<std::time_t>(at / 1000)));
}

}  // namespace holdfast::app
