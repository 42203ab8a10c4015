// Any body against the request reader, and what it holds against the offline planner and the checkpoint reader.
#include <cstdint>

#include "base/check.hpp"
#include "text2sql/agent_state.hpp"
#include "text2sql/grounding.hpp"
#include "text2sql/worker_request.hpp"

namespace {

using namespace holdfast::text2sql;

Catalogue make_catalogue() {
  Table table;
  table.name = "sales";
  table.label = "sales";
  table.row_name = "row";
  table.columns.resize(3);
  table.columns[0] = {.name = "city", .label = "city", .values = {"Brno", "Praha"}};
  table.columns[1] = {.name = "year", .label = "year", .type = ColumnType::integer};
  table.columns[2] = {.name = "amount", .label = "amount", .type = ColumnType::real, .fold = Fold::sum};
  table.year = 1;
  table.years = {2020, 2021};
  table.main_measure = 2;
  Catalogue catalogue;
  catalogue.tables.push_back(table);
  return catalogue;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  static const Catalogue catalogue = make_catalogue();
  static const Grounding grounding(catalogue);
  const auto task = parse_worker_request(std::string_view(reinterpret_cast<const char*>(bytes), size));
  if (!task) return 0;
  if (task->checkpoint) {
    const auto state = AgentState::from_json(*task->checkpoint);
    if (state) HOLDFAST_CHECK(AgentState::from_json(state->to_json()) == state, "a state comes back as it was");
  }
  const auto interpretation = grounding.interpret_question(task->prompt);
  if (interpretation) {
    HOLDFAST_CHECK(interpretation->form.has_value(), "an interpretation has a form");
    HOLDFAST_CHECK(render_sql(*interpretation->form).starts_with("SELECT "), "a form is a SELECT");
  } else {
    HOLDFAST_CHECK(!interpretation.error().text.empty(), "a refusal has a reason");
  }
  if (!task->history.empty()) (void)grounding.complete(task->prompt, task->history.back().question);
  return 0;
}
