/// The connection to the worker of one request that is passed through.
///
/// Ownership: belongs to one Relay. Runs on: supervisor strand.
/// Invariants: owns no buffer of its own; a wait ends at its deadline, at the latest one sweep later.
#pragma once

#include <sys/types.h>

#include <array>
#include <string>
#include <string_view>

#include "gateway/send_parts.hpp"
#include "gateway/wire.hpp"
#include "workers/passage.hpp"

namespace holdfast::gateway {

/// How a wait for the worker ended.
enum class LinkEnd : unsigned char {
  ok,
  closed,   ///< The worker has ended its side (receive), or takes nothing more (send).
  broken,   ///< The connection was reset.
  expired,  ///< Past the deadline.
  stopped,  ///< stop() was called, or the task was cancelled.
};

class WorkerLink {
 public:
  /// Where bytes are received, shared by all links: filled and emptied between two suspensions.
  using Scratch = std::array<char, 65536>;

  WorkerLink(asio::any_io_executor executor, const Clock& clock, std::chrono::milliseconds patience, Scratch& scratch);

  /// Gives it a connection, or takes that away.
  void use(workers::WorkerSocket socket);
  [[nodiscard]] workers::WorkerSocket release();

  /// A connection of its own; `passage` outlives the call. ok, expired, stopped, or broken: it cannot be had.
  awaitable<LinkEnd> connect(workers::Passage* passage, std::chrono::milliseconds patience);

  /// What the views name must live until the first suspension only. `accepted`: the worker may have got a part of it.
  awaitable<LinkEnd> send(Parts parts);
  [[nodiscard]] bool accepted() const noexcept { return accepted_; }

  /// What has come is in received() until the next suspension.
  awaitable<LinkEnd> receive();
  [[nodiscard]] std::string_view received() const noexcept { return {scratch_->data(), received_}; }

  /// Whether the worker's silence counts from now on. While the request is on its way it does not.
  void expect_answer(bool expected) noexcept;

  /// Something has come or gone in the other direction, which counts as well.
  void touch() noexcept;

  /// Smaller reads, for as long as the client takes less than it is sent.
  void read_little(bool little) noexcept { most_ = little ? kLittle : std::tuple_size_v<Scratch>; }

  void sweep(SteadyTime now);
  void stop();
  [[nodiscard]] bool expired() const noexcept { return expired_; }

 private:
  static constexpr std::size_t kLittle = 16 * 1024;

  Taken send_some(Parts& parts) noexcept;
  ssize_t try_receive() noexcept;
  [[nodiscard]] SteadyTime patience_end() const { return clock_->steady() + patience_; }
  [[nodiscard]] LinkEnd why(const boost::system::error_code& ec) const noexcept;

  workers::WorkerSocket socket_;
  asio::any_io_executor executor_;
  const Clock* clock_;
  std::chrono::milliseconds patience_;
  Scratch* scratch_;
  std::size_t received_ = 0;
  std::size_t most_ = std::tuple_size_v<Scratch>;
  SteadyTime receive_deadline_ = SteadyTime::max();
  SteadyTime send_deadline_ = SteadyTime::max();
  bool expects_answer_ = true;
  bool receiving_ = false;
  bool accepted_ = false;
  bool wait_first_ = false;  ///< Nothing can have come yet.
  bool expired_ = false;
  bool stopped_ = false;
};

}  // namespace holdfast::gateway
