/// The command line and the environment of holdfast-text2sql.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "base/error.hpp"

namespace holdfast::text2sql {

enum class PlannerChoice : unsigned char { automatic, offline, model };

enum class Mode : unsigned char { ask, serve, examples, describe };

struct Options {
  std::string socket;
  std::string data_file;
  std::string question;
  Mode mode = Mode::ask;
  PlannerChoice planner = PlannerChoice::automatic;
  std::chrono::milliseconds step_delay{0};
};

/// The options, or the exit status when there is nothing more to do: help was printed, or an error.
[[nodiscard]] std::expected<Options, int> parse_options(int argc, char** argv);

/// The demo statistics beside the program: ../share/holdfast/demo.sqlite.
[[nodiscard]] std::string default_data_file();

}  // namespace holdfast::text2sql
