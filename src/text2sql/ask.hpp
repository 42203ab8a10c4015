/// One question from the shell, answered on standard output. Runs on: the main thread, may block.
#pragma once

#include <string>

#include "text2sql/agent.hpp"

namespace holdfast::text2sql {

/// Prints answer, SQL and rows; progress goes to standard error. Errors: those of the agent.
Result<void> ask(Agent& agent, const std::string& question, const Clock& clock);

}  // namespace holdfast::text2sql
