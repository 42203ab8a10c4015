/// Who asks. Plain value; any thread.
#pragma once

#include <string>

namespace holdfast::gateway {

/// A run and a thread belong to their owner.
struct Subject {
  /// Empty: nobody has said who they are. Only routes that are open to everybody see such a subject.
  std::string owner;
  /// May read any run by its id, and call the routes of administrators.
  bool admin = false;

  [[nodiscard]] bool known() const noexcept { return !owner.empty(); }
};

}  // namespace holdfast::gateway
