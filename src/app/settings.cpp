#include "app/settings.hpp"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <filesystem>

#include "app/settings_table.hpp"
#include "base/text.hpp"

namespace holdfast::app {
namespace {

// `key` without what follows it, where that names an entry: "worker.environment.NAME" is of "worker.environment".
const Setting* find_setting(std::string_view key) {
  const auto settings = all_settings();
  const auto found = std::ranges::find_if(settings, [key](const Setting& setting) {
    if (setting.key == key) return true;
    return setting.entries && key.starts_with(setting.key) && key.substr(setting.key.size()).starts_with('.');
  });
  return found == settings.end() ? nullptr : &*found;
}

std::unexpected<Error> unknown_setting(std::string_view key, std::string_view origin) {
  std::vector<std::string_view> keys;
  std::ranges::transform(all_settings(), std::back_inserter(keys), &Setting::key);
  const auto near = nearest(key, keys);
  const auto hint =
      near.empty() ? std::string("`holdfast config` lists all settings") : fmt::format("did you mean \"{}\"?", near);
  return fail(ErrorCode::invalid_argument, fmt::format("{}: unknown setting \"{}\"; {}", origin, key, hint));
}

Result<void> apply(LoadedSettings& loaded, std::string_view key, std::string_view text, std::string_view origin) {
  const auto* setting = find_setting(key);
  if (setting == nullptr) return unknown_setting(key, origin);
  const bool is_entry = key != setting->key;
  const auto entry = is_entry ? fmt::format("{}={}", key.substr(setting->key.size() + 1), text) : std::string(text);
  auto read = setting->read(loaded.values, entry);
  if (!read) return fail(std::move(read), fmt::format("{}: {}", origin, key));
  loaded.origins[std::string(setting->key)] = origin;
  return {};
}

std::optional<std::string> text_of(const toml::node& node) {
  if (const auto* string = node.as_string()) return string->get();
  if (const auto* integer = node.as_integer()) return std::to_string(integer->get());
  if (const auto* boolean = node.as_boolean()) return boolean->get() ? "true" : "false";
  return std::nullopt;
}

// The items of an array, as the text of a list.
std::optional<std::string> text_of(const toml::array& array, char separator) {
  std::string joined;
  for (const auto& item : array) {
    const auto text = text_of(item);
    if (!text || text->contains(separator)) return std::nullopt;
    joined += *text;
    joined += separator;
  }
  return joined;
}

Result<void> apply_table(LoadedSettings& loaded, const toml::table& table, const std::string& prefix,
                         const std::string& file) {
  for (const auto& [name, node] : table) {
    const auto key = prefix.empty() ? std::string(name.str()) : fmt::format("{}.{}", prefix, name.str());
    if (const auto* inner = node.as_table()) {
      auto applied = apply_table(loaded, *inner, key, file);
      if (!applied) return applied;
      continue;
    }
    const auto* setting = find_setting(key);
    const auto* array = node.as_array();
    const bool is_list = setting != nullptr && setting->key == key && setting->separator != 0;
    const auto text = array != nullptr && is_list ? text_of(*array, setting->separator) : text_of(node);
    if (!text) {
      return fail(
          ErrorCode::invalid_argument,
          fmt::format("{}: {}: give a string, a whole number or true/false{}", file, key,
                      is_list ? ", or an array of them, each on one line and without a comma in a list of them" : ""));
    }
    auto applied = apply(loaded, key, *text, file);
    if (!applied) return applied;
  }
  return {};
}

// Debian's toml++ reports by exception; this is the one place that catches it.
Result<toml::table> parse_file(const std::string& file) {
  try {
    return toml::parse_file(file);
  } catch (const toml::parse_error& error) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("{}: line {}: {}", file, error.source().begin.line, error.description()));
  }
}

Result<void> apply_file(LoadedSettings& loaded, const std::string& file) {
  const auto parsed = parse_file(file);
  if (!parsed) return std::unexpected(parsed.error());
  return apply_table(loaded, *parsed, "", file);
}

}  // namespace

std::span<const Setting> all_settings() {
  static const auto settings = [] {
    std::vector<Setting> all;
    for (auto&& group : {server_settings(), worker_settings(), guaranteed_settings(), run_settings(), memory_settings(),
                         auth_settings()}) {
      all.insert(all.end(), group.begin(), group.end());
    }
    return all;
  }();
  return settings;
}

std::string key_file_path(const Settings& settings) {
  return settings.key_file.empty() ? settings.data_dir + "/api-keys" : settings.key_file;
}

bool passes_through(const Settings& settings) {
  if (settings.pass_through != "auto") return settings.pass_through == "on";
  return !settings.worker_command.empty();
}

Result<LoadedSettings> load_settings(const SettingSources& sources) {
  LoadedSettings loaded;
  for (const auto& setting : all_settings()) loaded.origins[std::string(setting.key)] = "default";

  const std::string file = sources.file.value_or("holdfast.toml");
  std::error_code ec;
  const bool exists = std::filesystem::exists(file, ec);
  if (sources.file && !exists) return fail(ErrorCode::not_found, "there is no configuration file " + file);
  // The parser takes a directory for an empty file.
  if (exists && std::filesystem::is_directory(file, ec)) {
    return fail(ErrorCode::invalid_argument, file + " is a directory and not a configuration file");
  }
  if (exists) {
    auto applied = apply_file(loaded, file);
    if (!applied) return fail(std::move(applied));
  }
  for (const auto& setting : all_settings()) {
    const char* text = sources.environment(std::string(setting.environment).c_str());
    if (text == nullptr) continue;
    auto applied = apply(loaded, setting.key, text, setting.environment);
    if (!applied) return fail(std::move(applied));
  }
  for (const auto& [key, text] : sources.flags) {
    auto applied = apply(loaded, key, text, "flag");
    if (!applied) return fail(std::move(applied));
  }
  return loaded;
}

}  // namespace holdfast::app
