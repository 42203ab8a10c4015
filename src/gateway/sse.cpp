#include "gateway/sse.hpp"

#include <fmt/format.h>

#include <iterator>

namespace holdfast::gateway {

void append_sse(std::string& out, const SseEvent& event) {
  if (event.id) fmt::format_to(std::back_inserter(out), "id: {}\n", *event.id);
  if (!event.type.empty()) fmt::format_to(std::back_inserter(out), "event: {}\n", event.type);
  auto rest = event.data;
  while (true) {
    const auto end = rest.find_first_of("\r\n");
    out += "data: ";
    out += rest.substr(0, end);
    out += '\n';
    if (end == std::string_view::npos) break;
    const bool pair = rest.substr(end).starts_with("\r\n");
    rest.remove_prefix(end + (pair ? 2 : 1));
  }
  out += '\n';
}

std::string sse_retry(std::chrono::milliseconds delay) { return fmt::format("retry: {}\n\n", delay.count()); }

}  // namespace holdfast::gateway
