/// Small files that somebody may replace while the server runs: keys and key sets. Any thread; blocks on a local disk.
#pragma once

#include <cstdint>
#include <string>

#include "base/error.hpp"

namespace holdfast::gateway {

/// Differs whenever the content may have changed.
struct FileStamp {
  std::uint64_t inode = 0;
  std::int64_t size = -1;
  std::int64_t modified_ns = 0;
  bool operator==(const FileStamp&) const = default;
};

/// not_found: there is no such file; unavailable: it cannot be looked at.
[[nodiscard]] Result<FileStamp> file_stamp(const std::string& path);

enum class Privacy : unsigned char {
  any,
  secret,  ///< Others must not read it, nor the group write it.
};

struct SmallFile {
  std::string text;
  FileStamp stamp;  ///< Taken from the open file, so it belongs to `text`.
};

/// At most 2 MB. not_found, unavailable as above; failed_precondition: its permissions are too wide, it is too long, or
/// no regular file.
[[nodiscard]] Result<SmallFile> read_small_file(const std::string& path, Privacy privacy);

/// Appends, and makes it durable. A new file is readable by its owner only. unavailable: not written.
[[nodiscard]] Result<void> append_to_secret_file(const std::string& path, const std::string& text);

}  // namespace holdfast::gateway
