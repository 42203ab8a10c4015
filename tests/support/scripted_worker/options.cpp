#include "tests/support/scripted_worker/options.hpp"

#include <array>
#include <charconv>
#include <cstdio>
#include <cstdlib>

namespace scripted_worker {
namespace {

constexpr const char* kHelp = R"(scripted_worker: a worker for tests, with a bad habit for each flag

  scripted_worker (--socket PATH | --port N) [flags]

Answers every POST with {"result": PROMPT} and every GET with 200; serves several connections, one request at a time.
With neither socket nor port it listens on the port in PORT.

Good manners
  --stream             answer as an event stream with progress and checkpoint lines
  --steps N            steps of the stream (3); it goes on after a checkpoint it is given
  --deltas N           stream N pieces of the answer after the steps
  --report             add run_id, attempt, deadline_ms, traceparent, user, thread_key, checkpoint, pid,
                       resumed_at to the result
  --sleep-ms N         sleep before an answer, or before each step of a stream
  --record FILE        append a line "RUN_ID ATTEMPT PID" for every request, before anything else
  --gate DIR           send no result before DIR/RUN_ID is there
  --start-ms N         listen only after that time
  --leak-mb N          keep that much memory for every request
  --print-lines N      print that many lines at start
  --print-kb N         print that much for every request, without one line end, and a line on standard error
  --concurrent         serve every connection in a thread of its own

Bad starts
  --never-ready        never listen
  --ready-then-dead    listen, then exit with status 3 before any request
  --exit-at-start N    exit with status N at once, with a last word on standard error
  --signal-at-start N  end by signal N at once
  --sick N             answer the first N GETs with 503
  --daemonize          listen, leave that to a child, and exit with status 0

Bad answers
  --no-answer          read the request and say nothing
  --close              close the connection instead of answering
  --garbage            answer with bytes that are not HTTP
  --half-body          send half of the body, then close
  --long-length        announce a longer body than is sent, then close
  --short-length       announce a shorter body than is sent
  --huge-body-mb N     answer with a JSON text of N megabytes
  --huge-line          stream one line of two megabytes
  --invalid-line       stream a line that is not JSON
  --unknown-lines      stream lines of unknown types, then the result
  --no-final           stream steps, then end without a result
  --twice              answer twice
  --http10             answer as HTTP/1.0, ended by closing
  --status N           answer with that status and a JSON body
  --not-json           answer 200 with HTML
  --empty              answer 200 with nothing
  --early              answer 413 without reading the body, then close
  --trailing           send something else after the answer
  --switch             switch protocols instead of answering
  --endless            answer with a body that never ends

Bad ends
  --die                end by SIGKILL when a request arrives
  --die-mid-answer     end by SIGKILL after the first half of the body, or after the first checkpoint
  --deaf               stop listening after an answer, and go on living
  --ill                answer GETs with 503 after an answer
  --leak-descriptors N open that many descriptors for every request, and close no connection
  --die-after-answer   exit with status 4 right after the answer
  --ignore-sigterm     ignore SIGTERM
  --grandchild         leave a child in the process group that ignores SIGTERM and keeps the connection, and hang
  --stray              leave a daemon in a session of its own that keeps the connection, and hang

  --once FILE          be bad only in the process that creates FILE; later ones behave
)";

constexpr std::array kHabits{
    "never-ready",    "ready-then-dead",  "no-answer",      "close",        "garbage",       "half-body",
    "long-length",    "short-length",     "huge-line",      "invalid-line", "unknown-lines", "no-final",
    "twice",          "http10",           "not-json",       "empty",        "early",         "die",
    "die-mid-answer", "die-after-answer", "ignore-sigterm", "grandchild",   "stray",         "trailing",
    "switch",         "endless",          "deaf",           "ill",          "concurrent",    "daemonize"};

[[noreturn]] void complain(std::string_view what, std::string_view flag) {
  std::fprintf(stderr, "scripted_worker: %.*s %.*s (see --help)\n", static_cast<int>(what.size()), what.data(),
               static_cast<int>(flag.size()), flag.data());
  std::exit(64);
}

/// The words after the program's name, one by one.
class Words {
 public:
  Words(int count, char** words) : count_(count), words_(words) {}
  [[nodiscard]] bool done() const { return at_ >= count_; }
  std::string_view take() { return words_[at_++]; }
  std::string_view value_of(std::string_view flag) {
    if (done()) complain("no value for", flag);
    return take();
  }
  int number_of(std::string_view flag) {
    const auto text = value_of(flag);
    int number = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
    if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size()) complain("no number for", flag);
    return number;
  }

 private:
  int count_;
  char** words_;
  int at_ = 1;
};

bool take_habit(Options& options, std::string_view flag) {
  for (const std::string_view habit : kHabits) {
    if (flag != "--" + std::string(habit)) continue;
    options.habits.emplace(habit);
    return true;
  }
  return false;
}

bool take_number(Options& options, std::string_view flag, Words& words) {
  struct Numbered {
    std::string_view flag;
    int Options::* target;
  };
  static constexpr std::array kNumbers{Numbered{"--port", &Options::port},
                                       Numbered{"--steps", &Options::steps},
                                       Numbered{"--deltas", &Options::deltas},
                                       Numbered{"--sleep-ms", &Options::sleep_ms},
                                       Numbered{"--start-ms", &Options::start_ms},
                                       Numbered{"--leak-mb", &Options::leak_mb},
                                       Numbered{"--status", &Options::status},
                                       Numbered{"--exit-at-start", &Options::exit_at_start},
                                       Numbered{"--signal-at-start", &Options::signal_at_start},
                                       Numbered{"--print-lines", &Options::print_lines},
                                       Numbered{"--huge-body-mb", &Options::huge_body_mb},
                                       Numbered{"--sick", &Options::sick},
                                       Numbered{"--leak-descriptors", &Options::leak_descriptors},
                                       Numbered{"--print-kb", &Options::print_kb}};
  for (const auto& known : kNumbers) {
    if (flag != known.flag) continue;
    options.*known.target = words.number_of(flag);
    return true;
  }
  return false;
}

}  // namespace

Options parse_options(int count, char** arguments) {
  Options options;
  for (Words words(count, arguments); !words.done();) {
    const auto flag = words.take();
    if (flag == "--help") {
      std::fputs(kHelp, stdout);
      std::exit(0);
    } else if (flag == "--stream") {
      options.stream = true;
    } else if (flag == "--report") {
      options.report = true;
    } else if (flag == "--socket") {
      options.socket = words.value_of(flag);
    } else if (flag == "--once") {
      options.once = words.value_of(flag);
    } else if (flag == "--record") {
      options.record = words.value_of(flag);
    } else if (flag == "--gate") {
      options.gate = words.value_of(flag);
    } else if (!take_habit(options, flag) && !take_number(options, flag, words)) {
      complain("unknown flag", flag);
    }
  }
  if (options.socket.empty() && options.port == 0) {
    const char* port = std::getenv("PORT");
    if (port == nullptr) complain("needs", "--socket, --port or PORT");
    options.port = std::atoi(port);
  }
  return options;
}

}  // namespace scripted_worker
