/// The operations board: what consoles are shown, kept up to date once a second.
///
/// Samples of memory are taken always, so that a console that is opened now shows the last half hour; the topics are
/// written, and incidents read, only while somebody watches.
/// Ownership: one for the gateway; borrows `services`, which outlive it. Its tasks go on as long as the event loop
/// runs. Runs on: supervisor strand. Invariants:
///   - Bounded: kMostSamples, kMostMarks, one text for each topic. Nothing is kept for a console that is slow.
///   - A tick that cannot be built, because memory has run out, leaves the texts as they were.
#pragma once

#include <deque>

#include "base/event.hpp"
#include "gateway/operations/samples.hpp"
#include "gateway/operations/topics.hpp"

namespace holdfast::gateway {

/// Incidents shown as marks in the graph: those of the half hour that the samples cover, and not more than these.
inline constexpr std::size_t kMostMarks = 200;

class OperationsBoard {
 public:
  OperationsBoard(asio::any_io_executor executor, const Services& services);
  OperationsBoard(const OperationsBoard&) = delete;
  OperationsBoard& operator=(const OperationsBoard&) = delete;

  /// Samples from here on.
  void start();

  /// What happens once a second: a sample, and if somebody watches the topics.
  void tick();

  /// Ticks so far.
  [[nodiscard]] std::uint64_t ticks() const noexcept { return ticks_; }

  /// Writes the topics anew. For a console that is opened.
  void refresh();

  /// Notified after each tick while somebody watches.
  [[nodiscard]] Event& ticked() noexcept { return ticked_; }

  /// How many watch: while none does, a tick is a sample and nothing more. For one more the incidents are read at once.
  void set_consoles(std::size_t open) noexcept;

  [[nodiscard]] const SampleRing& samples() const noexcept { return samples_; }
  [[nodiscard]] const std::optional<journal::Backlog>& backlog() const noexcept { return facts_.backlog; }

  /// Counts the times that texts were written; 0: never.
  [[nodiscard]] std::uint64_t version() const noexcept { return version_; }

  /// A JSON object with the topics that changed after `version`; 0: all of them.
  [[nodiscard]] std::string topics_since(std::uint64_t version) const;

  /// Marks have numbers without gaps, from 0; this is that of the next.
  [[nodiscard]] std::uint64_t marks_end() const noexcept { return marks_pushed_; }

  /// A JSON array of the marks from number `first` on that are still here, oldest first.
  [[nodiscard]] std::string marks_since(std::uint64_t first) const;

 private:
  struct Topic {
    std::string text;
    std::uint64_t changed = 0;
  };

  awaitable<void> tick_regularly();
  awaitable<void> read_journal_regularly();
  awaitable<void> read_incidents();
  void note_level();
  void add_mark(journal::Incident incident);

  asio::any_io_executor executor_;
  const Services& services_;
  Event ticked_;
  Event opened_;
  BoardFacts facts_;
  std::optional<SteadyTime> level_changed_at_;
  SampleRing samples_;
  std::array<Topic, kTopics.size()> topics_;
  std::uint64_t ticks_ = 0;
  std::uint64_t version_ = 0;
  std::deque<journal::Incident> marks_;
  std::uint64_t marks_pushed_ = 0;
};

}  // namespace holdfast::gateway
