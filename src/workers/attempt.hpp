/// One try at a run, as sent to the worker, and how it can end. Plain values.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <variant>

#include "base/async.hpp"
#include "base/bytes.hpp"
#include "workers/worker_event.hpp"
#include "workers/worker_exit.hpp"

namespace holdfast::workers {

/// A request that is handed on as it came, and whose response is kept as it comes, whatever its status and its type.
struct Verbatim {
  std::string head;               ///< Request line and headers, each ended by CRLF; framing included.
  std::uint64_t most_answer = 0;  ///< A body of more bytes breaks the attempt.
};

/// The rest of a body that is not held in memory, piece after piece. Empty: that was all. An error ends the attempt.
using BodySource = std::function<awaitable<Result<std::string>>()>;

struct Attempt {
  std::string run_id;
  int number = 1;
  std::string route;  ///< "POST /analyze".
  std::string body;   ///< JSON, unless `verbatim`.
  std::optional<Verbatim> verbatim;
  BodySource rest;  ///< What follows `body`, only with `verbatim`; empty: nothing.
  std::string traceparent;
  std::string owner;         ///< Whose run it is.
  std::string thread_id;     ///< A name within its owner.
  std::string url;           ///< Where the worker reaches this server; empty: nowhere.
  std::string token;         ///< Opens the run's thread there while the attempt lasts.
  std::string memory_level;  ///< When it was admitted; empty: nobody governs.
  Bytes memory_reserved;     ///< What it is expected to grow by at most.
  SteadyTime deadline;
};

/// Why an attempt was given up for memory, by us.
struct GivenUp {
  std::string evidence;  ///< A JSON object with the figures.
  bool counts_as_crash = false;
};

/// The attempt ended without an answer.
struct Lost {
  std::string reason;  ///< For people: "worker 3 (pid 4711) was killed by signal 9".
  std::optional<WorkerExit>
      exited;                   ///< Set when the worker process died with the run, not when it died before it got it.
  bool broke_protocol = false;  ///< What it sent was complete and wrong: the same run will most likely get it again.
  bool seen = true;             ///< The worker may have begun to work on it.
  std::optional<GivenUp> given_up = std::nullopt;  ///< The process was killed by us, before the kernel would have.
};

/// How an attempt ended. Errors of dispatch():
///   cancelled: the caller's task was cancelled; deadline_exceeded: the attempt's deadline passed;
///   anything else is what `on_event` or `rest` returned. In all these cases the worker is replaced.
using DispatchOutcome = std::variant<Answered, Refused, Lost>;

/// Called for each event, in order; the next line is read after it returned. An error ends the attempt.
using EventSink = std::function<awaitable<Result<void>>(WorkerEvent)>;

}  // namespace holdfast::workers
