// Large bodies of requests: read from the journal piece by piece while they are sent.
#include "base/log.hpp"
#include "runs/attempt_entries.hpp"
#include "runs/coordinator.hpp"

namespace holdfast::runs {
namespace {

constexpr BackoffConfig kReadBackoff{std::chrono::milliseconds(50), std::chrono::milliseconds(2000)};
// 8 MB in one transaction: others wait no longer than for that.
constexpr int kPiecesPerStep = 128;

std::unexpected<Error> is_incomplete(std::string_view why) {
  return fail(ErrorCode::data_loss, "the journal does not have the whole body of the request: " + std::string(why));
}

}  // namespace

struct Coordinator::BodyReading {
  KeptBody body;
  int attempt = 0;
  std::string first;
  std::int64_t next = 0;  ///< The number of the piece to be sent next.
  std::uint64_t sent = 0;
};

// While the database is away with it, a run waits without using up attempts.
awaitable<bool> Coordinator::can_read_request(LiveRunPtr live) {
  const auto stored = parse_stored_request(live->run->request);
  if (!stored || !stored->kept) co_return true;
  const auto first = co_await journal_.body_piece(stored->kept->id, 0);
  co_return first || !can_be_written_later(first.error());
}

// The first piece is read before a worker is asked: one that cannot be had costs no worker.
awaitable<Result<void>> Coordinator::add_kept_body(workers::Attempt* attempt, LiveRunPtr live, KeptBody kept) {
  auto first = co_await journal_.body_piece(kept.id, 0);
  if (!first && first.error().code() == ErrorCode::not_found) co_return is_incomplete(first.error().message());
  if (!first) co_return fail(std::move(first), "read the body of the request");
  const auto reading = std::make_shared<BodyReading>(std::move(kept), attempt->number, std::move(*first));
  attempt->rest = [this, live, reading] { return next_piece(live, reading); };
  co_return Result<void>{};
}

// A worker that has begun to read waits for the database as long as its attempt may last.
awaitable<Result<std::string>> Coordinator::next_piece(LiveRunPtr live, std::shared_ptr<BodyReading> reading) {
  Result<std::string> piece = std::move(reading->first);
  if (reading->sent == reading->body.bytes) co_return std::string();
  for (std::uint32_t failures = 1; reading->next > 0; ++failures) {
    piece = co_await journal_.body_piece(reading->body.id, reading->next);
    if (piece || !can_be_written_later(piece.error())) break;
    const auto again = clock_.steady() + backoff_delay(kReadBackoff, failures, random_uniform());
    const bool slept = co_await sleep_until(again);
    if (!slept) co_return fail(ErrorCode::cancelled, "stopped while the request could not be read");
  }
  if (!piece && piece.error().code() == ErrorCode::not_found) {
    co_await refresh(live);
    const bool ours = live->run->status == RunStatus::running && live->run->attempt == reading->attempt;
    if (!ours) co_return fail(ErrorCode::conflict, "the run has ended, or somebody else has it");
    co_return is_incomplete(piece.error().message());
  }
  if (!piece) co_return fail(std::move(piece), "read the body of the request");
  ++reading->next;
  reading->sent += piece->size();
  if (piece->empty() || reading->sent > reading->body.bytes) co_return is_incomplete("a piece has another length");
  co_return piece;
}

// Of an earlier process that was ended while it received them. Nobody else writes to a journal that is not shared.
awaitable<Result<void>> Coordinator::forget_unclaimed_bodies() {
  if (journal_.shared()) co_return Result<void>{};
  for (std::int64_t removed = 1; removed > 0;) {
    auto step = co_await journal_.trim_bodies(std::chrono::milliseconds(0), kPiecesPerStep);
    if (!step) co_return fail(std::move(step), "forget bodies of requests that were not accepted");
    removed = *step;
  }
  co_return Result<void>{};
}

}  // namespace holdfast::runs
