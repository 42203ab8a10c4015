#include "journal/journal.hpp"

#include "journal/journal_thread.hpp"
#include "journal/operation.hpp"

namespace holdfast::journal {
namespace {

std::unexpected<Error> queue_full() {
  return fail(ErrorCode::resource_exhausted,
              "the journal has too many operations waiting: its disk is slower than the load; try again");
}

}  // namespace

Journal::Journal(asio::any_io_executor executor, std::unique_ptr<Store> store, JournalConfig config)
    : thread_(std::make_unique<Thread>(std::move(executor), std::move(store), std::move(config))) {}

Journal::~Journal() = default;

namespace {

// Journal::Thread is private, so that its name is a parameter here.
template <class Thread>
awaitable<Result<Written>> write(Thread& thread, Write asked) {
  WriteOperation operation(std::move(asked));
  if (!thread.reserve()) co_return queue_full();
  co_await thread.answered(operation);
  co_return operation.take_result();
}

template <class Thread, class Read>
awaitable<typename ReadOperation<Read>::Answer> ask(Thread& thread, Read asked) {
  ReadOperation<Read> operation(std::move(asked));
  if (!thread.reserve()) co_return queue_full();
  co_await thread.answered(operation);
  co_return operation.take_result();
}

}  // namespace

awaitable<Result<Written>> Journal::accept(Accept accept) { return write(*thread_, std::move(accept)); }
awaitable<Result<Written>> Journal::append(Append append) { return write(*thread_, std::move(append)); }
awaitable<Result<Written>> Journal::deliver(RunId id) { return write(*thread_, Deliver{std::move(id)}); }

awaitable<Result<std::optional<Run>>> Journal::find(RunId id) {
  return ask(*thread_, [id = std::move(id)](Store& store) { return store.find(id); });
}

awaitable<Result<std::vector<Entry>>> Journal::entries(RunId id, std::int64_t after_seq, int limit) {
  return ask(*thread_,
             [id = std::move(id), after_seq, limit](Store& store) { return store.entries(id, after_seq, limit); });
}

awaitable<Result<std::optional<Checkpoint>>> Journal::checkpoint(RunId id) {
  return ask(*thread_, [id = std::move(id)](Store& store) { return store.checkpoint(id); });
}

awaitable<Result<std::vector<Run>>> Journal::list(RunFilter filter) {
  return ask(*thread_, [filter = std::move(filter)](Store& store) { return store.list(filter); });
}

awaitable<Result<std::vector<Run>>> Journal::thread_runs(std::string owner, std::string thread_id, int limit) {
  return ask(*thread_, [owner = std::move(owner), thread_id = std::move(thread_id), limit](Store& store) {
    return store.thread_runs(owner, thread_id, limit);
  });
}

awaitable<Result<ThreadPage>> Journal::threads(std::string owner, int offset, int limit) {
  return ask(*thread_,
             [owner = std::move(owner), offset, limit](Store& store) { return store.threads(owner, offset, limit); });
}

awaitable<Result<Backlog>> Journal::backlog() {
  return ask(*thread_, [](Store& store) { return store.backlog(); });
}

awaitable<Result<std::vector<Run>>> Journal::unfinished() {
  return ask(*thread_, [](Store& store) { return store.unfinished(); });
}

bool Journal::shared() const noexcept { return thread_->store().shared(); }

awaitable<Result<int>> Journal::renew_lease(std::string instance, std::chrono::milliseconds ttl) {
  return ask(*thread_,
             [instance = std::move(instance), ttl](Store& store) { return store.renew_lease(instance, ttl); });
}

awaitable<Result<void>> Journal::end_lease(std::string instance) {
  return ask(*thread_, [instance = std::move(instance)](Store& store) { return store.end_lease(instance); });
}

awaitable<Result<std::optional<UnixMillis>>> Journal::lease_until(std::string instance) {
  return ask(*thread_, [instance = std::move(instance)](Store& store) { return store.lease_until(instance); });
}

awaitable<Result<std::vector<Run>>> Journal::claim(Claim claim) {
  return ask(*thread_, [claim = std::move(claim)](Store& store) { return store.claim(claim); });
}

awaitable<Result<std::vector<Run>>> Journal::held_by(std::string instance) {
  return ask(*thread_, [instance = std::move(instance)](Store& store) { return store.held_by(instance); });
}

awaitable<Result<std::vector<Run>>> Journal::orphans(int limit) {
  return ask(*thread_, [limit](Store& store) { return store.orphans(limit); });
}

awaitable<Result<std::vector<RunVersion>>> Journal::versions(std::vector<RunId> ids) {
  return ask(*thread_, [ids = std::move(ids)](Store& store) { return store.versions(ids); });
}

awaitable<Result<Rating>> Journal::rate(RunId id, RatingChange change) {
  return ask(*thread_,
             [id = std::move(id), change = std::move(change)](Store& store) { return store.rate(id, change); });
}

awaitable<Result<std::vector<Rating>>> Journal::ratings(std::string owner, std::string thread_id) {
  return ask(*thread_, [owner = std::move(owner), thread_id = std::move(thread_id)](Store& store) {
    return store.ratings(owner, thread_id);
  });
}

awaitable<Result<Deleted>> Journal::delete_thread(std::string owner, std::string thread_id) {
  return ask(*thread_, [owner = std::move(owner), thread_id = std::move(thread_id)](Store& store) {
    return store.delete_thread(owner, thread_id);
  });
}

awaitable<Result<std::int64_t>> Journal::retire(std::chrono::milliseconds age, int limit) {
  return ask(*thread_, [age, limit](Store& store) { return store.retire(age, limit); });
}

awaitable<Result<void>> Journal::reset_connections() {
  return ask(*thread_, [](Store& store) { return store.reset_connections(); });
}

void Journal::note(std::string_view kind, std::string body) { thread_->note(kind, std::move(body)); }

awaitable<Result<IncidentPage>> Journal::incidents(IncidentFilter filter) {
  return ask(*thread_, [filter = std::move(filter)](Store& store) { return store.incidents(filter); });
}

awaitable<Result<std::int64_t>> Journal::trim_incidents(std::chrono::milliseconds age, std::int64_t keep, int limit) {
  return ask(*thread_, [age, keep, limit](Store& store) { return store.trim_incidents(age, keep, limit); });
}

awaitable<Result<void>> Journal::put_thread_checkpoint(ThreadCheckpoint checkpoint, ThreadCheckpointLimits limits) {
  return ask(*thread_, [checkpoint = std::move(checkpoint), limits](Store& store) {
    return store.put_thread_checkpoint(checkpoint, limits);
  });
}

awaitable<Result<void>> Journal::put_thread_writes(CheckpointPlace place, std::vector<ThreadWrite> writes,
                                                   ThreadCheckpointLimits limits) {
  return ask(*thread_, [place = std::move(place), writes = std::move(writes), limits](Store& store) {
    return store.put_thread_writes(place, writes, limits);
  });
}

awaitable<Result<ThreadCheckpointPage>> Journal::thread_checkpoints(ThreadCheckpointFilter filter) {
  return ask(*thread_, [filter = std::move(filter)](Store& store) { return store.thread_checkpoints(filter); });
}

awaitable<Result<std::int64_t>> Journal::delete_thread_checkpoints(std::string owner, std::string thread_id) {
  return ask(*thread_, [owner = std::move(owner), thread_id = std::move(thread_id)](Store& store) {
    return store.delete_thread_checkpoints(owner, thread_id);
  });
}

awaitable<Result<std::int64_t>> Journal::retire_thread_checkpoints(std::chrono::milliseconds age, int limit) {
  return ask(*thread_, [age, limit](Store& store) { return store.retire_thread_checkpoints(age, limit); });
}

awaitable<Result<void>> Journal::put_body_piece(BodyPiece piece) {
  return ask(*thread_, [piece = std::move(piece)](Store& store) { return store.put_body_piece(piece); });
}

awaitable<Result<std::string>> Journal::body_piece(std::string body_id, std::int64_t number) {
  return ask(*thread_,
             [body_id = std::move(body_id), number](Store& store) { return store.body_piece(body_id, number); });
}

awaitable<Result<std::int64_t>> Journal::drop_body(std::string body_id, int limit) {
  return ask(*thread_, [body_id = std::move(body_id), limit](Store& store) { return store.drop_body(body_id, limit); });
}

awaitable<Result<std::int64_t>> Journal::trim_bodies(std::chrono::milliseconds age, int limit) {
  return ask(*thread_, [age, limit](Store& store) { return store.trim_bodies(age, limit); });
}

void Journal::on_change(std::function<void(Change)> sink) { thread_->on_change(std::move(sink)); }

JournalHealth Journal::health() const { return thread_->health(); }

}  // namespace holdfast::journal
