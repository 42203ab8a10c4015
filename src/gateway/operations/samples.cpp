#include "gateway/operations/samples.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace holdfast::gateway {
namespace {

std::int64_t count_of(Bytes size) { return static_cast<std::int64_t>(size.count()); }

void append_size(std::string& out, std::int64_t size) {
  if (size == Sample::kUnknown) {
    out += ",null";
  } else {
    fmt::format_to(std::back_inserter(out), ",{}", size);
  }
}

}  // namespace

Sample make_sample(UnixMillis at, const memory::MemoryView& view, const runs::CoordinatorStatus& runs) {
  Sample sample;
  sample.at = at;
  sample.running = static_cast<std::uint32_t>(runs.running);
  sample.waiting = static_cast<std::uint32_t>(runs.queued);
  sample.level = view.level;
  if (!view.last) return sample;
  const auto& last = *view.last;
  if (last.usage) {
    sample.used = count_of(last.usage->used);
    sample.limit = count_of(last.usage->limit);
  }
  if (last.own) sample.supervisor = count_of(last.own->anonymous) + count_of(last.own->shared);
  sample.workers = 0;
  for (const auto& worker : last.workers) {
    if (worker) sample.workers += count_of(worker->resident);
  }
  return sample;
}

void SampleRing::push(const Sample& sample) {
  if (ring_.size() < kMostSamples) {
    ring_.push_back(sample);
  } else {
    ring_[pushed_ % kMostSamples] = sample;
  }
  ++pushed_;
}

std::string SampleRing::json_since(std::uint64_t first) const {
  const auto oldest = pushed_ > ring_.size() ? pushed_ - ring_.size() : 0;
  std::string out = "[";
  for (auto number = std::max(first, oldest); number < pushed_; ++number) {
    const auto& sample = ring_[number % kMostSamples];
    if (out.size() > 1) out += ',';
    fmt::format_to(std::back_inserter(out), "[{}", sample.at);
    for (const auto size : {sample.used, sample.limit, sample.supervisor, sample.workers}) append_size(out, size);
    fmt::format_to(std::back_inserter(out), ",{},{},{}]", sample.running, sample.waiting,
                   static_cast<int>(sample.level));
  }
  return out + ']';
}

}  // namespace holdfast::gateway
