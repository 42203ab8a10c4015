// The command line of `holdfast`.
#include <sysexits.h>
#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <system_error>

#include "app/commands.hpp"
#include "base/text.hpp"

#ifndef HOLDFAST_SANITIZED
// One arena and a one-second decay keep the supervisor small and flat: after 5,000 connections have closed, 31 MB fall
// to 6 MB. Read by jemalloc before main().
extern "C" const char* malloc_conf;
const char* malloc_conf = "narenas:1,background_thread:true,dirty_decay_ms:1000,muzzy_decay_ms:0";
#endif

namespace {

using namespace holdfast;
using namespace holdfast::app;

constexpr const char* kDefaultUrl = "http://127.0.0.1:8000";

// Flags of the commands that read settings; each is a short name for a row of the settings table.
class SettingFlags {
 public:
  void add_to(CLI::App& command) {
    command.add_option("--config", file_,
                       "Configuration file (default: holdfast.toml in this directory, if there is one)");
    add(command, "--listen", "server.listen");
    add(command, "--data", "server.data");
    add(command, "--database", "database.url");
    add(command, "--worker", "worker.command");
    add(command, "--worker-route", "worker.route");
    add(command, "--data-file", "worker.data_file");
    add(command, "--max-concurrent", "runs.max_concurrent");
    command.add_flag_callback("--debug", [this] { flags_.emplace_back("log.debug", "1"); }, "Debug log");
    const auto set = [this](const std::string& text) {
      const auto equals = text.find('=');
      if (equals == std::string::npos) throw CLI::ValidationError("--set", "write it as KEY=VALUE");
      flags_.emplace_back(text.substr(0, equals), text.substr(equals + 1));
    };
    command.add_option_function<std::string>("--set", set, "Any setting: KEY=VALUE, for example runs.deadline=60s")
        ->trigger_on_parse();
  }

  [[nodiscard]] Result<LoadedSettings> load() const {
    const auto environment = [](const char* name) -> const char* { return std::getenv(name); };
    auto file = file_;
    if (!file && environment("HOLDFAST_CONFIG") != nullptr) file = environment("HOLDFAST_CONFIG");
    return load_settings({file, environment, flags_});
  }

 private:
  void add(CLI::App& command, const std::string& flag, const std::string& key) {
    std::string help;
    for (const auto& setting : all_settings()) {
      if (setting.key == key) help = setting.help;
    }
    command.add_option_function<std::string>(
        flag, [this, key](const std::string& text) { flags_.emplace_back(key, text); }, help);
  }

  std::optional<std::string> file_;
  std::vector<std::pair<std::string, std::string>> flags_;
};

template <class Command>
int with_settings(const SettingFlags& flags, Command command) {
  const auto settings = flags.load();
  if (settings) return command(*settings);
  std::cerr << "holdfast: " << settings.error().message() << '\n';
  return exit_status(settings.error().code());
}

void add_server(CLI::App& command, ServerAccess& server) {
  command.add_option("--url", server.url, "Address of the server")->envname("HOLDFAST_URL")->capture_default_str();
  command
      .add_option("--token", server.token,
                  "Key or token for a server with a login; better in HOLDFAST_TOKEN, where other users do not see it")
      ->envname("HOLDFAST_TOKEN");
}

// The exit status after `error`, which is help or a version wanted, or a command line that cannot be understood.
int end_of_parsing(const CLI::App& app, const CLI::ParseError& error) {
  if (error.get_exit_code() == 0) return app.exit(error);
  const auto left = app.remaining();
  if (app.get_subcommands().empty() && !left.empty()) {
    std::vector<std::string> names;
    for (const auto* command : app.get_subcommands(nullptr)) names.push_back(command->get_name());
    const std::vector<std::string_view> views(names.begin(), names.end());
    const auto near = nearest(left.front(), views);
    std::cerr << "holdfast: there is no " << (left.front().starts_with('-') ? "flag" : "command") << " \""
              << left.front() << "\"; ";
    if (!near.empty()) std::cerr << "did you mean \"" << near << "\"? ";
    std::cerr << "`holdfast --help` lists them\n";
  } else {
    app.exit(error);
  }
  return exit_status(ErrorCode::invalid_argument);
}

// What did not reach standard output was not said: a full disk behind it must not look like success.
int end_output(int status) {
  std::cout.flush();
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0 && std::cout.good()) return status;
  std::cerr << "holdfast: standard output cannot be written\n";
  return EX_IOERR;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{
      "Holdfast stands in front of an analysis backend, keeps it inside a memory budget, and never loses an answer.\n\n"
      "Start it with `holdfast serve`, ask with `holdfast run \"How many people lived in Japan in 2000?\"`."};
  app.require_subcommand(1);
  app.set_version_flag("--version", HOLDFAST_VERSION);
  app.get_formatter()->column_width(34);
  int status = 0;

