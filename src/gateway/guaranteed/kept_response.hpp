/// The response of a guaranteed route as the journal holds it: its head, its pieces, and how it ended. Pure.
#pragma once

#include <optional>
#include <string>

#include "gateway/message.hpp"
#include "journal/record.hpp"

namespace holdfast::gateway {

struct KeptHead {
  int status = 200;
  std::string reason;
  Headers headers;  ///< As the worker sent them.
  int attempt = 0;  ///< That it belongs to.
};

/// The head that an entry of kind `response` holds; absent when it cannot be read.
[[nodiscard]] std::optional<KeptHead> kept_head(const journal::Entry& entry);

/// The bytes that an entry of kind `piece` holds; absent when they cannot be read.
[[nodiscard]] std::optional<std::string> kept_piece(const journal::Entry& entry);

/// Bytes of the whole body. Absent: the run, which is terminal, has no whole response; its error says why.
[[nodiscard]] std::optional<std::uint64_t> kept_length(const journal::Run& run);

/// Whether a client wants to see it grow: a stream of events or lines by its content type. Any other response is shown
/// once it is whole, so that the loss of a worker is not seen.
[[nodiscard]] bool grows_in_sight(const KeptHead& head);

}  // namespace holdfast::gateway
