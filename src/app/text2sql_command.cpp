#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>

#include "app/commands.hpp"

namespace holdfast::app {

std::string sibling_program(const std::string& name) {
  std::error_code ec;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", ec);
  return ec ? name : (self.parent_path() / name).string();
}

int exec_text2sql(const std::vector<std::string>& arguments) {
  const auto program = sibling_program("holdfast-text2sql");
  std::vector<char*> argv{const_cast<char*>(program.c_str())};
  for (const auto& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  ::execv(program.c_str(), argv.data());
  const auto failed = fail_errno(ErrorCode::unavailable, "start " + program, errno);
  std::fprintf(stderr, "holdfast: %s; it is installed beside holdfast\n", failed.error().message().c_str());
  return exit_status(ErrorCode::unavailable);
}

}  // namespace holdfast::app
