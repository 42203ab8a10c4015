/// A client that was there: it submits runs as a real one would, with ids of its own choice, and afterwards judges
/// what the server says of them. One thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "base/run_id.hpp"

namespace holdfast::testing {

class Witness {
 public:
  /// The server may be another process now.
  void turn_to(std::uint16_t port) { port_ = port; }

  /// Sends one more run. An answer may never come: then nobody knows whether it was accepted.
  void submit();

  /// Sends every run again that the server has not confirmed, under the id it had.
  void submit_unconfirmed();

  /// Asks until every run is terminal. Fails the test after ten minutes.
  void wait_for_all();

  /// Every run has completed with its own answer, exactly one terminal entry, entries numbered without a gap, and
  /// every entry after its start belongs to the attempt that was running.
  void judge() const;

  /// The workers' pids of runs that run now, as the journal tells.
  [[nodiscard]] std::vector<int> busy_workers() const;

  [[nodiscard]] int confirmed() const;
  [[nodiscard]] int size() const { return static_cast<int>(runs_.size()); }

 private:
  struct Sent {
    RunId id;
    std::string prompt;
    bool confirmed = false;
  };

  void send(Sent& run) const;
  [[nodiscard]] std::optional<json::object> ask(const std::string& target) const;

  std::uint16_t port_ = 0;
  std::vector<Sent> runs_;
};

}  // namespace holdfast::testing
