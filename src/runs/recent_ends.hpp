/// The runs that ended at this server lately, at a glance: for the console. Newest last, a bounded number, gone with
/// the process; the journal has them all.
///
/// Ownership: one, on the supervisor strand. Pure but for what it holds.
#pragma once

#include <deque>

#include "governor/attempt_memory.hpp"
#include "journal/record.hpp"

namespace holdfast::runs {

struct EndedRun {
  RunId id;
  std::string owner;
  std::string thread_id;
  std::string title;  ///< The beginning of the question.
  journal::RunStatus status = journal::RunStatus::completed;
  int attempt = 0;
  UnixMillis created_at = 0;
  std::optional<UnixMillis> started_at;
  std::optional<UnixMillis> finished_at;
  std::optional<UnixMillis> delivered_at;
  bool shared = false;                             ///< It was given the answer of another run.
  std::optional<governor::MemoryReceipt> receipt;  ///< Of its last attempt, if that was measured.
};

/// Some 600 bytes each with full texts: 60 KB.
inline constexpr std::size_t kMostRecentEnds = 100;

/// Bytes of a question that are shown where many are.
inline constexpr std::size_t kTitleBytes = 160;

/// The beginning of `prompt` on one line, at most kTitleBytes.
[[nodiscard]] std::string title_of(std::string_view prompt);

class RecentEnds {
 public:
  void add(EndedRun run);

  /// Its client has acknowledged it. Nothing happens when it is not here any more.
  void delivered(const RunId& id, UnixMillis at);

  [[nodiscard]] const std::deque<EndedRun>& list() const noexcept { return runs_; }

 private:
  std::deque<EndedRun> runs_;
};

}  // namespace holdfast::runs
