#include "symbols/heap_dump.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

#include "base/text.hpp"

namespace holdfast::symbols {
namespace {

constexpr std::string_view kHead = "heap_v2/";
constexpr std::string_view kMapsHead = "MAPPED_LIBRARIES:";
// No program holds more: the address space of a process has 47 bits.
constexpr double kMostBytes = 140737488355328.0;

std::unexpected<Error> not_one(std::string_view what) {
  return fail(ErrorCode::data_loss, "not a heap dump of jemalloc: " + std::string(what));
}

std::string_view next_line(std::string_view& text) {
  const auto end = std::min(text.find('\n'), text.size());
  const auto line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

std::string_view next_word(std::string_view& line) {
  line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
  const auto word = line.substr(0, line.find(' '));
  line.remove_prefix(word.size());
  return word;
}

std::optional<std::uint64_t> number(std::string_view word, int base = 10) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value, base);
  if (word.empty() || error != std::errc() || end != word.data() + word.size()) return std::nullopt;
  return value;
}

// "@ 0x5f86da8 0x5f5a1dc …"
std::vector<std::uint64_t> parse_addresses(std::string_view line) {
  std::vector<std::uint64_t> addresses;
  line.remove_prefix(1);
  for (auto word = next_word(line); !word.empty() && addresses.size() < kMostAddresses; word = next_word(line)) {
    if (word.starts_with("0x")) word.remove_prefix(2);
    const auto address = number(word, 16);
    if (!address) break;
    addresses.push_back(*address);
  }
  return addresses;
}

// "  t*: 13: 6688 [0: 0]", the samples of all threads. A block of s bytes is sampled with the probability
// 1 - exp(-s/interval), so what was sampled stands for that much more: as `jeprof` reckons, for whom jemalloc writes.
bool parse_samples(std::string_view line, double interval, DumpStack& stack) {
  if (next_word(line) != "t*:") return false;
  auto count_word = next_word(line);
  if (!count_word.ends_with(':')) return false;
  count_word.remove_suffix(1);
  const auto count = number(count_word);
  const auto bytes = number(next_word(line));
  if (!count || !bytes || *count == 0 || *bytes == 0) return false;
  const auto blocks = static_cast<double>(*count);
  const auto size = static_cast<double>(*bytes);
  const double scale = -1.0 / std::expm1(-size / blocks / interval);
  if (!std::isfinite(scale) || size * scale > kMostBytes || blocks * scale > kMostBytes) return false;
  stack.count = std::llround(blocks * scale);
  stack.bytes = std::llround(size * scale);
  return true;
}

// "5580b2c00000-5580b2c21000 r-xp 00002000 fe:00 1234   /usr/bin/program", as in /proc/PID/maps.
std::optional<Mapping> parse_mapping(std::string_view line) {
  auto range = next_word(line);
  next_word(line);
  const auto offset = number(next_word(line), 16);
  next_word(line);
  next_word(line);
  const auto path = trim(line);
  const auto dash = range.find('-');
  if (dash == std::string_view::npos || !offset || !path.starts_with('/')) return std::nullopt;
  const auto start = number(range.substr(0, dash), 16);
  const auto end = number(range.substr(dash + 1), 16);
  if (!start || !end || *start >= *end) return std::nullopt;
  return Mapping{*start, *end, *offset, std::string(path)};
}

void keep_largest(HeapDump& dump) {
  std::ranges::sort(dump.stacks, std::greater(), &DumpStack::bytes);
  dump.truncated = dump.stacks.size() > kMostStacks;
  if (dump.truncated) dump.stacks.resize(kMostStacks);
}

}  // namespace

Result<HeapDump> parse_heap_dump(std::string_view text) {
  if (text.size() > kLargestDump) return not_one("it is too long");
  auto head = next_line(text);
  if (!head.starts_with(kHead)) return not_one("it does not begin as one");
  head.remove_prefix(kHead.size());
  const auto interval = number(head);
  if (!interval || *interval == 0) return not_one("it does not say how it was sampled");
  HeapDump dump;
  DumpStack stack;
  while (!text.empty()) {
    const auto line = next_line(text);
    if (line.starts_with(kMapsHead)) break;
    if (line.starts_with('@')) {
      stack = {.addresses = parse_addresses(line)};
    } else if (!stack.addresses.empty() && parse_samples(line, static_cast<double>(*interval), stack)) {
      dump.stacks.push_back(std::move(stack));
      stack = {};
    }
  }
  while (!text.empty() && dump.mappings.size() < kMostMappings) {
    if (auto mapping = parse_mapping(next_line(text))) dump.mappings.push_back(std::move(*mapping));
  }
  std::ranges::sort(dump.mappings, {}, &Mapping::start);
  keep_largest(dump);
  return dump;
}

const Mapping* find_mapping(const std::vector<Mapping>& mappings, std::uint64_t address) {
  const auto next = std::ranges::upper_bound(mappings, address, {}, &Mapping::start);
  if (next == mappings.begin()) return nullptr;
  const auto& mapping = *std::prev(next);
  return address < mapping.end ? &mapping : nullptr;
}

const Mapping* first_mapping(const std::vector<Mapping>& mappings, const Mapping& mapping) {
  for (const auto* at = &mapping; at->path == mapping.path; --at) {
    if (at->offset == 0) return at;
    if (at == mappings.data()) break;
  }
  return &mapping;
}

}  // namespace holdfast::symbols
