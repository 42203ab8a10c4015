/// The built-in worker program, as the supervisor starts it.
#pragma once

#include <string>
#include <vector>

#include "base/error.hpp"

namespace holdfast::app {

/// Command for the pool. `data_file` empty: the demo statistics.
[[nodiscard]] std::string builtin_worker_command(const std::string& data_file);

/// Questions that the worker can answer from its data. Blocks while the program runs, ten seconds at most.
/// failed_precondition: it cannot use its data file; the message is its own.
[[nodiscard]] Result<std::vector<std::string>> builtin_worker_examples(const std::string& data_file);

}  // namespace holdfast::app
