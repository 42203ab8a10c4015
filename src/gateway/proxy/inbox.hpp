/// What came from a worker and is not parsed yet: a view of where it was received, copied only when it has to stay.
/// Internal to the proxy. Runs on: supervisor strand.
#pragma once

#include <string>
#include <string_view>

namespace holdfast::gateway {

class Inbox {
 public:
  /// Adds what was received, after secure().
  void take(std::string_view received) {
    if (rest_.empty()) {
      rest_ = received;
      stored_ = false;
      return;
    }
    store_.erase(0, store_.size() - rest_.size());
    store_ += received;
    rest_ = store_;
  }

  [[nodiscard]] std::string_view rest() const noexcept { return rest_; }
  void consume(std::size_t bytes) { rest_.remove_prefix(bytes); }

  /// Before a suspension: what is left must outlive it. Views of what was consumed stay as they are.
  void secure() {
    if (stored_ || rest_.empty()) return;
    store_ = rest_;
    rest_ = store_;
    stored_ = true;
  }

  void clear() {
    store_.clear();
    rest_ = {};
    stored_ = false;
  }

 private:
  std::string store_;
  std::string_view rest_;  ///< The end of store_ when stored_.
  bool stored_ = false;
};

}  // namespace holdfast::gateway
