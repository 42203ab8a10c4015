/// Measures what lies between here and a server, through the real path. Blocks for as long as the longest silence.
#pragma once

#include "app/commands.hpp"
#include "app/doctor/path_verdict.hpp"
#include "base/error.hpp"

namespace holdfast::app {

/// All at once: silences up to `longest`, a stream of five events, headers. Progress goes to standard error.
/// invalid_argument: not a web address; unavailable: no Holdfast answers there; failed_precondition: it does not know
/// who asks.
[[nodiscard]] Result<PathMeasurements> measure_path(const ServerAccess& server, std::chrono::seconds longest);

}  // namespace holdfast::app
