#include "workers/output_lines.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/text.hpp"

namespace holdfast::workers {

std::string_view to_string(OutputStream stream) noexcept {
  return stream == OutputStream::standard_output ? "stdout" : "stderr";
}

std::vector<OutputLine> OutputLines::feed(std::string_view text, SteadyTime now) {
  std::vector<OutputLine> lines;
  while (!text.empty()) {
    const auto end = text.find('\n');
    add_to_line(text.substr(0, end));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);

    auto line = take_line();
    if (line.text.empty()) continue;
    if (spend(now)) {
      line.text = escape_invalid_utf8(line.text);
      lines.push_back(std::move(line));
    } else {
      ++dropped_;
    }
  }
  return lines;
}

OutputLine OutputLines::finish() {
  auto line = take_line();
  line.text = escape_invalid_utf8(line.text);
  return line;
}

std::uint64_t OutputLines::take_dropped() noexcept { return std::exchange(dropped_, 0); }

std::string OutputLines::last_line() const { return escape_invalid_utf8(last_line_); }

void OutputLines::add_to_line(std::string_view piece) {
  const auto taken = piece.substr(0, kMaxLine - partial_.text.size());
  partial_.text += taken;
  partial_.cut += piece.size() - taken.size();
}

OutputLine OutputLines::take_line() {
  auto line = std::exchange(partial_, {});
  while (!line.text.empty() && line.text.back() == '\r') line.text.pop_back();
  if (!trim(line.text).empty()) last_line_ = line.text;
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
