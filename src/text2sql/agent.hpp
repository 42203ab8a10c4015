/// Runs the agent graph for one question: steps, checkpoints, and the result object at the end.
///
/// Ownership: holds references to what the worker set up at start. Runs on: the worker's one thread, may block.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "text2sql/agent_state.hpp"
#include "text2sql/database.hpp"
#include "text2sql/planner.hpp"
#include "text2sql/suggestions.hpp"

namespace holdfast::text2sql {

/// Takes what happens during a run. An error means that nobody listens any more, and ends the run.
class EventSink {
 public:
  virtual ~EventSink() = default;
  virtual Result<void> progress(Step step, std::string_view message) = 0;
  virtual Result<void> checkpoint(Step step, const json::object& state) = 0;
  virtual Result<void> delta(std::string_view text) = 0;
};

struct AgentTask {
  std::string prompt;
  std::vector<PastRun> history;           ///< Oldest first.
  std::optional<json::value> checkpoint;  ///< The state saved by an earlier attempt.
};

class Agent {
 public:
  Agent(Planner& planner, Database& database, const Grounding& grounding, const Clock& clock,
        std::chrono::milliseconds step_delay)
      : planner_(planner),
        database_(database),
        grounding_(grounding),
        suggestions_(grounding, database, clock),
        step_delay_(step_delay) {}

  /// The result object of docs/worker-protocol.md. Errors: those of the stop check, of the sink, and of the planner.
  Result<json::object> run(const AgentTask& task, EventSink& sink, StopCheck& stop);

  /// Gives back what is kept only in case it is needed again. Between runs.
  void release_memory() noexcept { database_.release_memory(); }

 private:
  struct Taken {
    Outcome outcome = Outcome::done;
  };
  [[nodiscard]] AgentState begin(const AgentTask& task) const;
  [[nodiscard]] std::string message_of(const AgentState& state) const;
  Result<Outcome> take_step(AgentState& state, const AgentTask& task, EventSink& sink, StopCheck& stop);
  Result<Outcome> generate(AgentState& state, StopCheck& stop);
  Result<Outcome> execute(AgentState& state, StopCheck& stop);
  Outcome reflect(AgentState& state);
  Result<Outcome> answer(AgentState& state, EventSink& sink, StopCheck& stop);
  static Outcome decline(AgentState& state, Decline reason);
  Result<void> wait_step_delay(StopCheck& stop) const;
  [[nodiscard]] json::object result_of(const AgentState& state) const;

  Planner& planner_;
  Database& database_;
  const Grounding& grounding_;
  Suggestions suggestions_;
  std::chrono::milliseconds step_delay_;
};

}  // namespace holdfast::text2sql
