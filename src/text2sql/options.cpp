#include "text2sql/options.hpp"

#include <CLI/CLI.hpp>
#include <filesystem>

#include "base/duration.hpp"

namespace holdfast::text2sql {
namespace {

constexpr const char* kAbout =
    "Answers questions about a SQLite data file: the built-in worker of Holdfast.\n"
    "\n"
    "  holdfast text2sql --ask \"What was the life expectancy in Japan in 1995?\"\n"
    "  holdfast text2sql --ask \"Average price by category\" --data-file shop.sqlite\n"
    "\n"
    "Without a model it understands look-ups, counts, totals, averages, highest and lowest, top N,\n"
    "comparisons, filters and groups, and says so when a question is none of these. The data file is\n"
    "only ever read.";

constexpr const char* kFooter =
    "Environment, for the model planner (any OpenAI-compatible server):\n"
    "  OPENAI_BASE_URL   default https://api.openai.com/v1; http://127.0.0.1:11434/v1 for a local one\n"
    "  OPENAI_API_KEY    sent as bearer token, never logged\n"
    "  OPENAI_MODEL      default gpt-4o-mini\n"
    "\n"
    "More in docs/text2sql.md.";

}  // namespace

std::string default_data_file() {
  std::error_code ec;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", ec);
  const auto bin = ec ? std::filesystem::path(".") : self.parent_path();
  return (bin.parent_path() / "share" / "holdfast" / "demo.sqlite").string();
}

std::expected<Options, int> parse_options(int argc, char** argv) {
  Options options;
  options.data_file = default_data_file();
  std::string planner = "auto";
  std::string delay = "0s";
  CLI::App app(kAbout, "holdfast text2sql");
  app.footer(kFooter);
  app.get_formatter()->column_width(34);
  auto* mode = app.add_option_group("What to do (one of)");
  auto* ask = mode->add_option("--ask", options.question, "Answer one question and end")->type_name("QUESTION");
  auto* socket =
      mode->add_option("--socket", options.socket, "Serve as a worker on this Unix socket")->type_name("PATH");
  bool examples = false;
  mode->add_flag("--examples", examples, "Print three questions to try, one a line");
  mode->require_option(1);
  app.add_option("--data-file", options.data_file, "SQLite file to ask about; the demo statistics by default")
      ->type_name("PATH");
  app.add_option("--planner", planner,
                 "auto (the model if OPENAI_BASE_URL or OPENAI_API_KEY is set), offline, or model")
      ->check(CLI::IsMember({"auto", "offline", "model"}))
      ->type_name("NAME");
  app.add_option("--step-delay", delay, "Slows every step, as in 200ms; for trying out reload and recovery")
      ->type_name("TIME");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const bool asked_for_help = error.get_exit_code() == 0;
    // Which comes before what is missing: a flag that is misspelt is why something is missing.
    const auto unknown = app.remaining();
    if (!asked_for_help && !unknown.empty()) {
      std::fprintf(stderr, "holdfast text2sql: unknown argument \"%s\"; --help lists what there is\n",
                   unknown.front().c_str());
    } else {
      app.exit(error);
    }
    return std::unexpected(asked_for_help ? 0 : exit_status(ErrorCode::invalid_argument));
  }
  options.mode = ask->count() > 0 ? Mode::ask : socket->count() > 0 ? Mode::serve : Mode::examples;
  const auto parsed = parse_duration(delay);
  if (!parsed) {
    std::fprintf(stderr, "holdfast text2sql: --step-delay: %s\n", parsed.error().message().c_str());
    return std::unexpected(exit_status(ErrorCode::invalid_argument));
  }
  options.step_delay = *parsed;
  options.planner = planner == "offline" ? PlannerChoice::offline
                    : planner == "model" ? PlannerChoice::model
                                         : PlannerChoice::automatic;
  return options;
}

}  // namespace holdfast::text2sql
