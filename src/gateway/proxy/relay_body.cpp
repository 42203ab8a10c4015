/// The bodies in both directions, and what comes after an upgrade.
#include <algorithm>
#include <array>

#include "base/fixed_text.hpp"
#include "gateway/proxy/relay.hpp"
#include "gateway/response_text.hpp"

namespace holdfast::gateway {
namespace {

constexpr std::string_view kEndOfLast = "\r\n0\r\n\r\n";

// Of many small pieces one; of one, itself.
std::string_view join(const std::vector<std::string_view>& pieces, std::string& room) {
  if (pieces.empty()) return {};
  if (pieces.size() == 1) return pieces.front();
  for (const auto piece : pieces) room += piece;
  return room;
}

using ChunkRoom = std::array<char, 24>;

}  // namespace

std::string Relay::head_for_client() {
  framing_ = client_framing(parser_.head().body_end, request().version);
  keep_alive_ = call_.exchange->may_keep_alive() && framing_ != ClientFraming::close;
  ResponseFacts facts;
  facts.framing = framing_;
  facts.keep_alive = keep_alive_;
  facts.to_head = is_head();
  facts.client_version = request().version;
  facts.request_id = request().id;
  answered_ = true;
  const auto place = std::clamp(parser_.head().status / 100, 1, 5) - 1;
  ++proxy_->counted_.answered[static_cast<std::size_t>(place)];
  return response_head(parser_.head(), facts);
}

awaitable<Relay::Outcome> Relay::pass_body() {
  auto failed = Outcome();
  if (parser_.state() == ParseState::body) feed();
  if (parser_.violation()) co_return Failed(PassFailure::bad_answer, *parser_.violation());
  failed = co_await pass_pieces(head_for_client());
  while (!failed && parser_.state() != ParseState::complete) {
    failed = co_await take_more();
    if (!failed) failed = co_await pass_pieces(std::string());
  }
  if (failed) co_return failed;
  keep_connection();
  call_.exchange->passed(parser_.head().status, bytes_, keep_alive_);
  co_return Outcome();
}

/// What the parser found in the latest bytes, and the end if it found that.
awaitable<Relay::Outcome> Relay::pass_pieces(std::string head) {
  std::string room;
  const auto body = join(parser_.pieces(), room);
  const bool complete = parser_.state() == ParseState::complete;
  bytes_ += body.size();
  proxy_->counted_.to_client += body.size();
  ChunkRoom chunk_room;
  FixedText size(chunk_room);
  Parts parts{head, "", body, ""};
  if (framing_ == ClientFraming::chunked) {
    if (!body.empty()) {
      write_chunk_size(size, body.size());
      parts[1] = size.text();
      parts[3] = complete ? kEndOfLast : kChunkEnd;
    } else if (complete) {
      parts[3] = kLastChunk;
    }
  }
  inbox_.secure();
  const auto began = proxy_->clock_.steady();
  const auto sent = co_await wire_->write(parts);
  if (sent == Sent::client_gone) co_return client_failed();
  // A client that has to be waited for gets smaller pieces, so that little is kept for it.
  link_.read_little(proxy_->clock_.steady() - began > std::chrono::milliseconds(1));
  co_return Outcome();
}

void Relay::keep_connection() {
  const bool clean = parser_.keep_alive() && inbox_.rest().empty() && !uploading_ && !unread_;
  if (clean) passage_->keep(link_.release());
}

awaitable<Relay::Outcome> Relay::tunnel() {
  inbox_.secure();
  const auto head = head_for_client();
  ++proxy_->counted_.upgraded;
  proxy_->ended_.notify_all();
  wire_->look_after_client(false);
  Parts parts{head, inbox_.rest()};
  auto sent = co_await wire_->write(parts);
  start_upload(&Relay::upload_raw);
  auto end = LinkEnd::ok;
  while (sent == Sent::ok) {
    end = co_await link_.receive();
    if (end != LinkEnd::ok) break;
    const auto bytes = link_.received();
    bytes_ += bytes.size();
    proxy_->counted_.to_client += bytes.size();
    parts = {bytes};
    sent = co_await wire_->write(parts);
  }
  co_await stop_upload();
  --proxy_->counted_.upgraded;
  if (end == LinkEnd::expired) co_return failed(end);
  call_.exchange->passed(parser_.head().status, bytes_, false);
  co_return Outcome();
}

void Relay::start_upload(awaitable<void> (Relay::*task)()) {
  uploading_ = true;
  upload_began_ = true;
  spawn(proxy_->executor_, "pass a request through", stop_upload_,
        [self = shared_from_this(), task]() -> awaitable<void> {
          const auto relay = self.get();
          co_await (relay->*task)();
          relay->uploading_ = false;
          relay->upload_over_.cancel();
        });
}

awaitable<void> Relay::stop_upload() {
  if (!uploading_) co_return;
  stopping_ = true;
  stop_upload_.emit(asio::cancellation_type::terminal);
  link_.stop();
  while (uploading_) co_await upload_over_.async_wait(kAwait);
}

awaitable<void> Relay::upload() {
  const bool chunked = !request().headers.contains("Content-Length");
  std::string piece;
  while (!stopping_) {
    const auto read = co_await wire_->read_body(&piece);
    if (stopping_) co_return;
    const bool last = read == Wire::Read::complete;
    if (!last && read != Wire::Read::bytes) {
      client_end_ = read;
      link_.stop();
      co_return;
    }
    ChunkRoom chunk_room;
    FixedText size(chunk_room);
    Parts parts{"", last ? std::string_view() : std::string_view(piece)};
    if (chunked && !last) {
      write_chunk_size(size, piece.size());
      parts = {size.text(), piece, kChunkEnd};
    } else if (chunked) {
      parts = {kLastChunk};
    }
    if (!last) proxy_->counted_.to_worker += piece.size();
    link_.touch();
    const auto end = co_await link_.send(parts);
    // It may answer without having read to the end.
    if (end == LinkEnd::closed) unread_ = true;
    if (end != LinkEnd::ok || last) break;
  }
  link_.expect_answer(true);
}

awaitable<void> Relay::upload_raw() {
  std::string bytes;
  while (!stopping_) {
    const auto read = co_await wire_->read_raw(&bytes);
    if (read != Wire::Read::bytes || stopping_) break;
    proxy_->counted_.to_worker += bytes.size();
    link_.touch();
    const Parts parts{bytes};
    const auto end = co_await link_.send(parts);
    if (end != LinkEnd::ok) break;
  }
  // The other direction ends with this one.
  link_.stop();
}

}  // namespace holdfast::gateway
