#include "text2sql/sse.hpp"

#include <utility>

namespace holdfast::text2sql {

std::vector<std::string> SseReader::feed(std::string_view bytes) {
  std::vector<std::string> out;
  pending_ += bytes;
  std::size_t start = 0;
  for (auto end = pending_.find('\n'); end != std::string::npos; end = pending_.find('\n', start)) {
    auto line = std::string_view(pending_).substr(start, end - start);
    if (line.ends_with('\r')) line.remove_suffix(1);
    take_line(line, out);
    start = end + 1;
  }
  pending_.erase(0, start);
  return out;
}

void SseReader::take_line(std::string_view line, std::vector<std::string>& out) {
  if (line.empty()) {
    if (has_data_) out.push_back(std::exchange(data_, {}));
    has_data_ = false;
    return;
  }
  if (!line.starts_with("data:")) return;
  line.remove_prefix(5);
  if (line.starts_with(' ')) line.remove_prefix(1);
  if (has_data_) data_ += '\n';
  data_ += line;
  has_data_ = true;
}

}  // namespace holdfast::text2sql
