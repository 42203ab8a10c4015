#include "workers/command.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "base/text.hpp"

namespace holdfast::workers {
namespace {

constexpr std::string_view kSocket = "{socket}";
constexpr std::string_view kPort = "{port}";

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("_-./,:=@%+").contains(c);
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

/// Shell text read left to right, knowing what is quoted.
class ShellScan {
 public:
  explicit ShellScan(std::string_view text) : text_(text) {}

  [[nodiscard]] bool done() const { return at_ >= text_.size(); }
  [[nodiscard]] std::size_t at() const { return at_; }
  [[nodiscard]] char peek(std::size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }
  void skip(std::size_t count) { at_ += count; }

  /// Passes one character, or one quoted or substituted stretch. False when its end is missing.
  bool pass() {
    const char c = peek();
    if (c == '\\') return skip_to(at_ + 2);
    if (c == '\'' || c == '`') return skip_past(c);
    if (c == '"') return pass_double_quoted();
    if (c == '$' && peek(1) == '(') return pass_substitution();
    return skip_to(at_ + 1);
  }

 private:
  bool skip_to(std::size_t target) {
    at_ = target;
    return at_ <= text_.size();
  }
  bool skip_past(char end) {
    const auto found = text_.find(end, at_ + 1);
    return found != std::string_view::npos && skip_to(found + 1);
  }
  bool pass_double_quoted() {
    for (skip(1); !done() && peek() != '"';) skip(peek() == '\\' ? 2 : 1);
    return !done() && skip_to(at_ + 1);
  }
  bool pass_substitution() {
    int depth = 1;
    for (skip(2); !done() && depth > 0;) {
      if (peek() == '(') ++depth;
      if (peek() == ')') --depth;
      const bool bracket = peek() == '(' || peek() == ')';
      if (bracket) {
        skip(1);
      } else if (!pass()) {
        return false;
      }
    }
    return depth == 0;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

/// Where the last command of a list joined by `&&` and `;` begins; nothing when the text is more than that.
std::optional<std::size_t> last_command(std::string_view text) {
  std::size_t begin = 0;
  for (ShellScan scan(text); !scan.done();) {
    const char c = scan.peek();
    if (c == '&' && scan.peek(1) == '&') {
      scan.skip(2);
      begin = scan.at();
    } else if (c == ';' || c == '\n') {
      scan.skip(1);
      begin = scan.at();
    } else if (std::string_view("&|(){}#").contains(c)) {
      // A redirection such as 2>&1 keeps the command simple.
      const bool redirection = c == '&' && scan.at() > 0 && (text[scan.at() - 1] == '>' || text[scan.at() - 1] == '<');
      if (!redirection) return std::nullopt;
      scan.skip(1);
    } else if (!scan.pass()) {
      return std::nullopt;
    }
  }
  return begin;
}

std::string_view first_word(std::string_view text) { return text.substr(0, text.find_first_of(" \t\n;&")); }

bool is_assignment(std::string_view word) {
  const auto equals = word.find('=');
  if (equals == std::string_view::npos || equals == 0 || (word[0] >= '0' && word[0] <= '9')) return false;
  return std::ranges::all_of(word.substr(0, equals), [](char c) {
    return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  });
}

/// Past the assignments in front of a command. A quoted value may hold spaces.
std::size_t skip_assignments(std::string_view command) {
  ShellScan scan(command);
  std::size_t begin = 0;
  while (true) {
    while (scan.peek() == ' ' || scan.peek() == '\t') scan.skip(1);
    begin = scan.at();
    if (!is_assignment(first_word(command.substr(begin)))) return begin;
    while (!scan.done() && scan.peek() != ' ' && scan.peek() != '\t' && scan.pass()) continue;
    if (scan.done()) return command.size();
  }
}

/// Words that `exec` cannot stand before.
bool belongs_to_shell(std::string_view word) {
  static constexpr std::array kWords{
      std::string_view("exec"),   std::string_view("."),     std::string_view("eval"),  std::string_view("if"),
      std::string_view("then"),   std::string_view("else"),  std::string_view("fi"),    std::string_view("for"),
      std::string_view("while"),  std::string_view("until"), std::string_view("do"),    std::string_view("done"),
      std::string_view("case"),   std::string_view("esac"),  std::string_view("wait"),  std::string_view("trap"),
      std::string_view("source"), std::string_view("!"),     std::string_view("export")};
  return word.empty() || std::ranges::find(kWords, word) != kWords.end();
}

}  // namespace

Result<Transport> transport_of(std::string_view command, ToldBy told_by) {
  if (told_by == ToldBy::port_variable) {
    if (!command.contains(kSocket)) return Transport::loopback_tcp;
    return fail(
        ErrorCode::invalid_argument,
        fmt::format("worker.listen = port tells the worker a port by PORT, and its command asks for {{socket}}; "
                    "leave out one of them: {}",
                    command));
  }
  if (command.contains(kSocket)) return Transport::unix_socket;
  if (command.contains(kPort)) return Transport::loopback_tcp;
  return fail(
      ErrorCode::invalid_argument,
      fmt::format("worker command has neither {{socket}} nor {{port}}, so it cannot know where to listen; for a "
                  "program that takes its port from PORT in its environment set worker.listen = port: {}",
                  command));
}

std::string shell_word(std::string_view text) {
  if (!text.empty() && std::ranges::all_of(text, is_plain)) return std::string(text);
  std::string quoted(text);
  replace_all(quoted, "'", "'\\''");
  return "'" + quoted + "'";
}

std::string fill_placeholders(std::string_view command, const WorkerAddress& address) {
  std::string filled(command);
  if (const auto* socket = std::get_if<SocketPath>(&address)) replace_all(filled, kSocket, shell_word(socket->path));
  if (const auto* loopback = std::get_if<LoopbackPort>(&address)) {
    replace_all(filled, kPort, fmt::to_string(loopback->port));
  }
  return filled;
}

std::string with_exec(std::string_view command) {
  const auto trimmed = trim(command);
  const auto begin = last_command(trimmed);
  if (!begin) return std::string(trimmed);
  const auto last = trimmed.substr(*begin);
  const auto program = *begin + skip_assignments(last);
  if (belongs_to_shell(first_word(trimmed.substr(program)))) return std::string(trimmed);
  return fmt::format("{}exec {}", trimmed.substr(0, program), trimmed.substr(program));
}

}  // namespace holdfast::workers
