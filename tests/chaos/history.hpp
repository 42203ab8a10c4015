/// What clients did and saw, and the judgement on it. The checker believes the clients, never the server.
///
/// Ownership: recording is safe from any thread; check() when they are done.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/mutex.hpp"

namespace holdfast::testing {

/// What one client saw of one run.
struct Observation {
  std::string run;
  int instance = 0;
  std::string status;
  std::string answer;  ///< Empty unless terminal.
};

class History {
 public:
  /// A client was told that the run is accepted; `expected` is the only right answer to it.
  void confirmed(const std::string& run, const std::string& expected);

  /// A client asked for the run to be cancelled, whatever it was told.
  void cancel_tried(const std::string& run);

  /// In the order in which one instance answered one client; observations of one run by one instance are made one
  /// after the other.
  void observed(Observation seen);

  /// Everything that breaks a promise, as sentences:
  ///   - a confirmed run that nobody ever saw end (lost);
  ///   - two observations of the end that differ in status or answer (double);
  ///   - a wrong answer, or an end other than completed that nobody asked for;
  ///   - an instance that showed the end and later something else.
  [[nodiscard]] std::vector<std::string> check() const;

  [[nodiscard]] std::vector<std::string> runs() const;
  [[nodiscard]] std::size_t observations() const;

 private:
  struct Told {
    std::string expected;
    bool cancel_tried = false;
  };
  mutable Mutex mutex_;
  std::map<std::string, Told> told_ HOLDFAST_GUARDED_BY(mutex_);
  std::vector<Observation> seen_ HOLDFAST_GUARDED_BY(mutex_);
};

[[nodiscard]] bool is_terminal_name(std::string_view status);

}  // namespace holdfast::testing
