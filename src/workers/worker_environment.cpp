#include "workers/worker_environment.hpp"

#include <algorithm>
#include <array>

namespace holdfast::workers {
namespace {

// Where tests make something happen inside the built-in worker; no secrets.
constexpr std::array kForTests{std::string_view("HOLDFAST_HOOK"), std::string_view("HOLDFAST_FAULT")};

std::string_view name_of(std::string_view entry) noexcept { return entry.substr(0, entry.find('=')); }

bool has_name(std::span<const std::string> entries, std::string_view name) {
  return std::ranges::any_of(entries, [name](const std::string& entry) { return name_of(entry) == name; });
}

}  // namespace

bool is_withheld(std::string_view name) noexcept {
  if (name == "DATABASE_URL" || name == "PGPASSWORD") return true;
  return name.starts_with("HOLDFAST_") && std::ranges::find(kForTests, name) == kForTests.end();
}

std::string_view value_of(std::span<const std::string_view> environment, std::string_view name) noexcept {
  for (const auto entry : environment) {
    if (entry.starts_with(name) && entry.substr(name.size()).starts_with('=')) return entry.substr(name.size() + 1);
  }
  return {};
}

std::vector<std::string> worker_environment(std::span<const std::string_view> ours, std::span<const std::string> chosen,
                                            std::span<const std::string> added) {
  std::vector<std::string> all(added.begin(), added.end());
  for (const auto& entry : chosen) {
    if (entry.contains('=') && !has_name(all, name_of(entry))) all.push_back(entry);
  }
  for (const auto entry : ours) {
    const auto name = name_of(entry);
    const bool handed_on = !is_withheld(name) || std::ranges::find(chosen, name) != chosen.end();
    if (handed_on && !has_name(all, name)) all.emplace_back(entry);
  }
  return all;
}

}  // namespace holdfast::workers
