#include "runs/time_spent.hpp"

#include <algorithm>

#include "base/json.hpp"
#include "runs/retry_policy.hpp"

namespace holdfast::runs {
namespace {

// When the instance that worked on an orphaned attempt was last alive, as far as that is known. Absent: the attempt was
// ended by the one who worked on it.
std::optional<UnixMillis> last_alive(const journal::Entry& lost) {
  const auto body = parse_json_object(lost.body);
  const auto* evidence = body ? find_object(*body, "evidence") : nullptr;
  if (evidence == nullptr || find_string(*evidence, "cause") != to_string(LossCause::orphaned)) return std::nullopt;
  return find_int(*evidence, kAliveUntil).value_or(0);
}

}  // namespace

void TimeSpent::add(const journal::Entry& entry) {
  using enum journal::EntryKind;
  switch (entry.kind) {
    case started: started_at_ = seen_at_ = entry.at; return;
    case progress:
    case checkpoint:
    case delta:
    case response:
    case piece: seen_at_ = entry.at; return;
    case attempt_lost: {
      const auto alive = last_alive(entry);
      const auto ended_at = alive ? std::min(std::max(*alive, seen_at_), entry.at) : entry.at;
      total_ += std::chrono::milliseconds(std::max<UnixMillis>(ended_at - started_at_, 0));
      return;
    }
    case accepted:
    case completed:
    case failed:
    case cancelled:
    case expired:
    case delivered: return;
  }
}

}  // namespace holdfast::runs
