#include "workers/exchange.hpp"

#include <fmt/format.h>

#include <array>
#include <boost/asio/write.hpp>
#include <memory>

#include "workers/answer_reader.hpp"
#include "workers/attempt_request.hpp"
#include "workers/worker_socket.hpp"

namespace holdfast::workers {
namespace {

// A worker fills it in a few system calls even for a large answer; borrowed for the time of one exchange.
constexpr std::size_t kReadSize = 64 * 1024;

// A streaming worker ends its response right after the last line. Closing before that looks like a client
// that went away, which some frameworks answer by cancelling what the request has still to do.
constexpr std::chrono::milliseconds kTailPatience{100};

using WorkerSocketPtr = std::shared_ptr<WorkerSocket>;

class ReadBuffer {
 public:
  [[nodiscard]] asio::mutable_buffer whole() const { return asio::buffer(bytes_.get(), kReadSize); }
  [[nodiscard]] std::string_view first(std::size_t count) const { return {bytes_.get(), count}; }

 private:
  std::unique_ptr<char[]> bytes_ = std::make_unique_for_overwrite<char[]>(kReadSize);
};

// A worker may answer and close before it has read everything (413): its answer counts.
bool reads_no_more(const boost::system::error_code& ec) {
  return ec == asio::error::broken_pipe || ec == asio::error::connection_reset;
}

awaitable<Result<void>> send(WorkerSocket* socket, const Attempt* attempt) {
  const auto remaining =
      std::chrono::duration_cast<std::chrono::milliseconds>(attempt->deadline - system_clock().steady());
  const auto head = request_head(*attempt, remaining);
  const std::array buffers{asio::buffer(head), asio::buffer(attempt->body)};
  auto [ec, written] = co_await asio::async_write(*socket, buffers, kAwait);
  if (ec && !reads_no_more(ec)) co_return peer_failure(ec, "send the request");
  co_return Result<void>();
}

/// Feeds what arrives next. False at the end of the connection.
awaitable<Result<bool>> read_more(WorkerSocket* socket, const ReadBuffer* buffer, AnswerReader* reader) {
  // A stop may have come while an event was being journaled.
  const bool stopped = co_await cancel_requested();
  if (stopped) co_return fail(ErrorCode::cancelled, "stopped while it answered");
  auto [ec, count] = co_await socket->async_read_some(buffer->whole(), kAwait);
  const bool ended = ec == asio::error::eof || ec == asio::error::connection_reset;
  if (ec && !ended) co_return peer_failure(ec, "read the answer");
  auto taken = ended ? reader->end() : reader->feed(buffer->first(count));
  if (!taken) co_return fail(std::move(taken));
  co_return !ended;
}

awaitable<Result<void>> read_tail(WorkerSocketPtr socket, std::shared_ptr<AnswerReader> reader) {
  const ReadBuffer buffer;
  while (!reader->complete()) {
    const auto more = co_await read_more(socket.get(), &buffer, reader.get());
    if (!more || !*more) break;
  }
  co_return Result<void>();
}

ExchangeEnd end_of(WorkerAnswer answer) {
  return std::visit([](auto&& last) { return ExchangeEnd(std::forward<decltype(last)>(last)); }, std::move(answer));
}

/// Cancelled stays an error; anything else is the worker's doing.
Result<ExchangeEnd> broken_off(const Error& error, Delivery delivery) {
  if (error.code() == ErrorCode::cancelled) return std::unexpected(error);
  if (error.code() == ErrorCode::data_loss) return BrokenOff{error.message(), delivery};
  return BrokenOff{fmt::format("could not be reached: {}", error.message()), delivery};
}

awaitable<Result<ExchangeEnd>> read_answer(WorkerSocketPtr socket, std::optional<std::uint64_t> most_verbatim,
                                           EventSink on_event) {
  const auto reader = std::make_shared<AnswerReader>(most_verbatim);
  const ReadBuffer buffer;
  while (true) {
    const auto more = co_await read_more(socket.get(), &buffer, reader.get());
    // Items that came before a failure count: a checkpoint may be among them.
    while (auto item = reader->next()) {
      if (auto* answer = std::get_if<WorkerAnswer>(&*item)) {
        const auto patience = system_clock().steady() + kTailPatience;
        if (!reader->complete()) co_await with_deadline(read_tail(socket, reader), patience);
        co_return end_of(std::move(*answer));
      }
      auto event = std::get<WorkerEvent>(std::move(*item));
      auto taken = co_await on_event(std::move(event));
      if (!taken) co_return fail(std::move(taken));
    }
    if (!more) {
      auto broken = broken_off(more.error(), Delivery::begun);
      if (broken && reader->violated()) std::get<BrokenOff>(*broken).broke_protocol = true;
      co_return broken;
    }
    if (!*more) co_return BrokenOff{"closed the connection without an answer"};
  }
}

// One of two that go on at the same time; the first that has an end ends both.
using Half = std::optional<Result<ExchangeEnd>>;

struct UntilOneHasAnEnd {
  asio::cancellation_type operator()(const std::exception_ptr& failure, const Half& half) const noexcept {
    return failure || half ? asio::cancellation_type::terminal : asio::cancellation_type::none;
  }
};

awaitable<Half> send_rest(WorkerSocketPtr socket, BodySource rest) {
  co_await asio::this_coro::throw_if_cancelled(false);
  while (true) {
    auto piece = co_await rest();
    const bool stopped = co_await cancel_requested();
    if (stopped) co_return Half();
    if (!piece) co_return Half(fail(std::move(piece)));
    if (piece->empty()) co_return Half();
    auto [ec, written] = co_await asio::async_write(*socket, asio::buffer(*piece), kAwait);
    // Whatever it is, what the worker says or does not say decides.
    if (ec) co_return Half();
  }
}

awaitable<Half> as_half(awaitable<Result<ExchangeEnd>> answer) {
  co_await asio::this_coro::throw_if_cancelled(false);
  co_return co_await std::move(answer);
}

awaitable<Result<ExchangeEnd>> send_and_read(WorkerSocketPtr socket, BodySource rest,
                                             awaitable<Result<ExchangeEnd>> answer) {
  auto executor = co_await asio::this_coro::executor;
  auto group = asio::experimental::make_parallel_group(
      asio::co_spawn(executor, send_rest(std::move(socket), std::move(rest)), asio::deferred),
      asio::co_spawn(executor, as_half(std::move(answer)), asio::deferred));
  auto [order, send_failure, sent, read_failure, read] =
      co_await group.async_wait(UntilOneHasAnEnd(), asio::use_awaitable);
  if (send_failure) std::rethrow_exception(send_failure);
  if (read_failure) std::rethrow_exception(read_failure);
  // Of the two the body's end counts only when it came first.
  if (sent && order[0] == 0) co_return std::move(*sent);
  co_return std::move(*read);
}

}  // namespace

awaitable<Result<ExchangeEnd>> exchange(WorkerAddress address, Attempt attempt, EventSink on_event) {
  const auto executor = co_await asio::this_coro::executor;
  const auto socket = std::make_shared<WorkerSocket>(executor);
  const bool stopped = co_await cancel_requested();
  if (stopped) co_return fail(ErrorCode::cancelled, "stopped before it was sent");
  auto connected = co_await connect_worker(socket.get(), std::move(address));
  if (!connected) co_return broken_off(connected.error(), Delivery::none);
  auto sent = co_await send(socket.get(), &attempt);
  if (!sent) co_return broken_off(sent.error(), Delivery::begun);

  const auto most_verbatim = attempt.verbatim ? std::optional(attempt.verbatim->most_answer) : std::nullopt;
  auto answer = read_answer(socket, most_verbatim, std::move(on_event));
  if (!attempt.rest) co_return co_await std::move(answer);
  co_return co_await send_and_read(socket, std::move(attempt.rest), std::move(answer));
}

}  // namespace holdfast::workers
