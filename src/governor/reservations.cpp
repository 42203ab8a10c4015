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
    expected = plus(expected, minus(times(growth, ticks), minus(run.reserved, run.seen)));
  }
  // A run that shrank hides as much growth elsewhere.
  const auto outside = minus(plus(used, run_shrinkage), plus(used_before, run_growth));
  return plus(expected, times(outside, ticks));
}

ReservationHold::ReservationHold(ReservationHold&& other) noexcept
    : owner_(std::exchange(other.owner_, nullptr)), ticket_(other.ticket_) {}

ReservationHold& ReservationHold::operator=(ReservationHold&& other) noexcept {
  if (this == &other) return *this;
  release();
  owner_ = std::exchange(other.owner_, nullptr);
  ticket_ = other.ticket_;
  return *this;
}

void ReservationHold::saw(Bytes seen) noexcept {
  if (!owner_) return;
  auto& run = *owner_->find(ticket_);
  run.seen_before = std::exchange(run.seen, seen);
  run.peak = std::max(run.peak, seen);
}

Bytes ReservationHold::peak() const noexcept { return owner_ ? owner_->find(ticket_)->peak : Bytes(); }

Bytes ReservationHold::reserved() const noexcept { return owner_ ? owner_->find(ticket_)->reserved : Bytes(); }

void ReservationHold::release() noexcept {
  if (!owner_) return;
  auto& running = std::exchange(owner_, nullptr)->running_;
  std::erase_if(running, [this](const auto& run) { return run.ticket == ticket_; });
}

Reservations::~Reservations() { HOLDFAST_CHECK(running_.empty(), "a reservation outlived its book"); }

Result<ReservationHold> Reservations::hold(Bytes reserved, bool alone) {
  if (running_.size() >= capacity_) return fail(ErrorCode::resource_exhausted, "as many runs as may are running");
  running_.push_back(Reservation{++last_ticket_, reserved, {}, {}, {}, alone});
  return ReservationHold(this, last_ticket_);
}

Reservation* Reservations::find(std::uint64_t ticket) noexcept {
  const auto found = std::ranges::find(running_, ticket, &Reservation::ticket);
  HOLDFAST_CHECK(found != running_.end(), "a hold without its reservation");
  return &*found;
}

}  // namespace holdfast::governor
