// `holdfast top`: a live view of a server's memory, its workers and its routes.
#include <fmt/format.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>

#include "app/api_client.hpp"
#include "app/commands.hpp"
#include "app/run_text.hpp"
#include "app/top_text.hpp"
#include "base/clock.hpp"
#include "base/duration.hpp"

namespace holdfast::app {
namespace {

volatile std::sig_atomic_t asked_to_stop = 0;

void stop_soon(int) { asked_to_stop = 1; }

Result<json::object> ask_for(const ApiClient& client, std::string_view target) {
  const auto response = client.request("GET", target);
  if (!response) return std::unexpected(response.error());
  if (response->status != 200) return fail(ErrorCode::failed_precondition, problem_text(*response));
  return parse_json_object(response->body);
}

Result<TopLook> look_at(const ApiClient& client) {
  auto memory = ask_for(client, "/health/memory");
  if (!memory) return std::unexpected(memory.error());
  auto health = ask_for(client, "/health");
  return TopLook{std::move(*memory), health ? std::move(*health) : json::object()};
}

// The whole screen for us, keys without Enter, and everything as it was at the end.
class Screen {
 public:
  Screen() {
    ::tcgetattr(STDIN_FILENO, &before_);
    auto raw = before_;
    raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
    ::tcsetattr(STDIN_FILENO, TCSANOW, &raw);
    put("\x1b[?1049h\x1b[?25l");
  }
  ~Screen() {
    put("\x1b[?25h\x1b[?1049l");
    ::tcsetattr(STDIN_FILENO, TCSANOW, &before_);
  }
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;

  void show(std::string_view text) const {
    winsize size{};
    const bool known = ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 1 && size.ws_col > 0;
    // Without the last line: its end would scroll the screen.
    const auto fitted = fit_to_screen(text, known ? size.ws_row - 1U : 24U, known ? size.ws_col : 80U);
    std::string lines = "\x1b[H";
    for (const char c : fitted) c == '\n' ? lines += "\x1b[K\n" : lines += c;
    put(lines + "\x1b[J");
  }

 private:
  static void put(std::string_view text) {
    fmt::print("{}", text);
    std::fflush(stdout);
  }
  termios before_{};
};

// Until the next look, or the end. A changed window is shown at once.
bool wait_for_next(std::chrono::milliseconds interval) {
  pollfd keys{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0};
  const int ready = ::poll(&keys, 1, static_cast<int>(interval.count()));
  if (asked_to_stop != 0) return false;
  if (ready <= 0) return true;
  char key = 0;
  const auto got = ::read(STDIN_FILENO, &key, 1);
  return got == 1 && key != 'q' && key != 'Q' && key != '\x1b';
}

int watch(const ApiClient& client, const TopOptions& options, std::chrono::milliseconds interval) {
  struct sigaction stop{};
  stop.sa_handler = stop_soon;
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) ::sigaction(number, &stop, nullptr);
  struct sigaction resized{};
  resized.sa_handler = [](int) {};
  ::sigaction(SIGWINCH, &resized, nullptr);

  const Screen screen;
  do {
    const auto head = fmt::format("holdfast top   {}   {}   every {}, q to leave\n", options.server.url,
                                  local_time(system_clock().wall()), to_string(interval));
    const auto look = look_at(client);
    screen.show(head + (look ? top_text(*look, Colour::yes) : "\n" + look.error().message() + "\n\ntrying again\n"));
  } while (wait_for_next(interval));
  return 0;
}

}  // namespace

int top(const TopOptions& options) {
  const auto interval = parse_duration(options.interval);
  if (!interval || *interval < std::chrono::milliseconds(100)) {
    return report(Error(ErrorCode::invalid_argument,
                        "--interval: \"" + options.interval + "\" is not a time of 100ms or more, like 1s"));
  }
  const auto address = parse_api_url(options.server.url);
  if (!address) return report(address.error());
  const ApiClient client(*address, options.server.token);
  if (!options.once && ::isatty(STDIN_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 1) {
    return watch(client, options, *interval);
  }
  const auto look = look_at(client);
  if (!look) return report(look.error());
  fmt::print("{}", top_text(*look, Colour::no));
  return 0;
}

}  // namespace holdfast::app
