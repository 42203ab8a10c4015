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

/// Prints the answer or the reason of a terminal run; returns the exit status for it.
int print_end(const json::object& run, Output output);

/// "2026-11-23 17:53:08", in local time.
[[nodiscard]] std::string local_time(UnixMillis at);

}  // namespace holdfast::app
