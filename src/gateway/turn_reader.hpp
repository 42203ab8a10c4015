/// Reads a conversation in bounded memory: the stored runs come in pages, and each is turned into what the answer
/// needs of it and let go.
///
/// Runs on: supervisor strand.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "gateway/call.hpp"

namespace holdfast::gateway {

struct TurnLimits {
  std::size_t turns = 500;              ///< The latest ones. Older ones are reached by GET /v1/runs with a cursor.
  std::size_t bytes = 8 * 1024 * 1024;  ///< Of the answer. One turn is given whatever its size.
};

/// One run as an answer shows it: JSON. What is not needed stays empty.
struct Turn {
  std::string body;
  std::string line;
};

struct Turns {
  std::vector<Turn> list;  ///< Oldest first.
  std::size_t bytes = 0;
  bool truncated = false;  ///< Older turns were left out.

  /// JSON arrays of all bodies, and of all lines.
  [[nodiscard]] std::string bodies() const;
  [[nodiscard]] std::string lines() const;
};

using RenderTurn = std::function<Turn(const journal::Run&)>;

/// The caller's turns in the thread; none when there are none, or only other owners'.
awaitable<Result<Turns>> read_turns(Call call, std::string thread_id, TurnLimits limits, RenderTurn render);

}  // namespace holdfast::gateway
