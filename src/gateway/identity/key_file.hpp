/// The file of API keys, read again when it changes.
///
/// Ownership: one for the gateway; borrows the clock. Runs on: supervisor strand; looks at a local file at most once a
/// second.
/// Invariant: a file that cannot be read any more never empties the set: the keys of the last good reading stay, and
/// the log says so.
#pragma once

#include <string>

#include "base/clock.hpp"
#include "gateway/identity/api_keys.hpp"
#include "gateway/identity/small_file.hpp"

namespace holdfast::gateway {

class KeyFile {
 public:
  KeyFile(std::string path, const Clock& clock) : path_(std::move(path)), clock_(clock) {}

  /// The first reading. not_found: no such file; failed_precondition: its permissions are too wide; invalid_argument:
  /// a line of it cannot be read.
  Result<void> open();

  /// The keys as the file says now.
  [[nodiscard]] const ApiKeys& keys();

 private:
  Result<void> read();
  void look_again();

  std::string path_;
  const Clock& clock_;
  ApiKeys keys_;
  FileStamp seen_;
  SteadyTime next_look_ = SteadyTime::min();
};

}  // namespace holdfast::gateway
