/// The name of this server among those that share a journal.
#pragma once

#include <string>

#include "base/error.hpp"

namespace holdfast::app {

/// The name in the file `instance` of the data directory; made at the first start. It stays the same over restarts, so
/// that the server finds what its earlier process was running. Call it while the data directory is locked.
/// unavailable: the file cannot be read or written; data_loss: it holds something else.
[[nodiscard]] Result<std::string> instance_id(const std::string& data_dir);

}  // namespace holdfast::app
