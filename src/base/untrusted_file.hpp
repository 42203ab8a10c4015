/// A file that somebody else has written, who may have put anything in its place. Any thread; blocks on a local disk.
#pragma once

#include <cstddef>
#include <string>

#include "base/error.hpp"

namespace holdfast {

/// Its first `most` + 1 bytes: who gets more than `most` knows that it is too long. Follows no link, and no pipe holds
/// it up. not_found: it cannot be opened; data_loss: it is no file; unavailable: it cannot be read.
[[nodiscard]] Result<std::string> read_untrusted_file(const std::string& path, std::size_t most);

}  // namespace holdfast
