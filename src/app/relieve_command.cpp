// `holdfast relieve`: asks the server to give memory back now, and prints what each step gave.
#include <fmt/format.h>

#include <cmath>

#include "app/api_client.hpp"
#include "app/commands.hpp"
#include "app/run_text.hpp"
#include "base/json.hpp"

namespace holdfast::app {
namespace {

std::string megabytes(std::int64_t bytes) { return fmt::format("{:.1f} MB", static_cast<double>(bytes) / 1048576.0); }

std::string_view text_of(const json::object& object, std::string_view key) {
  return find_string(object, key).value_or("?");
}

void print_step(const json::object& step) {
  const auto* pause = step.if_contains("pause_ms");
  const double took = pause && pause->is_number() ? pause->to_number<double>() : 0.0;
  const bool skipped = text_of(step, "end") == "skipped";
  const auto end = skipped ? fmt::format("skipped: {}", text_of(step, "skipped")) : std::string(text_of(step, "end"));
  fmt::print("  {:<18} {:>10}  {:>8.1f} ms  {}\n", text_of(step, "action"),
             megabytes(find_int(step, "returned_bytes").value_or(0)), took, end);
  if (const auto error = find_string(step, "error")) fmt::print("  {:<18} {}\n", "", *error);
}

void print_walk(const json::object& walk) {
  if (find_bool(walk, "observe_only").value_or(false)) {
    fmt::print("Nothing was done: memory.mode is observe. These steps would have been taken:\n");
  }
  const auto* steps = walk.if_contains("steps");
  if (steps && steps->is_array()) {
    for (const auto& step : steps->get_array()) {
      if (step.is_object()) print_step(step.get_object());
    }
  }
  fmt::print("{} in use before, {} after.\n", megabytes(find_int(walk, "before_bytes").value_or(0)),
             megabytes(find_int(walk, "after_bytes").value_or(0)));
}

}  // namespace

int relieve(const ServerAccess& server, Output output) {
  const auto address = parse_api_url(server.url);
  if (!address) return report(address.error());
  const auto response = ApiClient(*address, server.token).request("POST", "/admin/relieve");
  if (!response) return report(response.error());
  if (response->status != 200) return report(Error(ErrorCode::failed_precondition, problem_text(*response)));
  const auto walk = parse_json_object(response->body);
  if (!walk) return report(walk.error());
  if (output == Output::json) fmt::print("{}\n", response->body);
  if (output == Output::people) print_walk(*walk);
  return 0;
}

}  // namespace holdfast::app
