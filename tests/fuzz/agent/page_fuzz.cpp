// A page as a worker may leave it. Whatever is in it, nothing may crash, and what is accepted must be able to be true.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "memory/agent_page.hpp"

namespace {

using namespace holdfast;

void require(bool condition) {
  if (!condition) std::abort();
}

// A fuzzer does not find checksums: half of the inputs get theirs.
template <class T>
void make_whole(std::array<std::uint64_t, 512>& page, std::size_t at) {
  auto* block = reinterpret_cast<agent::Block<T>*>(reinterpret_cast<unsigned char*>(page.data()) + at);
  block->sequence |= 2U;
  block->sequence &= ~1U;
  block->checksum =
      agent::checksum_of(block->sequence, &block->contents, sizeof block->contents + sizeof block->reserved2);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size < 1) return 0;
  std::array<std::uint64_t, 512> page{};
  std::memcpy(page.data(), bytes + 1, std::min(size - 1, sizeof page));
  if (bytes[0] % 2 == 0) {
    make_whole<agent::Figures>(page, agent::kFiguresAt);
    make_whole<agent::Answer>(page, agent::kAnswerAt);
    make_whole<agent::NodeFigures>(page, agent::kNodeFiguresAt);
    make_whole<agent::Answer>(page, agent::kNodeAnswerAt);
  }
  // At the time at which it says that it was published.
  std::uint64_t published = 0;
  std::memcpy(&published, reinterpret_cast<unsigned char*>(page.data()) + agent::kFiguresAt + 8, sizeof published);
  const auto now = SteadyTime(std::chrono::nanoseconds(static_cast<std::int64_t>(published >> 2U)));

  static_cast<void>(memory::agent_owner(page));
  for (const std::uint32_t command : {0U, 1U, 18U}) static_cast<void>(memory::read_agent_answer(page, command));
  for (const auto moment : {SteadyTime(), now, now + now.time_since_epoch()}) {
    const auto figures = memory::read_agent_figures(page, moment);
    if (!figures) continue;
    require(std::ranges::all_of(figures->version, [](char c) { return c >= 0x20 && c <= 0x7E; }));
    const auto report = memory::to_band_report(*figures);
    if (!report.live) continue;
    require(report.live->count() + report.allocator_held->count() + report.runtime_held->count() <=
            figures->resident.count());
  }
  return 0;
}
