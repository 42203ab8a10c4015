#include "app/builtin_worker.hpp"

#include <fmt/format.h>
#include <sys/wait.h>

#include <cstdio>
#include <memory>

#include "app/commands.hpp"
#include "base/text.hpp"
#include "workers/command.hpp"

namespace holdfast::app {
namespace {

std::string program_with(const std::string& data_file) {
  auto command = workers::shell_word(sibling_program("holdfast-text2sql"));
  if (!data_file.empty()) command += " --data-file " + workers::shell_word(data_file);
  return command;
}

}  // namespace

std::string builtin_worker_command(const std::string& data_file) {
  return program_with(data_file) + " --socket {socket}";
}

Result<std::vector<std::string>> builtin_worker_examples(const std::string& data_file) {
  const auto command = "timeout 10 " + program_with(data_file) + " --examples 2>&1";
  FILE* pipe = ::popen(command.c_str(), "re");
  if (pipe == nullptr) return fail_errno(ErrorCode::unavailable, "start " + command, errno);
  std::string output;
  char piece[4096];
  while (const auto length = std::fread(piece, 1, sizeof piece, pipe)) output.append(piece, length);
  const int status = ::pclose(pipe);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    return fail(ErrorCode::failed_precondition, std::string(trim(truncate_utf8(output, 2000))));
  }
  std::vector<std::string> questions;
  std::string_view rest = output;
  while (!rest.empty()) {
    const auto line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    if (!trim(line).empty()) questions.emplace_back(trim(line));
  }
  return questions;
}

}  // namespace holdfast::app