  SettingFlags serve_flags;
  auto* serve_command = app.add_subcommand(
      "serve",
      "Serve the page, the API and the workers.\nEvery accepted run is on disk before it starts; SIGTERM lets "
      "running ones finish, and what is cut off goes on at the next start. SIGUSR2 restarts the server in place: "
      "running ones finish, nobody is refused meanwhile, and a program or configuration file that was replaced is "
      "in use afterwards.");
  serve_flags.add_to(*serve_command);
  serve_command->callback([&] {
    const auto load = [&] { return serve_flags.load(); };
    status = with_settings(serve_flags, [&](const LoadedSettings& settings) { return serve(settings, load); });
  });

  AskOptions ask_options{.server = {.url = kDefaultUrl}};
  bool ask_json = false;
  auto* run_command = app.add_subcommand(
      "run",
      "Ask a question and print the answer; progress goes to standard error.\nThe run survives this command: "
      "leave with Ctrl-C, come back with --run-id.");
  run_command->add_option("question", ask_options.prompt, "What to ask; not needed to come back to a run");
  run_command->add_option("--thread", ask_options.thread_id,
                          "Conversation, for follow-up questions (default: a new one)");
  run_command->add_option("--run-id", ask_options.run_id,
                          "UUID of the run; an existing run is followed, without its question too, and never repeated");
  run_command->add_flag("--json", ask_json, "Print the run object");
  add_server(*run_command, ask_options.server);
  run_command->callback([&] {
    ask_options.output = ask_json ? Output::json : Output::people;
    status = ask(ask_options);
  });

  ListOptions list_options{.server = {.url = kDefaultUrl}};
  bool list_json = false;
  std::string shown_run;
  auto* runs_command =
      app.add_subcommand("runs", "List runs, newest first; `runs show ID` prints one with its timeline.");
  runs_command->add_option("--thread", list_options.thread_id, "Only this conversation");
  runs_command->add_option("--status", list_options.status,
                           "Only queued, running, completed, failed, cancelled or expired");
  runs_command->add_option("--limit", list_options.limit, "How many")->check(CLI::Range(1, 100))->capture_default_str();
  runs_command->add_flag("--json", list_json, "Print JSON");
  add_server(*runs_command, list_options.server);
  runs_command->require_subcommand(0, 1);
  auto* show_command =
      runs_command->add_subcommand("show", "One run: what happened to it, and its answer.")->fallthrough();
  show_command->add_option("run-id", shown_run, "UUID of the run")->required();
  runs_command->final_callback([&] {
    list_options.output = list_json ? Output::json : Output::people;
    status = show_command->parsed() ? show_run(list_options.server, shown_run, list_options.output)
                                    : list_runs(list_options);
  });

  DrillOptions drill_options{.server = {.url = kDefaultUrl}, .prompt = "How many movies are there?"};
  auto* drill_command = app.add_subcommand("drill",
                                           "An exercise on a live server: cuts a connection and kills a worker under a "
                                           "real run, shows that the answer comes, "
                                           "and how long it took.\nRun it on the server's machine, as its user. Runs "
                                           "of others are delayed for a moment, none "
                                           "is lost.");
  drill_command->add_option("--question", drill_options.prompt, "What to ask")->capture_default_str();
  add_server(*drill_command, drill_options.server);
  drill_command->callback([&] { status = drill(drill_options); });

  ReportOptions report_options{.server = {.url = kDefaultUrl}};
  bool report_json = false;
  auto* report_command = app.add_subcommand(
      "report",
      "The daily look, on one screen: how the server is now, what became of the runs, what memory did, how many "
      "restarts there were, and what needs somebody.\nEnds with one command each for high memory, timeouts, errors and "
      "performance. The exit status is 0 when all is well, 1 when something needs attention, 2 when the server cannot "
      "be asked. On a server with a login it is for administrators, and the runs are those of the one who asks.");
  report_command->add_option("--since", report_options.since, "How far back: 30m, 24h, 7d")->capture_default_str();
  report_command->add_flag("--json", report_json, "Print one JSON object");
  add_server(*report_command, report_options.server);
  report_command->callback([&] {
    report_options.output = report_json ? Output::json : Output::people;
    status = daily_report(report_options);
  });

