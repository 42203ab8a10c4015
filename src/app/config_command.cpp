#include <fmt/format.h>

#include <algorithm>

#include "app/commands.hpp"

namespace holdfast::app {

int show_config(const LoadedSettings& settings) {
  std::size_t key_width = 0;
  std::size_t value_width = 0;
  for (const auto& setting : all_settings()) {
    key_width = std::max(key_width, setting.key.size());
    value_width = std::max(value_width, setting.show(settings.values).size() + 2);
  }
  std::string text;
  for (const auto& setting : all_settings()) {
    const auto value = fmt::format("\"{}\"", setting.show(settings.values));
    text += fmt::format("{:{}} = {:{}}  # from {}; {}\n", setting.key, key_width, value, value_width,
                        settings.origins.find(setting.key)->second, setting.environment);
  }
  fmt::print("{}", text);
  return 0;
}

}  // namespace holdfast::app
