#include "app/builtin_worker.hpp"

#include <fmt/format.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstdio>
#include <memory>

#include "app/commands.hpp"
#include "base/json_members.hpp"
#include "base/text.hpp"
#include "workers/command.hpp"

namespace holdfast::app {
namespace {

std::string program_with(const std::string& data_file) {
  auto command = workers::shell_word(builtin_worker_program());
  if (!data_file.empty()) command += " --data-file " + workers::shell_word(data_file);
  return command;
}

}  // namespace

std::string builtin_worker_program() { return sibling_program("holdfast-text2sql"); }

std::string builtin_worker_command(const std::string& data_file) {
  return program_with(data_file) + " --socket {socket}";
}

Result<BuiltinWorkerData> describe_builtin_worker(const std::string& data_file) {
  const auto command = "timeout 60 " + program_with(data_file) + " --describe 2>&1";
  FILE* pipe = ::popen(command.c_str(), "re");
  if (pipe == nullptr) return fail_errno(ErrorCode::unavailable, "start " + command, errno);
  std::string output;
  char piece[4096];
  while (const auto length = std::fread(piece, 1, sizeof piece, pipe)) output.append(piece, length);
  const int status = ::pclose(pipe);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    return fail(ErrorCode::failed_precondition, std::string(trim(truncate_utf8(output, 2000))));
  }
  return parse_builtin_worker_data(output);
}

Result<BuiltinWorkerData> parse_builtin_worker_data(std::string_view lines) {
  BuiltinWorkerData data;
  while (!lines.empty()) {
    const auto line = trim(lines.substr(0, lines.find('\n')));
    lines.remove_prefix(std::min(lines.size(), lines.find('\n')));
    if (!lines.empty()) lines.remove_prefix(1);
    if (line.empty()) continue;
    // Taken apart as text: the rows of a table are sent on as they came.
    const auto members = split_members(line);
    auto file = decode_json_string(find_member(members, "data_file"));
    auto question = decode_json_string(find_member(members, "example"));
    auto name = decode_json_string(find_member(members, "table"));
    if (file) {
      data.data_file = std::move(*file);
    } else if (question) {
      data.examples.push_back(std::move(*question));
    } else if (name) {
      gateway::DataTable table;
      table.name = std::move(*name);
      table.title = decode_json_string(find_member(members, "title")).value_or("");
      table.description = decode_json_string(find_member(members, "description")).value_or("");
      table.content = find_member(members, "content");
      data.tables.push_back(std::move(table));
    } else {
      return fail(ErrorCode::failed_precondition,
                  fmt::format("the built-in worker describes its data with \"{}\"", truncate_utf8(line, 200)));
    }
  }
  return data;
}

}  // namespace holdfast::app
