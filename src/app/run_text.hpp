/// What the commands print of runs and errors.
#pragma once

#include "app/api_client.hpp"
#include "app/commands.hpp"
#include "base/clock.hpp"
#include "base/json.hpp"

namespace holdfast::app {

/// Says it on standard error; returns the exit status for it.
int report(const Error& error);

/// The detail of a problem document, or the status when there is none.
[[nodiscard]] std::string problem_text(const ApiResponse& response);

/// Prints the answer or the reason of a terminal run, or the run as the server wrote it; returns the exit status for
/// it.
int print_end(std::string_view run_json, Output output);

/// Why a run waits, from `queue` and `attempt` of its run object: "all workers are busy; 2 in the line". Empty when it
/// does not: a worker is about to get it. Knows every reason of docs/openapi.yaml.
[[nodiscard]] std::string waiting_text(const json::object& queue, std::int64_t attempt);

/// "2026-11-23 17:53:08", in local time.
[[nodiscard]] std::string local_time(UnixMillis at);

}  // namespace holdfast::app
