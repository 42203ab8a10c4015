/// The built-in worker program, as the supervisor starts it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "gateway/data_table.hpp"

namespace holdfast::app {

/// The program itself.
[[nodiscard]] std::string builtin_worker_program();

/// Command for the pool. `data_file` empty: the demo statistics.
[[nodiscard]] std::string builtin_worker_command(const std::string& data_file);

/// What the worker can be asked.
struct BuiltinWorkerData {
  std::string data_file;
  std::vector<std::string> examples;  ///< Questions that it can answer.
  std::vector<gateway::DataTable> tables;
};

/// Reads the description that the worker gives of its data. Blocks while the program runs, fifteen seconds at most.
/// failed_precondition: it cannot use its data file; the message is its own.
[[nodiscard]] Result<BuiltinWorkerData> describe_builtin_worker(const std::string& data_file);

/// The lines of that description. failed_precondition: something else than the worker's own form. Pure.
[[nodiscard]] Result<BuiltinWorkerData> parse_builtin_worker_data(std::string_view lines);

}  // namespace holdfast::app
