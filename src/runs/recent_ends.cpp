#include "runs/recent_ends.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace holdfast::runs {

std::string title_of(std::string_view prompt) {
  std::string title(truncate_utf8(prompt, kTitleBytes));
  std::ranges::replace_if(title, [](unsigned char c) { return c < ' '; }, ' ');
  return title;
}

void RecentEnds::add(EndedRun run) {
  runs_.push_back(std::move(run));
  if (runs_.size() > kMostRecentEnds) runs_.pop_front();
}

void RecentEnds::delivered(const RunId& id, UnixMillis at) {
  const auto found = std::ranges::find(runs_, id, &EndedRun::id);
  if (found != runs_.end() && !found->delivered_at) found->delivered_at = at;
}

}  // namespace holdfast::runs
