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
    : thread_(std::make_unique<Thread>(std::move(executor), std::move(store), config)) {}

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
awaitable<typename ReadOperation<Read>::Answer> read(Thread& thread, Read asked) {
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
  return read(*thread_, [id = std::move(id)](Store& store) { return store.find(id); });
}

awaitable<Result<std::vector<Entry>>> Journal::entries(RunId id, std::int64_t after_seq, int limit) {
  return read(*thread_,
              [id = std::move(id), after_seq, limit](Store& store) { return store.entries(id, after_seq, limit); });
}

awaitable<Result<std::optional<Checkpoint>>> Journal::checkpoint(RunId id) {
  return read(*thread_, [id = std::move(id)](Store& store) { return store.checkpoint(id); });
}

awaitable<Result<std::vector<Run>>> Journal::list(RunFilter filter) {
  return read(*thread_, [filter = std::move(filter)](Store& store) { return store.list(filter); });
}

awaitable<Result<std::vector<Run>>> Journal::thread_runs(std::string owner, std::string thread_id, int limit) {
  return read(*thread_, [owner = std::move(owner), thread_id = std::move(thread_id), limit](Store& store) {
    return store.thread_runs(owner, thread_id, limit);
  });
}

awaitable<Result<std::vector<ThreadSummary>>> Journal::threads(std::string owner, int limit) {
  return read(*thread_, [owner = std::move(owner), limit](Store& store) { return store.threads(owner, limit); });
}

awaitable<Result<std::vector<Run>>> Journal::unfinished() {
  return read(*thread_, [](Store& store) { return store.unfinished(); });
}

JournalHealth Journal::health() const { return thread_->health(); }

}  // namespace holdfast::journal
