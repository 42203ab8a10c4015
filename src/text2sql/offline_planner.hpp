/// Plans without a model: grounds the question in the names of the data and answers only what it fully understands.
#pragma once

#include "text2sql/planner.hpp"

namespace holdfast::text2sql {

class OfflinePlanner final : public Planner {
 public:
  explicit OfflinePlanner(const Grounding& grounding) : grounding_(grounding) {}

  [[nodiscard]] std::string_view name() const noexcept override { return "offline"; }
  Result<std::string> rewrite(const AgentState& state, const std::vector<PastRun>& history, StopCheck& stop) override;
  Result<OrDecline<std::vector<std::string>>> select_tables(const AgentState& state, StopCheck& stop) override;
  Result<OrDecline<std::string>> generate_sql(const AgentState& state, StopCheck& stop) override;
  std::string review(const AgentState& state) override;
  Result<std::string> write_answer(const AgentState& state, const DeltaSink& delta, StopCheck& stop) override;

 private:
  const Grounding& grounding_;
};

}  // namespace holdfast::text2sql
