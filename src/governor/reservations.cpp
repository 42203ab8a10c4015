#include "governor/reservations.hpp"

#include <algorithm>
#include <utility>

#include "base/check.hpp"
#include "governor/saturating.hpp"

namespace holdfast::governor {

Bytes unconsumed(std::span<const Reservation> running) noexcept {
  Bytes sum;
  for (const auto& run : running) sum = plus(sum, minus(run.reserved, run.seen));
  return sum;
}

Bytes speculative_growth(std::span<const Reservation> running, Bytes used_before, Bytes used, double ticks) noexcept {
  Bytes expected;
  Bytes run_growth;
  Bytes run_shrinkage;
  for (const auto& run : running) {
    const auto growth = minus(run.seen, run.seen_before);
    run_growth = plus(run_growth, growth);
    run_shrinkage = plus(run_shrinkage, minus(run.seen_before, run.seen));
    expected = plus(expected, times(std::min(growth, minus(run.seen, run.reserved)), ticks));
  }
  // A run that shrank hides as much growth elsewhere.
  const auto outside = minus(plus(used, run_shrinkage), plus(used_before, run_growth));
  return plus(expected, times(outside, ticks));
}

ReservationHold& ReservationHold::operator=(ReservationHold&& other) noexcept {
  if (this == &other) return *this;
  release();
  book_ = std::move(other.book_);
  ticket_ = other.ticket_;
  return *this;
}

void ReservationHold::saw(Bytes seen) noexcept {
  if (!book_) return;
  auto& run = entry();
  run.seen_before = std::exchange(run.seen, seen);
  run.peak = std::max(run.peak, seen);
}

Bytes ReservationHold::peak() const noexcept { return book_ ? entry().peak : Bytes(); }

Bytes ReservationHold::reserved() const noexcept { return book_ ? entry().reserved : Bytes(); }

void ReservationHold::release() noexcept {
  if (!book_) return;
  std::erase_if(*book_, [this](const auto& run) { return run.ticket == ticket_; });
  book_.reset();
}

Reservation& ReservationHold::entry() const noexcept {
  const auto found = std::ranges::find(*book_, ticket_, &Reservation::ticket);
  HOLDFAST_CHECK(found != book_->end(), "a hold without its reservation");
  return *found;
}

Result<ReservationHold> Reservations::hold(Bytes reserved, bool alone) {
  if (book_->size() >= capacity_) return fail(ErrorCode::resource_exhausted, "as many runs as may are running");
  book_->push_back(Reservation{++last_ticket_, reserved, {}, {}, {}, alone});
  return ReservationHold(book_, last_ticket_);
}

}  // namespace holdfast::governor
