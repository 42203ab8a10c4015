/// What a worker says during an attempt (docs/worker-protocol.md). Plain values; pure parsing.
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "base/error.hpp"

namespace holdfast::workers {

struct ProgressEvent {
  std::string step;
  std::string message;
};
struct CheckpointEvent {
  std::string step;
  std::string state;  ///< JSON.
};
struct DeltaEvent {
  std::string text;
};

/// The worker has begun to answer a request that is handed on as it came.
struct ResponseEvent {
  unsigned status = 200;
  std::string head;  ///< "201 Created", then the headers as sent: one line each, ended by CRLF.
};
/// The next bytes of the body of that response, without its transfer coding.
struct PieceEvent {
  std::string bytes;
};

/// Something to journal while the attempt goes on.
using WorkerEvent = std::variant<ProgressEvent, CheckpointEvent, DeltaEvent, ResponseEvent, PieceEvent>;

/// The attempt ended with an answer. `result` is JSON.
struct Answered {
  std::string result;
  bool ended_by_close = false;  ///< Its end was told by the end of the connection, which a death looks like.
};

/// The worker itself says that the run has failed: an error line, or a status that is not 2xx.
struct Refused {
  std::string code;     ///< An ErrorCode word, or "worker_status" for a status that is not 2xx.
  std::string message;  ///< For people.
  std::string detail;   ///< JSON: what else is known (status, body); may be empty.
  bool retryable = false;
};

using WorkerAnswer = std::variant<Answered, Refused>;

/// A line of the event stream: something on the way, the last word, or nothing (an unknown type).
using WorkerLine = std::variant<std::monostate, WorkerEvent, WorkerAnswer>;

/// data_loss: the line is not a JSON object with a `type`, or a field has the wrong type.
[[nodiscard]] Result<WorkerLine> parse_worker_line(std::string_view line);

}  // namespace holdfast::workers
