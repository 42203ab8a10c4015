// holdfast-text2sql: the built-in worker program (docs/text2sql.md).

#include <cstdio>
#include <memory>

#include "base/log.hpp"
#include "text2sql/ask.hpp"
#include "text2sql/catalogue_reader.hpp"
#include "text2sql/describe.hpp"
#include "text2sql/model_planner.hpp"
#include "text2sql/offline_planner.hpp"
#include "text2sql/options.hpp"
#include "text2sql/server.hpp"

namespace holdfast::text2sql {
namespace {

int report(const Error& error) {
  std::fprintf(stderr, "holdfast text2sql: %s\n", error.message().c_str());
  return exit_status(error.code());
}

int print_examples(Suggestions& suggestions, const Clock& clock) {
  DeadlineCheck stop(clock, clock.steady() + std::chrono::seconds(5));
  for (const auto& question : suggestions.examples(stop)) std::printf("%s\n", question.c_str());
  return 0;
}

int print_description(const std::string& data_file, const Catalogue& catalogue, Database& database, const Clock& clock,
                      Suggestions& suggestions) {
  std::puts(data_file_line(data_file).c_str());
  DeadlineCheck for_examples(clock, clock.steady() + std::chrono::seconds(5));
  for (const auto& question : suggestions.examples(for_examples)) std::puts(example_line(question).c_str());
  DeadlineCheck for_tables(clock, clock.steady() + std::chrono::seconds(2));
  for (const auto& line : table_lines(catalogue, database, for_tables)) std::puts(line.c_str());
  return 0;
}

Result<std::unique_ptr<Planner>> make_planner(PlannerChoice choice, const Grounding& grounding, const Clock& clock) {
  auto config = choice == PlannerChoice::offline ? std::nullopt : chat_config_from_environment();
  if (config) return std::make_unique<ModelPlanner>(std::move(*config), grounding.catalogue(), clock);
  if (choice == PlannerChoice::model) {
    return fail(ErrorCode::invalid_argument,
                "--planner model needs OPENAI_BASE_URL or OPENAI_API_KEY in the environment");
  }
  return std::make_unique<OfflinePlanner>(grounding);
}

int run(const Options& options) {
  const auto& clock = system_clock();
  Shutdown shutdown(clock);
  limit_sqlite_memory();
  auto database = Database::open(options.data_file);
  if (!database) return report(database.error());
  const auto catalogue = read_catalogue(*database, clock);
  if (!catalogue) return report(catalogue.error());
  if (auto guarded = database->guard(); !guarded) return report(guarded.error());
  const Grounding grounding(*catalogue);
  if (options.mode == Mode::examples) {
    Suggestions suggestions(grounding, *database, clock);
    return print_examples(suggestions, clock);
  }
  if (options.mode == Mode::describe) {
    Suggestions suggestions(grounding, *database, clock);
    return print_description(options.data_file, *catalogue, *database, clock, suggestions);
  }
  auto planner = make_planner(options.planner, grounding, clock);
  if (!planner) return report(planner.error());
  Agent agent(**planner, *database, grounding, clock, options.step_delay);
  if (options.mode == Mode::ask) {
    const auto answered = ask(agent, options.question, clock);
    return answered ? 0 : report(answered.error());
  }
  if (!catalogue->complete) log::warning("text2sql.catalogue_cut_short", {{"data_file", options.data_file}});
  const ServerConfig config{.socket_path = options.socket};
  const auto served = serve(config, agent, shutdown, clock);
  return served ? 0 : report(served.error());
}

}  // namespace
}  // namespace holdfast::text2sql

int main(int argc, char** argv) {
  const auto options = holdfast::text2sql::parse_options(argc, argv);
  if (!options) return options.error();
  return holdfast::text2sql::run(*options);
}
