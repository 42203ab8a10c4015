#include "tests/chaos/history.hpp"

#include <set>
#include <utility>

namespace holdfast::testing {
namespace {

struct End {
  std::string status;
  std::string answer;
};

}  // namespace

bool is_terminal_name(std::string_view status) {
  return status == "completed" || status == "failed" || status == "cancelled" || status == "expired";
}

void History::confirmed(const std::string& run, const std::string& expected) {
  MutexLock lock(mutex_);
  told_[run].expected = expected;
}

void History::cancel_tried(const std::string& run) {
  MutexLock lock(mutex_);
  told_[run].cancel_tried = true;
}

void History::observed(Observation seen) {
  MutexLock lock(mutex_);
  seen_.push_back(std::move(seen));
}

std::vector<std::string> History::runs() const {
  MutexLock lock(mutex_);
  std::vector<std::string> ids;
  for (const auto& [id, told] : told_) ids.push_back(id);
  return ids;
}

std::size_t History::observations() const {
  MutexLock lock(mutex_);
  return seen_.size();
}

std::vector<std::string> History::check() const {
  MutexLock lock(mutex_);
  std::vector<std::string> broken;
  std::map<std::string, End> ends;
  std::set<std::pair<std::string, int>> ended_at;
  for (const auto& seen : seen_) {
    const auto place = std::pair(seen.run, seen.instance);
    if (!is_terminal_name(seen.status)) {
      if (ended_at.contains(place)) {
        broken.push_back(seen.run + " is " + seen.status + " at an instance that had shown its end");
      }
      continue;
    }
    ended_at.insert(place);
    const auto [end, first] = ends.try_emplace(seen.run, End{seen.status, seen.answer});
    const bool same = end->second.status == seen.status && end->second.answer == seen.answer;
    if (!first && !same) {
      broken.push_back(seen.run + " ended twice: " + end->second.status + " \"" + end->second.answer + "\" and " +
                       seen.status + " \"" + seen.answer + "\"");
    }
  }
  for (const auto& [id, told] : told_) {
    const auto end = ends.find(id);
    if (end == ends.end()) {
      broken.push_back(id + " is lost: nobody saw it end");
    } else if (end->second.status == "completed") {
      if (end->second.answer != told.expected) broken.push_back(id + " has the wrong answer " + end->second.answer);
    } else if (end->second.status != "cancelled" || !told.cancel_tried) {
      broken.push_back(id + " ended as " + end->second.status + ": " + end->second.answer);
    }
  }
  return broken;
}

}  // namespace holdfast::testing