  ServerAccess relieve_server{.url = kDefaultUrl};
  bool relieve_json = false;
  auto* relieve_command = app.add_subcommand(
      "relieve",
      "Give memory back now: walks the whole relief ladder of a live server, cheapest step first, and prints what each "
      "step gave and how long it took.\nRuns that are under way are not touched; idle workers that hold much are "
      "replaced. On a server with a login it is for administrators.");
  relieve_command->add_flag("--json", relieve_json, "Print one JSON object");
  add_server(*relieve_command, relieve_server);
  relieve_command->callback([&] { status = relieve(relieve_server, relieve_json ? Output::json : Output::people); });

  TopOptions top_options{.server = {.url = kDefaultUrl}};
  auto* top_command = app.add_subcommand(
      "top",
      "A live view of a server: how close its memory limit is, what runs and waits, what each worker holds, and what "
      "analyses of each route need and leave behind.\nKeys: q leaves, any other key looks again. Where there is no "
      "terminal, one look is printed.");
  top_command->add_option("--interval", top_options.interval, "Between two looks: 500ms, 1s")->capture_default_str();
  top_command->add_flag("--once", top_options.once, "Print one look and end");
  add_server(*top_command, top_options.server);
  top_command->callback([&] { status = top(top_options); });

  SettingFlags doctor_flags;
  DoctorOptions doctor_options;
  bool doctor_json = false;
  auto* doctor_command = app.add_subcommand(
      "doctor",
      "Looks at a setup and says what is wrong with it, and which setting to change.\nWithout an address: the "
      "configuration and this machine (address, login, disk, database, memory, worker). With one: asks the server "
      "there through everything in between, and measures where silent requests are cut, whether streams are held "
      "back, and which headers are lost. The exit status is 0 when all is well, 1 with warnings, 2 when something does "
      "not work.");
  doctor_command->add_option("url", doctor_options.server.url,
                             "Address of a server as its clients use it, https://… too");
  doctor_command->add_option("--longest", doctor_options.longest, "The longest silence to try, at most 175s")
      ->capture_default_str();
  doctor_command
      ->add_option("--token", doctor_options.server.token,
                   "Key or token for a server with a login; better in HOLDFAST_TOKEN")
      ->envname("HOLDFAST_TOKEN");
  doctor_command->add_flag("--json", doctor_json, "Print one JSON object");
  doctor_flags.add_to(*doctor_command);
  doctor_command->callback([&] {
    doctor_options.output = doctor_json ? Output::json : Output::people;
    status =
        with_settings(doctor_flags, [&](const LoadedSettings& settings) { return doctor(settings, doctor_options); });
  });

  SettingFlags config_flags;
  auto* config_command = app.add_subcommand("config", "Print every setting in force and where it came from.");
  config_flags.add_to(*config_command);
  config_command->callback([&] { status = with_settings(config_flags, show_config); });

  SettingFlags key_flags;
  std::string key_subject;
  auto* key_command = app.add_subcommand("key", "Keys for a server with auth.mode = api-key.");
  key_command->require_subcommand(1);
  auto* add_key_command = key_command->add_subcommand(
      "add", "Make a key and print it, once; only its hash is kept.\nTo take a key away, delete its line in the file.");
  add_key_command->add_option("subject", key_subject, "Whose key it is: the owner of the runs asked for with it")
      ->required();
  key_flags.add_to(*add_key_command);
  add_key_command->callback([&] {
    status = with_settings(key_flags, [&](const LoadedSettings& settings) { return add_key(settings, key_subject); });
  });

  auto* text2sql_command = app.add_subcommand(
      "text2sql",
      "The built-in worker: answers questions about an SQLite file.\n`holdfast text2sql --help` lists its "
      "flags, `--ask` asks without a server.");
  text2sql_command->prefix_command();
  text2sql_command->set_help_flag();
  text2sql_command->callback([&] { status = exec_text2sql(text2sql_command->remaining()); });

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    status = end_of_parsing(app, error);
  } catch (const std::system_error& error) {
    // fmt throws when standard output takes nothing more.
    std::cerr << "holdfast: " << error.what() << '\n';
    return EX_IOERR;
  }
  return serve_command->parsed() ? status : end_output(status);
}
