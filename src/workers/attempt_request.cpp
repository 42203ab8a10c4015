#include "workers/attempt_request.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "base/text.hpp"

namespace holdfast::workers {
namespace {

bool is_header_safe(std::string_view value) {
  return std::ranges::none_of(value, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

void add_header(std::string& head, std::string_view name, std::string_view value) {
  if (value.empty() || !is_header_safe(value)) return;
  fmt::format_to(std::back_inserter(head), "{}: {}\r\n", name, value);
}

std::string analysis_head(const Attempt& attempt) {
  std::string head = fmt::format("{} HTTP/1.1\r\n", attempt.route);
  add_header(head, "Host", "localhost");
  add_header(head, "Content-Type", "application/json");
  add_header(head, "Content-Length", fmt::to_string(attempt.body.size()));
  add_header(head, "Accept", fmt::format("{}, application/json", kEventStreamType));
  add_header(head, "traceparent", attempt.traceparent);
  return head;
}

}  // namespace

std::string request_head(const Attempt& attempt, std::chrono::milliseconds remaining) {
  auto head = attempt.verbatim ? attempt.verbatim->head : analysis_head(attempt);
  add_header(head, "Connection", "close");
  add_header(head, "Holdfast-Run-Id", attempt.run_id);
  add_header(head, "Holdfast-Attempt", fmt::to_string(attempt.number));
  add_header(head, "Holdfast-Deadline-Ms", fmt::to_string(std::max<std::int64_t>(remaining.count(), 0)));
  const auto user = percent_encode(attempt.owner);
  add_header(head, "Holdfast-User", user);
  // No unescaped text holds a slash, so that two threads never have one key.
  if (!user.empty()) add_header(head, "Holdfast-Thread-Key", user + '/' + percent_encode(attempt.thread_id));
  add_header(head, "Holdfast-Url", attempt.url);
  add_header(head, "Holdfast-Token", attempt.token);
  if (!attempt.memory_level.empty()) {
    add_header(head, "Holdfast-Memory-Level", attempt.memory_level);
    add_header(head, "Holdfast-Memory-Reserved-Bytes", fmt::to_string(attempt.memory_reserved.count()));
  }
  head += "\r\n";
  return head;
}

}  // namespace holdfast::workers
