// Conversations as a whole, and what users say of answers.
#include "runs/coordinator.hpp"

namespace holdfast::runs {
namespace {

constexpr int kUnfinishedAtATime = 100;
// Past it somebody asks faster than we cancel. A full queue of 100,000 runs takes half of it.
constexpr int kMostRounds = 2000;

// Some of the unfinished runs of a thread; none when there are none.
awaitable<Result<std::vector<Run>>> some_unfinished(journal::Journal& journal, std::string owner,
                                                    std::string thread_id) {
  RunFilter filter;
  filter.owner = std::move(owner);
  filter.thread_id = std::move(thread_id);
  filter.limit = kUnfinishedAtATime;
  for (const auto status : {RunStatus::queued, RunStatus::running}) {
    filter.status = status;
    auto runs = co_await journal.list(filter);
    if (!runs || !runs->empty()) co_return runs;
  }
  co_return std::vector<Run>();
}

}  // namespace

awaitable<Result<journal::Rating>> Coordinator::rate(std::string owner, RunId id, journal::RatingChange change) {
  auto run = co_await find(std::move(owner), id);
  if (!run) co_return fail(std::move(run));
  co_return co_await journal_.rate(std::move(id), std::move(change));
}

awaitable<Result<std::vector<journal::Rating>>> Coordinator::ratings(std::string owner, std::string thread_id) {
  return journal_.ratings(std::move(owner), std::move(thread_id));
}

awaitable<Result<journal::Deleted>> Coordinator::delete_thread(std::string owner, std::string thread_id) {
  for (int round = 0; round < kMostRounds; ++round) {
    auto unfinished = co_await some_unfinished(journal_, owner, thread_id);
    if (!unfinished) co_return fail(std::move(unfinished), "look for unfinished runs of the thread");
    for (auto& run : *unfinished) {
      auto cancelled = co_await cancel(owner, run.id);
      // It may have ended by itself, or been deleted, meanwhile.
      const bool ended = cancelled || cancelled.error().code() == ErrorCode::failed_precondition ||
                         cancelled.error().code() == ErrorCode::not_found;
      if (!ended) co_return fail(std::move(cancelled), "delete the thread");
    }
    if (!unfinished->empty()) continue;
    auto deleted = co_await journal_.delete_thread(owner, thread_id);
    if (deleted) {
      // After the runs, so that no worker writes any more.
      auto kept = co_await journal_.delete_thread_checkpoints(owner, thread_id);
      if (!kept) co_return fail(std::move(kept), "delete the checkpoints of the thread");
      deleted->thread_checkpoints = *kept;
      if (deleted->runs == 0 && *kept == 0) co_return fail(ErrorCode::not_found, "there is no such thread");
    }
    // A question that came in between: once more.
    if (deleted || deleted.error().code() != ErrorCode::failed_precondition) co_return deleted;
  }
  co_return fail(ErrorCode::failed_precondition, "new questions keep coming in this thread; stop asking, then delete");
}

awaitable<Result<std::optional<journal::Checkpoint>>> Coordinator::checkpoint(RunId id) {
  return journal_.checkpoint(std::move(id));
}

}  // namespace holdfast::runs
