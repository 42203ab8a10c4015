/// A request to its worker, and the head of the answer.
#include "gateway/proxy/relay.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/log.hpp"
#include "base/text.hpp"

namespace holdfast::gateway {
namespace {

// A worker that sends nothing but interim responses answers nothing.
constexpr int kMostInterim = 100;

// Between two tries to connect: the end of a process is seen within milliseconds, a new one is there a moment later.
constexpr std::chrono::milliseconds kFirstPause{5};
constexpr std::chrono::milliseconds kSlowPause{100};

}  // namespace

Relay::Relay(Proxy* proxy, Call call, bool authenticated)
    : proxy_(proxy),
      call_(std::move(call)),
      wire_(&call_.exchange->wire()),
      authenticated_(authenticated),
      started_(proxy->clock_.steady()),
      upgrade_(upgrade_of(request())),
      link_(proxy->executor_, proxy->clock_, proxy->config_.timeout, *proxy->scratch_),
      parser_(is_head()),
      upload_over_(proxy->executor_, SteadyTime::max()) {}

awaitable<void> Relay::run() {
  wire_->look_after_client(true);
  const auto patience_end = started_ + proxy_->config_.worker_wait;
  auto failed = co_await try_worker(patience_end, true);
  for (auto pause = kFirstPause; failed && may_try_again(*failed); pause = std::min(pause * 2, kSlowPause)) {
    // Whoever refuses a connection is on its way out: until its end is seen, it looks like the others.
    if (failed->reason == PassFailure::unreachable) {
      const auto now = proxy_->clock_.steady();
      if (now >= patience_end) break;
      co_await sleep_until(std::min(now + pause, patience_end));
    }
    ++proxy_->counted_.retried;
    failed = co_await try_worker(patience_end, false);
  }
  co_await stop_upload();
  if (failed) co_await tell(std::move(*failed));
}

awaitable<Relay::Outcome> Relay::try_worker(SteadyTime patience_end, bool may_reuse) {
  if (call_.exchange->interrupted()) co_return client_failed();
  passage_.reset();
  auto found = co_await proxy_->pool_.pass(patience_end);
  if (found) {
    passage_.emplace(std::move(*found));
    co_return co_await exchange(may_reuse);
  }
  if (found.error().code() == ErrorCode::cancelled) co_return client_failed();
  co_return Failed(PassFailure::no_worker);
}

awaitable<Relay::Outcome> Relay::exchange(bool may_reuse) {
  parser_ = ResponseParser(is_head());
  inbox_.clear();
  auto failed = co_await reach_worker(may_reuse);
  if (!failed) failed = co_await send_request();
  if (!failed) failed = co_await read_head();
  if (failed) co_return failed;
  if (upgraded_) co_return co_await tunnel();
  co_return co_await pass_body();
}

awaitable<Relay::Outcome> Relay::reach_worker(bool may_reuse) {
  reused_ = false;
  auto kept = may_reuse ? passage_->reuse() : std::nullopt;
  // A worker may close a kept connection just as it gets a request. What could not be sent again then goes over a new
  // one, which takes the place of the kept one: a server that serves one connection at a time would wait for that.
  if (kept && !is_repeatable()) kept.reset();
  if (kept) {
    link_.use(std::move(*kept));
    reused_ = true;
    ++proxy_->counted_.reused;
    co_return Outcome();
  }
  const auto patience = proxy_->config_.connect_timeout;
  const auto end = co_await link_.connect(&*passage_, patience);
  if (end == LinkEnd::stopped) co_return client_failed();
  if (end == LinkEnd::expired) co_return Failed(PassFailure::unreachable, "did not accept a connection in time");
  if (end != LinkEnd::ok) co_return Failed(PassFailure::unreachable, "could not be reached");
  ++proxy_->counted_.connected;
  co_return Outcome();
}

awaitable<Relay::Outcome> Relay::send_request() {
  const bool whole = wire_->body_complete();
  const auto address = wire_->client_address();
  const auto user = percent_encode(call_.subject.owner);
  const std::string_view body = whole ? std::string_view(request().body) : std::string_view();
  RequestFacts facts;
  facts.client_address = address;
  facts.user = user;
  facts.authenticated = authenticated_;
  facts.upgrade = upgrade_;
  if (whole) facts.body_length = body.size();
  const auto head = request_head(request(), facts);
  const Parts parts{head, body};
  link_.expect_answer(whole);
  const auto end = co_await link_.send(parts);
  if (end == LinkEnd::closed) {
    if (!link_.accepted()) co_return Failed(PassFailure::no_answer, "closed the connection before it answered");
    // It may have answered without reading to the end.
    unread_ = true;
    link_.expect_answer(true);
    co_return Outcome();
  }
  if (end != LinkEnd::ok) co_return failed(end);
  proxy_->counted_.to_worker += body.size();
  if (!whole) start_upload(&Relay::upload);
  co_return Outcome();
}

awaitable<Relay::Outcome> Relay::read_head() {
  for (int interim = 0; interim < kMostInterim; ++interim) {
    while (parser_.state() == ParseState::head) {
      auto failed = co_await take_more();
      if (failed) co_return failed;
    }
    const auto status = parser_.head().status;
    if (status / 100 == 1 && status != 101) {
      auto failed = co_await pass_interim();
      if (failed) co_return failed;
      continue;
    }
    if (status == 101 && upgrade_.empty()) {
      co_return Failed(PassFailure::bad_answer, "switched protocols without being asked to");
    }
    upgraded_ = status == 101;
    ++proxy_->counted_.heads;
    proxy_->counted_.head_time += proxy_->clock_.steady() - started_;
    co_return Outcome();
  }
  co_return Failed(PassFailure::bad_answer, "sent interim responses without end");
}

awaitable<Relay::Outcome> Relay::pass_interim() {
  inbox_.secure();
  if (request().version == HttpVersion::http_1_1) {
    ResponseFacts facts;
    facts.framing = ClientFraming::none;
    const auto head = response_head(parser_.head(), facts);
    const Parts parts{head};
    const auto sent = co_await wire_->write(parts);
    if (sent == Sent::client_gone) co_return client_failed();
  }
  parser_ = ResponseParser(is_head());
  feed();
  if (parser_.violation()) co_return Failed(PassFailure::bad_answer, *parser_.violation());
  co_return Outcome();
}

/// Waits for bytes of the worker and feeds them to the parser; at the end of the connection, a body that ends so is
/// complete.
awaitable<Relay::Outcome> Relay::take_more() {
  inbox_.secure();
  const auto end = co_await link_.receive();
  if (end == LinkEnd::closed && parser_.end()) co_return Outcome();
  if (end != LinkEnd::ok) co_return failed(end);
  heard_ = true;
  inbox_.take(link_.received());
  feed();
  if (parser_.violation()) co_return Failed(PassFailure::bad_answer, *parser_.violation());
  co_return Outcome();
}

void Relay::feed() { inbox_.consume(parser_.feed(inbox_.rest())); }

bool Relay::may_try_again(const Failed& failed) const {
  if (heard_ || answered_ || upload_began_ || link_.expired() || call_.exchange->interrupted()) return false;
  if (failed.reason == PassFailure::unreachable) return true;
  if (!reused_ || failed.reason != PassFailure::no_answer) return false;
  return !link_.accepted() || is_idempotent(request().method);
}

bool Relay::is_repeatable() const { return is_idempotent(request().method) && wire_->body_complete(); }

Relay::Failed Relay::client_failed() const {
  if (client_end_ == Wire::Read::slow) return Failed(PassFailure::client_late);
  if (client_end_ == Wire::Read::refused) return Failed(PassFailure::bad_request);
  const bool gone = call_.exchange->client_gone() || client_end_ == Wire::Read::gone;
  return Failed(gone ? PassFailure::client_gone : PassFailure::stopping);
}

Relay::Failed Relay::failed(LinkEnd end) const {
  const bool has_head = parser_.state() != ParseState::head;
  switch (end) {
    case LinkEnd::expired:
      return has_head ? Failed(PassFailure::stalled, "was silent for too long")
                      : Failed(PassFailure::late_answer, "did not answer in time");
    case LinkEnd::ok:
    case LinkEnd::closed:
    case LinkEnd::broken:
      return has_head ? Failed(PassFailure::cut_off, "closed the connection in the middle of its answer")
                      : Failed(PassFailure::no_answer, "closed the connection before it answered");
    case LinkEnd::stopped: return client_failed();
  }
  std::unreachable();
}

}  // namespace holdfast::gateway
