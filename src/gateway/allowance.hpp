/// How many analyses each user may start: at most `requests` within any `window`, and at most `burst` within any
/// `burst_window`. A start over the allowance is given the next free turn, when that is not too far away. Pure.
///
/// Only starts are booked here: reading, polling and health checks never are.
/// Invariants:
///   - In no window are there more turns than allowed, whoever asks in what order; turns are given in order.
///   - Memory is bounded: at most `max_clients` are remembered one by one, each with its turns of one window.
///   - Forgetting never loosens a limit: only who has no turn in the window is forgotten. When all places are taken by
///     others, newcomers share one allowance, and carry its turns on when they get a place of their own.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>

#include "base/clock.hpp"

namespace holdfast::gateway {

struct AllowanceConfig {
  /// An analysis of a second on three workers makes 180 a minute: more than that is a flood, not a user.
  int requests = 300;  ///< 0: without limit.
  std::chrono::milliseconds window{60'000};
  /// Several times the 22 questions that one user was seen to ask at once.
  int burst = 60;  ///< 0: without limit.
  std::chrono::milliseconds burst_window{10'000};
  int waiting = 200;  ///< Runs of one user that may wait for a worker; 0: as many as the queue takes.
  /// How long a start may be held back before it is refused: well below the silence that proxies cut.
  std::chrono::milliseconds patience{5'000};
  std::size_t max_clients = 1024;
};

/// What of an allowance is used now.
struct AllowanceUse {
  int burst = 0;
  int window = 0;
};

/// A start may go at `at`, which is now or soon.
struct Permit {
  SteadyTime at;
};

/// The next turn is further away than `patience`.
struct NoPermit {
  std::chrono::milliseconds retry_after{0};
};

class Allowance {
 public:
  explicit Allowance(AllowanceConfig config) : config_(config) {}

  [[nodiscard]] std::variant<Permit, NoPermit> book(std::string_view client, SteadyTime now);

  /// Nothing was started in that turn: it does not count.
  void give_back(std::string_view client, Permit turn);

  [[nodiscard]] AllowanceUse use(std::string_view client, SteadyTime now) const;

  /// Frees what is kept of clients without a turn in the window.
  void forget_idle(SteadyTime now);

  [[nodiscard]] std::size_t tracked_clients() const noexcept { return clients_.size(); }
  [[nodiscard]] std::size_t active_clients(SteadyTime now) const;
  [[nodiscard]] const AllowanceConfig& config() const noexcept { return config_; }

 private:
  using Turns = std::deque<SteadyTime>;  ///< In order; some may be still to come.

  [[nodiscard]] Turns& turns_of(std::string_view client, SteadyTime now);
  [[nodiscard]] const Turns& known_turns(std::string_view client) const;
  [[nodiscard]] SteadyTime horizon(SteadyTime now) const;

  AllowanceConfig config_;
  std::unordered_map<std::string, Turns> clients_;
  Turns newcomers_;  ///< Shared by those without a place.
};

}  // namespace holdfast::gateway
