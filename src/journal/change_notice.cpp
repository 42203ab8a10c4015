#include "journal/change_notice.hpp"

#include <algorithm>

namespace holdfast::journal {
namespace {

constexpr std::string_view kQueued = "queued";

// 37 bytes each: with the sender well below 8000.
constexpr std::size_t kIdsPerNotice = 200;

}  // namespace

std::vector<std::string> notices_of(const std::string& sender, const Change& change) {
  std::vector<std::string> notices;
  if (change.queued) notices.push_back(sender + ":" + std::string(kQueued));
  for (std::size_t i = 0; i < change.runs.size(); ++i) {
    if (i % kIdsPerNotice == 0) {
      notices.push_back(sender + ":");
    } else {
      notices.back() += ',';
    }
    notices.back() += change.runs[i].text();
  }
  return notices;
}

std::optional<Change> parse_notice(std::string_view text, std::string_view receiver) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos || text.substr(0, colon) == receiver) return std::nullopt;
  auto rest = text.substr(colon + 1);
  Change change;
  if (rest == kQueued) {
    change.queued = true;
    return change;
  }
  while (!rest.empty()) {
    const auto comma = std::min(rest.find(','), rest.size());
    auto id = RunId::parse(rest.substr(0, comma));
    if (!id) return std::nullopt;
    change.runs.push_back(std::move(*id));
    rest.remove_prefix(std::min(comma + 1, rest.size()));
  }
  if (change.runs.empty()) return std::nullopt;
  return change;
}

}  // namespace holdfast::journal
