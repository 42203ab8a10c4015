/// The files of the chat page, the operator console and the API description, built into the program
/// (cmake/embed.cmake).
///
/// Ownership: everything points into the program's read-only data and lives as long as the process.
/// Any thread; pure.
#pragma once

#include <string_view>

namespace holdfast::gateway {

struct Asset {
  /// "/" is the chat page, "/console" the console; the others are "/assets/…" and "/openapi.json".
  std::string_view path;
  std::string_view content_type;
  /// Quoted and weak: one tag for both encodings. Of the content, so it changes only with it.
  std::string_view etag;
  /// The name contains a hash of the content: may be cached for ever.
  bool immutable;
  std::string_view identity;
  /// The same content with Content-Encoding: gzip. Empty when that would not be smaller.
  std::string_view gzip;
};

/// Null: no such file. `path` is compared as it is: no query, nothing decoded.
[[nodiscard]] const Asset* find_asset(std::string_view path) noexcept;

}  // namespace holdfast::gateway
