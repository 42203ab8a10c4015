#include "text2sql/ask.hpp"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <cstdio>

#include "text2sql/worker_request.hpp"

namespace holdfast::text2sql {
namespace {

constexpr std::chrono::minutes kTimeLimit{5};
constexpr std::size_t kTableBytes = 16 * 1024;

class TerminalSink final : public EventSink {
 public:
  Result<void> progress(Step step, std::string_view message) override {
    fmt::print(stderr, "{:<14} {}\n", to_string(step), message);
    return {};
  }
  Result<void> checkpoint(Step, const json::object&) override { return {}; }
  Result<void> delta(std::string_view) override { return {}; }
};

}  // namespace

Result<void> ask(Agent& agent, const std::string& question, const Clock& clock) {
  auto prompt = checked_prompt(question);
  if (!prompt) return fail(std::move(prompt));
  TerminalSink sink;
  DeadlineCheck stop(clock, clock.steady() + kTimeLimit);
  const auto result = agent.run({*prompt, {}, std::nullopt}, sink, stop);
  if (!result) return std::unexpected(result.error());
  fmt::print("{}\n", find_string(*result, "result").value_or(""));
  if (const auto sql = find_string(*result, "sql").value_or(""); !sql.empty()) fmt::print("\nSQL: {}\n", sql);
  if (const auto* table = result->if_contains("table")) {
    const auto rows = Rows::from_json(*table);
    if (rows && !rows->columns.empty()) fmt::print("\n{}", rows->to_text(kTableBytes));
  }
  const auto* followups = result->if_contains("followup_prompts");
  if (followups != nullptr && followups->is_array() && !followups->get_array().empty()) {
    fmt::print("\nAsk next:\n");
    for (const auto& next : followups->get_array()) fmt::print("- {}\n", std::string_view(next.get_string()));
  }
  return {};
}

}  // namespace holdfast::text2sql
