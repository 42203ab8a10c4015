/// The first rung of the ladder: the result cache gives back what is too much at the level it is asked for. That need
/// not be the level of now, so the budget stays: it is set by ResultCache::set_level(), at every change of level.
#pragma once

#include "governor/relief.hpp"
#include "governor/result_cache.hpp"

namespace holdfast::governor {

class ResultCacheRelief final : public ReliefAction {
 public:
  /// `cache` outlives it.
  explicit ResultCacheRelief(ResultCache& cache) : cache_(cache) {}

  [[nodiscard]] std::string_view name() const noexcept override { return "result_cache"; }
  [[nodiscard]] ReliefCost cost() const noexcept override { return ReliefCost::cheap; }
  [[nodiscard]] memory::Level from_level() const noexcept override { return memory::Level::warning; }
  /// At normal (asked for by hand) and from critical on everything goes, at warning half of the budget stays.
  awaitable<Result<ReliefOutcome>> apply(memory::Level level) override;

 private:
  ResultCache& cache_;
};

}  // namespace holdfast::governor
