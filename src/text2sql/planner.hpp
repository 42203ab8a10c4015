/// The part of the agent that understands: what the question means, which SQL answers it, how the answer reads.
///
/// Two implementations: OfflinePlanner and ModelPlanner. Ownership: one per worker, used by its one thread. May block
/// until `stop` says no; every call returns the error of `stop` then.
/// Contract (tests/contract/text2sql): no call changes the state; a declined question has a reason; the SQL is
/// untrusted and goes through Database::query.
#pragma once

#include <expected>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "text2sql/agent_state.hpp"
#include "text2sql/grounding.hpp"
#include "text2sql/stop.hpp"

namespace holdfast::text2sql {

/// A finished run of the same thread.
struct PastRun {
  std::string question;
  std::string answer;
};

/// Takes pieces of the answer while it is being written. Its error ends the writing.
using DeltaSink = std::function<Result<void>(std::string_view)>;

template <class T>
using OrDecline = std::expected<T, Decline>;

class Planner {
 public:
  virtual ~Planner() = default;

  /// "offline" or "model".
  [[nodiscard]] virtual std::string_view name() const noexcept = 0;

  /// The question made to stand alone with the help of what was asked before, oldest first.
  virtual Result<std::string> rewrite(const AgentState& state, const std::vector<PastRun>& history,
                                      StopCheck& stop) = 0;

  /// The tables that the answer needs.
  virtual Result<OrDecline<std::vector<std::string>>> select_tables(const AgentState& state, StopCheck& stop) = 0;

  /// One SELECT. `state.failure` says what was wrong with the one before.
  virtual Result<OrDecline<std::string>> generate_sql(const AgentState& state, StopCheck& stop) = 0;

  /// What is wrong with a query that ran; empty when it can be answered from.
  virtual std::string review(const AgentState& state) = 0;

  /// The answer in words, also sent in pieces. Never empty.
  virtual Result<std::string> write_answer(const AgentState& state, const DeltaSink& delta, StopCheck& stop) = 0;
};

}  // namespace holdfast::text2sql
