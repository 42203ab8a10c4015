/// The good and bad ways in which the scripted worker answers.
#pragma once

#include "tests/support/scripted_worker/options.hpp"
#include "tests/support/scripted_worker/request.hpp"

namespace scripted_worker {

enum class Next : unsigned char { keep_open, close, silent };

/// Writes the answer to `fd`, blocking.
Next answer(int fd, const Options& options, const Request& request);

}  // namespace scripted_worker
