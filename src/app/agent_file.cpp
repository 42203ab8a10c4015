#include "app/agent_file.hpp"

#include <filesystem>

#include "app/commands.hpp"

namespace holdfast::app {

std::string agent_file(const std::string& name) {
  std::error_code ec;
  for (const auto* place : {"../lib/", ""}) {
    const auto path = std::filesystem::weakly_canonical(sibling_program(place + name), ec);
    if (!ec && std::filesystem::exists(path, ec)) return path.string();
  }
  return {};
}

}  // namespace holdfast::app
