/// Sends the entries of a run as events until its last one, in one of two shapes.
///
/// Runs on: supervisor strand.
#pragma once

#include "gateway/call.hpp"

namespace holdfast::gateway {

enum class EventShape : unsigned char {
  native,      ///< hello, status, queue, progress, delta, done.
  compatible,  ///< `data:` only, as the original front end reads them.
};

/// Begins the stream and follows the run from after `cursor` to its terminal entry. Ends early when the client
/// goes away, or with `draining` when the server stops.
awaitable<void> stream_run(Call call, RunId id, std::int64_t cursor, EventShape shape, Headers headers);

/// The event an entry becomes in the native shape: its type and data; an empty type when clients are not told.
/// `place` is where the run waits now, if it does.
struct NativeEvent {
  std::string_view type;
  std::string data;
};
[[nodiscard]] NativeEvent native_event(const journal::Entry& entry, const journal::Run& run,
                                       const std::optional<runs::QueuePlace>& place);

/// Where the client stands: Last-Event-ID, else ?after=, else 0. A Problem (400): not a number.
[[nodiscard]] std::expected<std::int64_t, Problem> event_cursor(const Request& request);

/// The number of the run's terminal entry; absent while it has none.
[[nodiscard]] std::optional<std::int64_t> terminal_seq(const journal::Run& run);

}  // namespace holdfast::gateway
