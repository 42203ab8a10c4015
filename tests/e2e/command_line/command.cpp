#include "tests/e2e/command_line/command.hpp"

#include <sys/wait.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "tests/support/server_process.hpp"
#include "tests/support/temporary_directory.hpp"

namespace holdfast::testing {
namespace {

std::string contents(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

Said holdfast(const std::string& arguments, const std::string& redirect) {
  const TemporaryDirectory directory;
  const auto out = directory / "out";
  const auto err = directory / "err";
  const auto command = "cd '" + directory.path() + "' && '" + program("holdfast") + "' " + arguments + " >'" + out +
                       "' 2>'" + err + "' " + redirect;
  const int status = std::system(command.c_str());
  Said said;
  if (WIFEXITED(status)) said.status = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) said.status = 128 + WTERMSIG(status);
  said.out = contents(out);
  said.err = contents(err);
  return said;
}

}  // namespace holdfast::testing
