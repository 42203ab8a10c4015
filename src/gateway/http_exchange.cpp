#include "gateway/http_exchange.hpp"

#include "base/check.hpp"
#include "gateway/try_build.hpp"

namespace holdfast::gateway {
namespace {

// A short head: its fixed text, a request id of at most 64 characters, a run id.
using HeadRoom = std::array<char, 512>;
// A size in hexadecimal and its line end.
using ChunkRoom = std::array<char, 24>;

/// The head as text, or a shorter one when that cannot be built: the body is there, and goes out all the same.
class BuiltHead {
 public:
  BuiltHead(const HeadFacts& facts, const Headers& headers)
      : whole_(try_build("gateway.build_head", [&] { return head_text(facts, headers); })), short_(room_) {
    if (!whole_) write_short_head(short_, facts, headers.find("Holdfast-Run-Id").value_or(""), 0);
  }
  BuiltHead(const BuiltHead&) = delete;
  BuiltHead& operator=(const BuiltHead&) = delete;

  [[nodiscard]] std::string_view text() const noexcept { return whole_ ? std::string_view(*whole_) : short_.text(); }

 private:
  std::expected<std::string, BuildFailure> whole_;
  HeadRoom room_;
  FixedText short_;
};

}  // namespace

HeadFacts HttpExchange::facts(int status, std::string_view content_type) noexcept {
  keep_alive_ = may_keep_alive();
  status_ = status;
  HeadFacts facts;
  facts.status = status;
  facts.content_type = content_type;
  facts.version = request_->version;
  facts.request_id = request_->id;
  facts.after = keep_alive_ ? AfterResponse::keep_alive : AfterResponse::close;
  return facts;
}

awaitable<Sent> HttpExchange::send(Response response) {
  HOLDFAST_CHECK(progress_ == Progress::nothing, "a request is answered once");
  progress_ = Progress::complete;
  auto head = facts(response.status, response.content_type);
  const bool bodiless = response.status == 204 || response.status == 304;
  head.framing = bodiless ? Framing::none : Framing::length;
  head.content_length = response.content().size();
  const auto body = bodiless || is_head() ? std::string_view() : response.content();
  bytes_ = body.size();
  const BuiltHead built(head, response.headers);
  const Parts parts{built.text(), body};
  co_return co_await connection_->write_all(parts);
}

awaitable<Sent> HttpExchange::begin(StreamHead stream) {
  HOLDFAST_CHECK(progress_ == Progress::nothing, "a request is answered once");
  progress_ = Progress::streaming;
  const bool old = request_->version == HttpVersion::http_1_0;
  if (old) keep_alive_ = false;
  framing_ = old ? Framing::close : Framing::chunked;
  auto head = facts(stream.status, stream.content_type);
  head.framing = framing_;
  const BuiltHead built(head, stream.headers);
  const Parts parts{built.text()};
  co_return co_await connection_->write_all(parts);
}

awaitable<Sent> HttpExchange::write(std::string text) {
  HOLDFAST_CHECK(progress_ == Progress::streaming, "only a stream is written to");
  if (is_head() || text.empty()) co_return connection_->gone() ? Sent::client_gone : Sent::ok;
  bytes_ += text.size();
  ChunkRoom room;
  FixedText size(room);
  Parts parts{"", text, ""};
  if (framing_ != Framing::close) {
    write_chunk_size(size, text.size());
    parts = {size.text(), text, kChunkEnd};
  }
  co_return co_await connection_->write_all(parts);
}

awaitable<Sent> HttpExchange::finish() {
  HOLDFAST_CHECK(progress_ == Progress::streaming, "only a stream is finished");
  progress_ = Progress::complete;
  if (framing_ == Framing::close || is_head()) co_return connection_->gone() ? Sent::client_gone : Sent::ok;
  const Parts parts{kLastChunk};
  co_return co_await connection_->write_all(parts);
}

void HttpExchange::passed(int status, std::uint64_t bytes, bool keep_alive) noexcept {
  progress_ = Progress::complete;
  status_ = status;
  bytes_ = bytes;
  keep_alive_ = keep_alive;
}

Sent HttpExchange::end_with(const LastWords& words) noexcept {
  HOLDFAST_CHECK(progress_ != Progress::complete, "a request is answered once");
  const bool streaming = progress_ == Progress::streaming;
  progress_ = Progress::complete;
  keep_alive_ = false;
  const auto body = is_head() ? std::string_view() : words.body;
  bytes_ += body.size();
  HeadRoom room;
  FixedText before(room);
  if (!streaming) {
    auto head = facts(words.status, words.content_type);
    head.content_length = words.body.size();
    write_short_head(before, head, words.run_id, words.retry_after_seconds);
    return connection_->write_now({before.text(), body});
  }
  if (is_head()) return Sent::ok;
  if (framing_ == Framing::close) return connection_->write_now({body});
  write_chunk_size(before, body.size());
  return connection_->write_now({before.text(), body, "\r\n0\r\n\r\n"});
}

}  // namespace holdfast::gateway
