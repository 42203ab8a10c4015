#include "workers/output_lines.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/text.hpp"

namespace holdfast::workers {

std::vector<std::string> OutputLines::feed(std::string_view text, SteadyTime now) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const auto end = text.find('\n');
    const auto piece = text.substr(0, end);
    partial_ += piece.substr(0, kMaxLine - std::min(partial_.size(), kMaxLine));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);

    auto line = take_line();
    if (line.empty()) continue;
    if (spend(now)) {
      lines.push_back(std::move(line));
    } else {
      ++dropped_;
    }
  }
  return lines;
}

std::string OutputLines::finish() { return take_line(); }

std::uint64_t OutputLines::take_dropped() noexcept { return std::exchange(dropped_, 0); }

std::string OutputLines::take_line() {
  auto line = std::exchange(partial_, {});
  while (!line.empty() && line.back() == '\r') line.pop_back();
  if (!trim(line).empty()) last_line_ = line;
  return line;
}

bool OutputLines::spend(SteadyTime now) noexcept {
  const std::chrono::duration<double> passed = now - std::exchange(filled_at_, now);
  allowance_ = std::min(kBurst, allowance_ + passed.count() * kPerSecond);
  if (allowance_ < 1) return false;
  allowance_ -= 1;
  return true;
}

}  // namespace holdfast::workers
