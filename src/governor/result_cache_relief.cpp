#include "governor/result_cache_relief.hpp"

namespace holdfast::governor {

awaitable<Result<ReliefOutcome>> ResultCacheRelief::apply(memory::Level level) {
  const auto kept = level == memory::Level::normal ? Bytes() : cache_.budget_at(level);
  const auto given_back = cache_.shrink_to(kept);
  if (given_back == Bytes()) co_return ReliefOutcome::nothing_to_do();
  co_return ReliefOutcome::relieved(given_back);
}

}  // namespace holdfast::governor
