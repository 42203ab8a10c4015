/// Turns the bytes of a worker's HTTP response into events and an answer (docs/worker-protocol.md, "Answer").
///
/// Ownership: one per attempt. Pure: bytes in, items out; no socket and no clock.
/// Units: sizes in bytes.
/// Invariants:
///   - At most one answer comes out, and nothing after it.
///   - What is held is bounded: one line of kMaxLine, one body of kMaxResponse, or kMaxKeptBody of a refusal; of a
///     response that is kept as it comes, what one feed() brought.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "workers/worker_event.hpp"

namespace holdfast::workers {

class AnswerReader {
 public:
  static constexpr std::size_t kMaxLine = 1024 * 1024;
  /// The supervisor holds a plain answer as a whole; past this a worker should stream it in pieces.
  static constexpr std::size_t kMaxResponse = 64 * 1024 * 1024;
  static constexpr std::size_t kMaxKeptBody = 8 * 1024;

  using Item = std::variant<WorkerEvent, WorkerAnswer>;

  /// `most_verbatim`: the response is kept as it comes, head and body, and its body has at most so many bytes.
  explicit AnswerReader(std::optional<std::uint64_t> most_verbatim = std::nullopt);
  ~AnswerReader();
  AnswerReader(const AnswerReader&) = delete;
  AnswerReader& operator=(const AnswerReader&) = delete;

  /// Takes what the worker has sent. data_loss: it is not HTTP, a line breaks the protocol, or a limit is passed.
  Result<void> feed(std::string_view bytes);

  /// The connection has ended. data_loss: in the middle of the answer, or before one.
  Result<void> end();

  /// The next item, oldest first.
  std::optional<Item> next();

  /// feed() has failed: what came breaks the protocol, whatever would have come next.
  [[nodiscard]] bool violated() const noexcept { return violated_; }

  /// The HTTP message is complete.
  [[nodiscard]] bool complete() const noexcept;

 private:
  class Parser;
  enum class Mode : unsigned char { head, stream, plain, foreign, refusal, verbatim };

  Result<void> parse(std::string_view& bytes);
  Result<void> take_body(std::string_view piece);
  void take_head();
  void take_piece(std::string_view piece);
  Result<void> take_lines(std::string_view piece);
  Result<void> take_line(std::string_view line);
  Result<void> take_end();
  [[nodiscard]] WorkerAnswer verbatim_answer() const;
  void answer(WorkerAnswer last);

  std::optional<std::uint64_t> most_verbatim_;
  std::unique_ptr<Parser> parser_;
  std::string unparsed_;  ///< The beginning of a head or chunk head that has not arrived completely.
  std::string text_;      ///< The line or body so far.
  std::deque<Item> items_;
  bool violated_ = false;
  Mode mode_ = Mode::head;
  std::uint64_t received_ = 0;  ///< Of the body.
  bool answered_ = false;
};

}  // namespace holdfast::workers
