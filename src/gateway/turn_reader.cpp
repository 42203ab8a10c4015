#include "gateway/turn_reader.hpp"

#include <algorithm>

namespace holdfast::gateway {
namespace {

constexpr int kFirstPage = 8;
constexpr int kLargestPage = 128;
// Stored bytes that one page should stay below: an answer may have megabytes, most have a few thousand bytes.
constexpr std::size_t kPageBytes = 1024 * 1024;

std::size_t stored_size(const journal::Run& run) {
  return run.prompt.size() + run.request.size() + run.result.size() + run.error.size() + run.usage.size();
}

int next_page(int page, std::size_t bytes) {
  return bytes > kPageBytes ? std::max(1, page / 2) : std::min(kLargestPage, page * 2);
}

// False when the turn has no place any more.
bool add(Turns& turns, Turn turn, const TurnLimits& limits) {
  const auto size = turn.body.size() + turn.line.size();
  const bool first = turns.list.empty();
  if (turns.list.size() >= limits.turns || (!first && turns.bytes + size > limits.bytes)) return false;
  turns.bytes += size;
  turns.list.push_back(std::move(turn));
  return true;
}

std::string array_of(const std::vector<Turn>& turns, std::string Turn::* part) {
  std::string out = "[";
  for (const auto& turn : turns) {
    if ((turn.*part).empty()) continue;
    if (out.size() > 1) out += ',';
    out += turn.*part;
  }
  return out + ']';
}

}  // namespace

std::string Turns::bodies() const { return array_of(list, &Turn::body); }
std::string Turns::lines() const { return array_of(list, &Turn::line); }

awaitable<Result<Turns>> read_turns(Call call, std::string thread_id, TurnLimits limits, RenderTurn render) {
  journal::RunFilter filter;
  filter.owner = call.subject.owner;
  filter.thread_id = std::move(thread_id);
  filter.limit = kFirstPage;
  Turns turns;
  for (bool more = true; more && !turns.truncated;) {
    auto page = co_await call.coordinator().list(filter);
    if (!page) co_return fail(std::move(page));
    std::size_t bytes = 0;
    for (const auto& run : *page) {
      bytes += stored_size(run);
      turns.truncated = !add(turns, render(run), limits);
      if (turns.truncated) break;
    }
    more = page->size() == static_cast<std::size_t>(filter.limit);
    if (more) filter.before = journal::Store::cursor_after(page->back());
    filter.limit = next_page(filter.limit, bytes);
  }
  std::ranges::reverse(turns.list);
  co_return turns;
}

}  // namespace holdfast::gateway
