/// A request of a guaranteed route: made a run, and answered with what its worker answers.
///
/// Runs on: supervisor strand.
#pragma once

#include "gateway/call.hpp"
#include "gateway/guaranteed/guaranteed_route.hpp"

namespace holdfast::gateway {

/// The run id that a request names: `Holdfast-Run-Id`, or `Idempotency-Key`, which may be any text and then stands for
/// an id of its own for each owner. Absent: it names none. A Problem: one of them is malformed, or they differ.
[[nodiscard]] std::expected<std::optional<RunId>, Problem> named_run_id(const Headers& headers, std::string_view owner);

/// `route` outlives the call. `authenticated`: the credentials of the request were for us, and stay here.
awaitable<void> serve_guaranteed(Call call, const GuaranteedRoute* route, bool authenticated);

}  // namespace holdfast::gateway
