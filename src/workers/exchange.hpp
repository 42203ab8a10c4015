/// One HTTP exchange with a worker: sends the attempt, reads events and answer. Runs on: supervisor strand.
#pragma once

#include "workers/attempt.hpp"
#include "workers/command.hpp"

namespace holdfast::workers {

/// Whether the worker may have seen the run.
enum class Delivery : unsigned char { none, begun };

/// The worker broke off. The reason begins with a verb: "closed the connection without an answer".
struct BrokenOff {
  std::string reason;
  Delivery delivery = Delivery::begun;
  bool broke_protocol = false;  ///< By what it sent, not by when it stopped.
};

using ExchangeEnd = std::variant<Answered, Refused, BrokenOff>;

/// A long request is sent while its answer is read: a worker may answer before it has read everything, and as it reads.
/// Errors: cancelled, or what `on_event` or the attempt's `rest` returned.
awaitable<Result<ExchangeEnd>> exchange(WorkerAddress address, Attempt attempt, EventSink on_event);

}  // namespace holdfast::workers
