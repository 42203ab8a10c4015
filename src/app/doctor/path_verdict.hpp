/// What measurements through the real path mean. Pure.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "app/doctor/finding.hpp"

namespace holdfast::app {

using std::chrono::milliseconds;

/// One request that was answered after a silence, or not.
struct HeldRequest {
  std::chrono::seconds asked{0};
  milliseconds took{0};  ///< Until the answer, or until it was cut.
  int status = 0;        ///< 0: cut without an answer.
};

/// An event stream with one event a second.
struct PacedStream {
  int status = 0;
  std::string content_type;
  std::string content_encoding;
  std::vector<milliseconds> arrivals;  ///< Of pieces, since the request was sent.
  int events = 0;                      ///< That were asked for.
  bool complete = false;
};

/// Which of the headers on the way back to an answer came through.
struct SeenHeaders {
  std::vector<std::string> dropped;  ///< Of the request.
  bool etag = true;                  ///< Of the response.
};

struct PathMeasurements {
  std::string server;  ///< What answered, for people.
  milliseconds round_trip{0};
  std::vector<HeldRequest> held;
  std::optional<PacedStream> stream;
  std::optional<SeenHeaders> headers;
};

/// How long answers of the server may be silent, as its settings say.
struct SilenceSettings {
  milliseconds hold;
  milliseconds heartbeat;
  milliseconds max_wait;
};

[[nodiscard]] Findings judge_path(const PathMeasurements& measured, const SilenceSettings& silence);

}  // namespace holdfast::app
