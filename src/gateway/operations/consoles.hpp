/// The consoles that are open: who may open one, and what each was told already.
///
/// Nothing is queued for a console. One that reads slowly is told, when it reads again, what has changed since: all
/// samples and marks that the board still has, and of each topic the latest text. What it missed of the latter is
/// counted. Ownership: one for the gateway; a Seat must not outlive it. Runs on: supervisor strand.
#pragma once

#include <expected>
#include <map>
#include <optional>

#include "gateway/operations/board.hpp"
#include "gateway/operations/operations_status.hpp"
#include "gateway/operations/run_topics.hpp"

namespace holdfast::gateway {

/// At most so many consoles at once: of administrators, of others, of one who is none.
inline constexpr std::size_t kMostAdminConsoles = 16;
inline constexpr std::size_t kMostUserConsoles = 64;
inline constexpr std::size_t kMostConsolesOfUser = 4;

class Consoles {
 public:
  Consoles(asio::any_io_executor executor, const Services& services)
      : services_(services), board_(std::move(executor), services) {}
  Consoles(const Consoles&) = delete;
  Consoles& operator=(const Consoles&) = delete;

  void start() { board_.start(); }

  /// As OperationsBoard::tick().
  void tick() { board_.tick(); }

  /// One open console; gives its place back at its end.
  class Seat {
   public:
    Seat(Consoles* consoles, Subject subject) : consoles_(consoles), subject_(std::move(subject)) {}
    Seat(Seat&& other) noexcept : consoles_(std::exchange(other.consoles_, nullptr)), subject_(other.subject_) {}
    Seat& operator=(Seat&&) = delete;
    ~Seat() {
      if (consoles_ != nullptr) consoles_->leave(subject_);
    }

    /// Everything there is to know, as the text of an event.
    [[nodiscard]] std::string snapshot();

    /// What has changed since the console was told the last time; empty when nothing has.
    [[nodiscard]] std::string changes();

    /// Waits for the next tick, at most until `deadline`.
    awaitable<Wake> wait(SteadyTime deadline) { return consoles_->board_.ticked().wait_until(deadline); }

   private:
    [[nodiscard]] std::string own_runs();

    Consoles* consoles_;
    Subject subject_;
    std::uint64_t ticks_ = 0;    ///< When it was told the last time.
    std::uint64_t version_ = 0;  ///< Of the topics it was told.
    std::uint64_t samples_ = 0;
    std::uint64_t marks_ = 0;
    std::string told_;  ///< Of somebody who is no administrator: the texts sent last.
  };

  /// Absent: too many are open.
  [[nodiscard]] std::optional<Seat> take_seat(const Subject& subject);

  [[nodiscard]] OperationsStatus status() const;

 private:
  void leave(const Subject& subject);
  void count();

  const Services& services_;
  OperationsBoard board_;
  std::size_t admins_ = 0;
  std::map<std::string, std::size_t> users_;  ///< Consoles of each; never 0.
  std::size_t user_consoles_ = 0;
  std::uint64_t merged_ = 0;
  std::uint64_t refused_ = 0;
};

}  // namespace holdfast::gateway
