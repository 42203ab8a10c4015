/// The bodies that clients of the original backend know: POST /analyze and its stream. Pure.
#pragma once

#include <string>
#include <string_view>

#include "gateway/problem.hpp"
#include "gateway/run_json.hpp"
#include "journal/record.hpp"

namespace holdfast::gateway {

/// What of the answer a person reads. Never empty: a backend that names its text differently, or sends
/// none, is answered for all the same.
[[nodiscard]] std::string answer_text(const journal::Run& run);

/// The 200 body of a completed run: every field of the contract, the worker's own members over the defaults.
[[nodiscard]] std::string analyze_json(const journal::Run& run, Via via, UnixMillis now);

/// The status of the answer of a terminal run: completed 200, failed 500, expired 504, cancelled 409.
[[nodiscard]] int status_of_run(journal::RunStatus status) noexcept;

/// What a run that did not complete is answered with.
[[nodiscard]] Problem problem_of_run(const journal::Run& run);

/// The same when the status 200 has already gone out: the problem's members, `error`, `server_status` and
/// the text fields that the original client shows.
[[nodiscard]] std::string late_problem_json(const journal::Run& run, const Problem& problem, std::string_view instance);

/// One `data:` line of the compatible stream for an entry; empty when the original has no such event.
[[nodiscard]] std::string compatible_event(const journal::Entry& entry, const journal::Run& run, UnixMillis now);

}  // namespace holdfast::gateway
