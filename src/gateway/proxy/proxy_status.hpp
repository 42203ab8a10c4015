/// What the pass-through has done: counters since the start, and what is open. Plain values.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace holdfast::gateway {

/// Why a request was not answered by its worker, or not to the end.
enum class PassFailure : unsigned char {
  no_worker,    ///< None became ready in time.
  too_many,     ///< More at once than are allowed.
  unreachable,  ///< No connection to the worker.
  no_answer,    ///< The worker closed before it answered.
  late_answer,  ///< No head within the time-out.
  bad_answer,   ///< What the worker sent is not a response.
  cut_off,      ///< The worker closed in the middle of its answer.
  stalled,      ///< The worker was silent in the middle, or took nothing.
  client_gone,  ///< The client went away, or stopped reading.
  client_late,  ///< The client stopped in the middle of its body.
  bad_request,  ///< The client's body breaks HTTP.
  stopping,     ///< The server stops.
};

inline constexpr std::array<std::string_view, 12> kPassFailures{
    "no_worker", "too_many", "unreachable", "no_answer",   "late_answer", "bad_answer",
    "cut_off",   "stalled",  "client_gone", "client_late", "bad_request", "stopping"};

struct ProxyStatus {
  bool on = false;
  std::size_t open = 0;      ///< Requests that are being passed through, those that were upgraded included.
  std::size_t upgraded = 0;  ///< Of them, those that were.
  std::array<std::uint64_t, 5> answered{};  ///< By the class of the worker's status, from 1xx (upgrades).
  std::array<std::uint64_t, kPassFailures.size()> failed{};
  std::uint64_t to_worker = 0;  ///< Bytes of bodies.
  std::uint64_t to_client = 0;
  std::uint64_t heads = 0;
  std::chrono::nanoseconds head_time{};  ///< From the request to the head of its answer, all together.
  std::uint64_t connected = 0;           ///< Connections that were made.
  std::uint64_t reused = 0;              ///< Requests sent over one from before.
  std::uint64_t retried = 0;
};

}  // namespace holdfast::gateway
