/// Memory promised to the runs that are running, and how much of it they have taken.
///
/// `seen` is how far the worker's tree is, now, above what it held when the attempt was admitted (a worker started for
/// the attempt held nothing). It may fall again; what is not taken stays promised.
///
/// Ownership: one `Reservations` on the supervisor strand. A `ReservationHold` is the claim of one attempt and lives as
/// long as it: destroying it gives the promise back, so a promise cannot leak. It may outlive the `Reservations`.
/// Invariants:
///   - At most `capacity` promises.
///   - What is unconsumed is the sum of max(0, reserved - seen): never negative, zero when nothing runs.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "base/bytes.hpp"
#include "base/error.hpp"

namespace holdfast::governor {

struct Reservation {
  std::uint64_t ticket = 0;
  Bytes reserved;
  Bytes seen;
  Bytes seen_before;   ///< At the tick before: the difference is what the run grew in one tick.
  Bytes peak;          ///< The largest `seen`.
  bool alone = false;  ///< Nothing may start beside it: nobody knows yet what its route needs.
};

/// The sum of max(0, reserved - seen).
[[nodiscard]] Bytes unconsumed(std::span<const Reservation> running) noexcept;

/// What the next tick may take although nobody has reserved it, if it grows like the last one: the growth of the runs
/// that have taken more than they were promised, as far as it is beyond their promise, and all growth outside the runs
/// (a worker that starts, the supervisor). A run within its promise is expected to stay there, however fast it grew.
/// `ticks` is how many ticks pass before a decision has an effect.
[[nodiscard]] Bytes speculative_growth(std::span<const Reservation> running, Bytes used_before, Bytes used,
                                       double ticks = 1.0) noexcept;

/// Movable; empty after a move or release().
class ReservationHold {
 public:
  ReservationHold() = default;
  ReservationHold(ReservationHold&& other) noexcept = default;
  ReservationHold& operator=(ReservationHold&& other) noexcept;
  ~ReservationHold() { release(); }

  /// Tells what the run holds now. Once per tick: the difference to the call before is taken as a tick's growth.
  void saw(Bytes seen) noexcept;

  /// The largest amount seen: what the run's route is measured by. Zero when empty.
  [[nodiscard]] Bytes peak() const noexcept;
  [[nodiscard]] Bytes reserved() const noexcept;

  /// Gives the promise back. Nothing happens the second time.
  void release() noexcept;

  explicit operator bool() const noexcept { return book_ != nullptr; }

 private:
  friend class Reservations;
  using Book = std::vector<Reservation>;
  ReservationHold(std::shared_ptr<Book> book, std::uint64_t ticket) : book_(std::move(book)), ticket_(ticket) {}
  [[nodiscard]] Reservation& entry() const noexcept;

  std::shared_ptr<Book> book_;
  std::uint64_t ticket_ = 0;
};

class Reservations {
 public:
  explicit Reservations(std::size_t capacity) : capacity_(capacity), book_(std::make_shared<Book>()) {}
  Reservations(const Reservations&) = delete;
  Reservations& operator=(const Reservations&) = delete;

  /// resource_exhausted: as many run as may.
  [[nodiscard]] Result<ReservationHold> hold(Bytes reserved, bool alone);

  /// In the order in which they were admitted.
  [[nodiscard]] std::span<const Reservation> running() const noexcept { return *book_; }

 private:
  using Book = ReservationHold::Book;

  std::size_t capacity_;
  std::uint64_t last_ticket_ = 0;
  std::shared_ptr<Book> book_;
};

}  // namespace holdfast::governor
