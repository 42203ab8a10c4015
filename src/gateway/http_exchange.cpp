#include "gateway/http_exchange.hpp"

#include "base/check.hpp"

namespace holdfast::gateway {

HeadFacts HttpExchange::facts(int status, std::string_view content_type) {
  if (connection_->stopping()) keep_alive_ = false;
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
  const auto text = head_text(head, response.headers);
  const auto body = bodiless || is_head() ? std::string_view() : response.content();
  bytes_ = body.size();
  co_return co_await connection_->write_all(text, body);
}

awaitable<Sent> HttpExchange::begin(StreamHead stream) {
  HOLDFAST_CHECK(progress_ == Progress::nothing, "a request is answered once");
  progress_ = Progress::streaming;
  const bool old = request_->version == HttpVersion::http_1_0;
  if (old) keep_alive_ = false;
  framing_ = old ? Framing::close : Framing::chunked;
  auto head = facts(stream.status, stream.content_type);
  head.framing = framing_;
  const auto text = head_text(head, stream.headers);
  co_return co_await connection_->write_all(text, {});
}

awaitable<Sent> HttpExchange::write(std::string text) {
  HOLDFAST_CHECK(progress_ == Progress::streaming, "only a stream is written to");
  if (is_head()) co_return connection_->gone() ? Sent::client_gone : Sent::ok;
  bytes_ += text.size();
  if (framing_ == Framing::close) co_return co_await connection_->write_all(text, {});
  std::string chunk;
  chunk.reserve(text.size() + 16);
  append_chunk(chunk, text);
  co_return co_await connection_->write_all(chunk, {});
}

awaitable<Sent> HttpExchange::finish() {
  HOLDFAST_CHECK(progress_ == Progress::streaming, "only a stream is finished");
  progress_ = Progress::complete;
  if (framing_ == Framing::close || is_head()) co_return connection_->gone() ? Sent::client_gone : Sent::ok;
  co_return co_await connection_->write_all(kLastChunk, {});
}

}  // namespace holdfast::gateway
