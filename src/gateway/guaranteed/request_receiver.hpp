/// Takes the body of a request on a guaranteed route: a small one into memory, a large one into the journal, piece by
/// piece as it comes, so that it never lies in memory as a whole.
///
/// The client sends no faster than the journal takes. Nothing that was written counts before the run is accepted; what
/// comes to no run is removed by forget(), or by retention when the process ends before that.
///
/// Ownership: lives while the route awaits it. Runs on: supervisor strand.
#pragma once

#include <list>

#include "base/event.hpp"
#include "base/sha256.hpp"
#include "gateway/call.hpp"
#include "runs/stored_request.hpp"

namespace holdfast::gateway {

/// What is on its way in on all guaranteed routes together. One for each gateway.
struct Receiving {
  explicit Receiving(asio::any_io_executor ex) : executor(std::move(ex)) {}

  asio::any_io_executor executor;
  std::uint64_t bytes = 0;      ///< Of large bodies: as long as they say, or as far as they have come.
  int writing = 0;              ///< Pieces on their way into the journal.
  std::list<Event*> in_line{};  ///< Those that wait for one of them to be there, in their order.
};

class RequestReceiver {
 public:
  /// `run`: which the body is for.
  RequestReceiver(Call call, RunId run);
  ~RequestReceiver();
  RequestReceiver(const RequestReceiver&) = delete;
  RequestReceiver& operator=(const RequestReceiver&) = delete;

  /// Reads to the end. A Problem: nothing is to be started. A body whose run is there already is read and not written.
  awaitable<std::optional<Problem>> receive();

  [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }

  /// Once received: the body, or what is kept of it.
  [[nodiscard]] std::string take_body() { return std::move(body_); }
  [[nodiscard]] std::optional<runs::KeptBody> kept() const { return kept_; }

  /// Removes what was written.
  awaitable<void> forget();

 private:
  [[nodiscard]] std::optional<Problem> check_length();
  [[nodiscard]] std::optional<Problem> check_pace() const;
  [[nodiscard]] std::optional<Problem> book(std::uint64_t bytes);
  [[nodiscard]] Problem too_large() const;
  [[nodiscard]] Problem cut_short() const;
  awaitable<std::optional<Problem>> take(std::string_view piece);
  awaitable<std::optional<Problem>> write_piece();
  awaitable<bool> is_there();
  awaitable<bool> wait_in_line();
  void call_next();

  Call call_;
  RunId run_;
  Wire* wire_;
  Receiving* receiving_;
  SteadyTime started_;
  std::chrono::nanoseconds held_up_{0};  ///< By us.
  std::string body_;                     ///< What is not written yet.
  std::uint64_t bytes_ = 0;
  std::uint64_t booked_ = 0;  ///< In `receiving_`.
  Sha256 sum_;
  bool large_ = false;
  bool joins_ = false;  ///< Its run is there: nothing is written.
  std::string body_id_;
  std::int64_t pieces_ = 0;
  std::optional<runs::KeptBody> kept_;
};

}  // namespace holdfast::gateway
