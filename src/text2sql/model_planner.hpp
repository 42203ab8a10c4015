/// Plans with a language model behind an OpenAI-compatible endpoint. Its SQL is untrusted and its answer is checked for
/// numbers.
#pragma once

#include "text2sql/chat_client.hpp"
#include "text2sql/planner.hpp"

namespace holdfast::text2sql {

class ModelPlanner final : public Planner {
 public:
  ModelPlanner(ChatConfig config, const Catalogue& catalogue, const Clock& clock)
      : client_(std::move(config), clock), catalogue_(catalogue) {}

  [[nodiscard]] std::string_view name() const noexcept override { return "model"; }
  Result<std::string> rewrite(const AgentState& state, const std::vector<PastRun>& history, StopCheck& stop) override;
  Result<OrDecline<std::vector<std::string>>> select_tables(const AgentState& state, StopCheck& stop) override;
  Result<OrDecline<std::string>> generate_sql(const AgentState& state, StopCheck& stop) override;
  std::string review(const AgentState& state) override;
  Result<std::string> write_answer(const AgentState& state, const DeltaSink& delta, StopCheck& stop) override;

 private:
  ChatClient client_;
  const Catalogue& catalogue_;
};

}  // namespace holdfast::text2sql
