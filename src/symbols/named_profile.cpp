#include "symbols/named_profile.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <map>
#include <ranges>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.hpp"
#include "base/text.hpp"

namespace holdfast::symbols {
namespace {

constexpr std::size_t kMostTold = 2000;
constexpr std::size_t kLongestFrame = 200;
// Calls from the function that a program asks for memory to where the stack is looked at: six in jemalloc 5.3.
constexpr std::ptrdiff_t kMostInAllocator = 16;
constexpr std::string_view kNoFile = "(code without a file)";

std::string_view file_name(std::string_view path) { return path.substr(path.rfind('/') + 1); }

// What a program calls to allocate, also in a jemalloc that was given a prefix.
bool is_allocation(std::string_view name) {
  static constexpr std::string_view kNames[] = {"malloc",        "calloc",         "realloc",  "reallocarray",
                                                "aligned_alloc", "posix_memalign", "memalign", "valloc",
                                                "pvalloc",       "mallocx",        "rallocx"};
  if (name.starts_with("operator new")) return true;
  for (const std::string_view prefix : {"_rjem_", "je_"}) {
    if (name.starts_with(prefix)) name.remove_prefix(prefix.size());
  }
  return std::ranges::find(kNames, name) != std::ranges::end(kNames);
}

class Frames {
 public:
  Frames(const HeapDump& dump, const AddressNames& names) : dump_(dump), names_(names) {}

  // Outermost first.
  [[nodiscard]] std::vector<std::string> of(const DumpStack& stack) const {
    std::vector<std::string> frames;
    for (auto at = first_of_program(stack.addresses); at != stack.addresses.end(); ++at) frames.push_back(name_of(*at));
    std::ranges::reverse(frames);
    return frames;
  }

 private:
  using Addresses = std::vector<std::uint64_t>;

  // Behind the last function by which the program asks for memory; an allocator that asks for itself is told.
  [[nodiscard]] Addresses::const_iterator first_of_program(const Addresses& addresses) const {
    auto first = addresses.begin();
    const auto last = first + std::min(kMostInAllocator, std::ssize(addresses) - 1);
    for (auto at = first; at != last; ++at) {
      if (is_allocator(*at)) first = at + 1;
    }
    return first;
  }

  [[nodiscard]] bool is_allocator(std::uint64_t address) const {
    const auto* mapping = find_mapping(dump_.mappings, address - 1);
    if (mapping != nullptr && file_name(mapping->path).contains("jemalloc")) return true;
    const auto name = names_.find(address);
    return name != names_.end() && is_allocation(name->second);
  }

  [[nodiscard]] std::string name_of(std::uint64_t address) const {
    if (const auto name = names_.find(address); name != names_.end()) {
      return std::string(truncate_utf8(escape_invalid_utf8(name->second), kLongestFrame));
    }
    const auto* mapping = find_mapping(dump_.mappings, address - 1);
    if (mapping == nullptr) return std::string(kNoFile);
    const auto offset = address - 1 - first_mapping(dump_.mappings, *mapping)->start;
    const auto file = escape_invalid_utf8(file_name(mapping->path));
    return fmt::format("{}+{:#x}", truncate_utf8(file, kLongestFrame), offset);
  }

  const HeapDump& dump_;
  const AddressNames& names_;
};

struct Held {
  std::int64_t count = 0;
  std::int64_t bytes = 0;
};

}  // namespace

std::string to_profile_json(const HeapDump& dump, const AddressNames& names) {
  const Frames frames(dump, names);
  std::map<std::vector<std::string>, Held> merged;
  std::int64_t total = 0;
  for (const auto& stack : dump.stacks) {
    auto& held = merged[frames.of(stack)];
    held.count += stack.count;
    held.bytes += stack.bytes;
    total += stack.bytes;
  }
  std::vector<std::pair<std::vector<std::string>, Held>> sorted(merged.begin(), merged.end());
  std::ranges::sort(sorted, [](const auto& a, const auto& b) { return a.second.bytes > b.second.bytes; });
  json::array stacks;
  for (const auto& [path, held] : sorted | std::views::take(kMostTold)) {
    stacks.push_back(
        json::object{{"frames", json::array(path.begin(), path.end())}, {"count", held.count}, {"bytes", held.bytes}});
  }
  return json::serialize(json::object{{"runtime", "native, jemalloc"},
                                      {"kind", "sampled"},
                                      {"truncated", dump.truncated || sorted.size() > kMostTold},
                                      {"total_bytes", total},
                                      {"stacks", std::move(stacks)}});
}

}  // namespace holdfast::symbols
