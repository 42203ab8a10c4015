#include "governor/result_cache_relief.hpp"

namespace holdfast::governor {

awaitable<Result<ReliefOutcome>> ResultCacheRelief::apply(memory::Level level) {
  auto given_back = level == memory::Level::normal ? cache_.shrink_to(Bytes()) : cache_.set_level(level);
  if (given_back == Bytes()) co_return ReliefOutcome::nothing_to_do();
  co_return ReliefOutcome::relieved(given_back);
}

}  // namespace holdfast::governor
