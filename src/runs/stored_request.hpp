/// A request of a guaranteed route as the journal keeps it: the `request` of its run. Pure.
///
/// An analysis is kept as the JSON object that its worker receives; this is kept as it came, with what it takes to
/// send it to a worker again: {"http": {"retry": …, "head": {…}, "body": {…}}} (base/stored_bytes.hpp). A large body is
/// kept in pieces of its own, and told of here: "body": {"kept": ID, "bytes": …, "sha256": …}.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace holdfast::runs {

/// What becomes of a request whose worker was lost and may have begun to work on it.
enum class Retry : unsigned char {
  requeue,  ///< It goes to another worker: doing it twice does no harm.
  fail,     ///< It has failed, and that is its answer.
};

[[nodiscard]] std::string_view to_string(Retry retry) noexcept;
[[nodiscard]] std::optional<Retry> parse_retry(std::string_view word) noexcept;

/// A body that is kept in pieces in the journal (Store::body_piece).
struct KeptBody {
  std::string id;
  std::uint64_t bytes = 0;
  std::string sha256;  ///< Hexadecimal.
};

/// The longest body that is kept in the run itself, in bytes. Every run that waits or runs holds it in memory.
inline constexpr std::size_t kLongestOwnBody = 64 * 1024;

struct StoredRequest {
  Retry retry = Retry::fail;
  std::string head;  ///< For the worker: request line and headers, each ended by CRLF.
  std::string body;
  std::optional<KeptBody> kept;  ///< Instead of `body`.
};

[[nodiscard]] std::string to_json(const StoredRequest& request);

/// Whether the `request` of a run is one. Looks at its beginning: that of an analysis begins with its prompt.
[[nodiscard]] bool is_stored_request(std::string_view request) noexcept;

/// Absent when it is not one.
[[nodiscard]] std::optional<StoredRequest> parse_stored_request(std::string_view request);

/// Whether both ask for the same: method, target and body. Other headers may differ from one sending to the next.
[[nodiscard]] bool same_stored_request(std::string_view a, std::string_view b);

}  // namespace holdfast::runs
