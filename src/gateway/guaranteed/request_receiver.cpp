#include "gateway/guaranteed/request_receiver.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/hook_point.hpp"
#include "base/log.hpp"
#include "gateway/response_text.hpp"

namespace holdfast::gateway {
namespace {

// Each is a transaction of its own, and whoever else writes waits for those before it.
constexpr int kPiecesAtOnce = 2;
// 8 MB in one transaction.
constexpr int kPiecesPerStep = 128;
constexpr std::chrono::milliseconds kTryLater{5'000};

std::optional<std::uint64_t> told_length(const Request& request) {
  const auto text = request.headers.find("Content-Length");
  std::uint64_t length = 0;
  if (!text || std::from_chars(text->data(), text->data() + text->size(), length).ec != std::errc()) return {};
  return length;
}

Problem too_slow() {
  return make_problem(408, "request-timeout", "The request came too slowly", "the request was not complete in time");
}

}  // namespace

RequestReceiver::RequestReceiver(Call call, RunId run)
    : call_(std::move(call)),
      run_(std::move(run)),
      wire_(&call_.exchange->wire()),
      receiving_(call_.services->receiving),
      started_(call_.services->clock->steady()) {}

RequestReceiver::~RequestReceiver() { receiving_->bytes -= booked_; }

awaitable<std::optional<Problem>> RequestReceiver::receive() {
  if (auto refused = check_length()) co_return refused;
  const auto& request = call_.request();
  const bool asks_first = request.headers.contains("Expect") && request.version == HttpVersion::http_1_1;
  if (asks_first && request.body.empty() && !wire_->body_complete()) {
    const Parts parts{kContinue};
    const auto sent = co_await wire_->write(parts);
    if (sent != Sent::ok) co_return cut_short();
  }
  std::string piece;
  while (true) {
    const auto read = co_await wire_->read_body(&piece);
    switch (read) {
      case Wire::Read::complete: break;
      case Wire::Read::refused: co_return bad_request("the body is not well-formed HTTP");
      case Wire::Read::slow: co_return too_slow();
      case Wire::Read::gone: co_return cut_short();
      case Wire::Read::bytes: {
        auto failed = co_await take(piece);
        if (failed) co_return failed;
        continue;
      }
    }
    break;
  }
  if (!large_) co_return std::nullopt;
  if (!body_.empty()) {
    auto failed = co_await write_piece();
    if (failed) co_return failed;
  }
  kept_ = runs::KeptBody{body_id_, bytes_, sum_.hex()};
  co_return std::nullopt;
}

// Before anything is read, so that a client that asks first sends nothing in vain.
std::optional<Problem> RequestReceiver::check_length() {
  const auto length = told_length(call_.request());
  if (!length || *length <= runs::kLongestOwnBody) return std::nullopt;
  if (*length > call_.config().max_request.count()) return too_large();
  return book(*length);
}

std::optional<Problem> RequestReceiver::book(std::uint64_t bytes) {
  const auto most = call_.config().max_receiving.count();
  if (receiving_->bytes + bytes <= most) {
    receiving_->bytes += bytes;
    booked_ += bytes;
    return std::nullopt;
  }
  auto problem = make_problem(503, "receiving-too-much", "Too much is being received at the moment",
                              fmt::format("large requests of {} bytes together are being received, and {} are the most "
                                          "(worker.max_receiving); nothing was started, try again later",
                                          receiving_->bytes, most));
  problem.code = to_string(ErrorCode::resource_exhausted);
  problem.retryable = true;
  problem.retry_after = kTryLater;
  return problem;
}

Problem RequestReceiver::too_large() const {
  return make_problem(
      413, "body-too-large", "The request body is too large",
      fmt::format("the body is larger than {} bytes (worker.max_request)", call_.config().max_request.count()));
}

Problem RequestReceiver::cut_short() const {
  if (call_.exchange->client_gone()) return bad_request("the body ended before its end");
  return stopping_problem("the server is stopping; nothing was started, the same request succeeds after that");
}

// As Connection::read_body(): one byte now and then is progress, but not a reason to wait for ever.
std::optional<Problem> RequestReceiver::check_pace() const {
  const auto& config = call_.config().server;
  const auto paid_for = std::chrono::seconds(bytes_ / config.body_bytes_per_second);
  const bool late = call_.services->clock->steady() > started_ + config.body_timeout + paid_for + held_up_;
  return late ? std::optional(too_slow()) : std::nullopt;
}

awaitable<std::optional<Problem>> RequestReceiver::take(std::string_view piece) {
  bytes_ += piece.size();
  if (bytes_ > call_.config().max_request.count()) co_return too_large();
  if (auto late = check_pace()) co_return late;
  body_ += piece;
  if (body_.size() <= runs::kLongestOwnBody) co_return std::nullopt;
  if (bytes_ > booked_) {
    if (auto full = book(bytes_ - booked_)) co_return full;
  }
  if (!large_) {
    large_ = true;
    joins_ = co_await is_there();
    body_id_ = RunId::make().text();
  }
  co_return co_await write_piece();
}

// Whoever asks again has its run already: the bytes are compared and not kept a second time.
awaitable<bool> RequestReceiver::is_there() {
  const auto found = co_await call_.coordinator().find(call_.subject.owner, run_);
  co_return found.has_value();
}

awaitable<std::optional<Problem>> RequestReceiver::write_piece() {
  sum_.add(body_);
  auto bytes = std::exchange(body_, std::string());
  if (joins_) co_return std::nullopt;
  const auto& clock = *call_.services->clock;
  const auto asked = clock.steady();
  const bool came = co_await wait_in_line();
  if (!came) co_return cut_short();
  journal::BodyPiece piece{body_id_, run_, pieces_, std::move(bytes)};
  auto written = co_await call_.services->journal->put_body_piece(std::move(piece));
  --receiving_->writing;
  call_next();
  held_up_ += clock.steady() - asked;
  ++pieces_;
  HOLDFAST_HOOK_POINT("gateway.after_body_piece");
  if (written) co_return std::nullopt;
  log::warning("gateway.body_not_kept", {{"run", run_.text()}, {"error", written.error().message()}});
  const auto why = fmt::format("{}; nothing was started, send the request again", written.error().message());
  co_return problem_of(Error(ErrorCode::unavailable, why));
}

// False: stopped before its turn came.
awaitable<bool> RequestReceiver::wait_in_line() {
  auto& line = receiving_->in_line;
  auto wake = Wake::notified;
  while (wake == Wake::notified && receiving_->writing >= kPiecesAtOnce) {
    Event turn(receiving_->executor);
    const auto place = line.insert(line.end(), &turn);
    wake = co_await turn.wait_until(SteadyTime::max());
    line.erase(place);
  }
  const bool came = wake == Wake::notified;
  if (came) ++receiving_->writing;
  // Who was called and does not go calls the next.
  if (!came) call_next();
  co_return came;
}

void RequestReceiver::call_next() {
  if (!receiving_->in_line.empty()) receiving_->in_line.front()->notify_all();
}

awaitable<void> RequestReceiver::forget() {
  for (std::int64_t removed = pieces_; removed > 0;) {
    const auto step = co_await call_.services->journal->drop_body(body_id_, kPiecesPerStep);
    if (!step) log::info("gateway.body_left", {{"body", body_id_}, {"error", step.error().message()}});
    removed = step.value_or(0);
  }
  pieces_ = 0;
}

}  // namespace holdfast::gateway
