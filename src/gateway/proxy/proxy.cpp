#include "gateway/proxy/proxy.hpp"

#include <fmt/format.h>

#include "base/duration.hpp"
#include "base/log.hpp"
#include "gateway/proxy/relay.hpp"

namespace holdfast::gateway {
namespace {

constexpr std::chrono::milliseconds kTrySoon{1'000};

Problem later(Problem problem) {
  problem.retryable = true;
  problem.retry_after = kTrySoon;
  return problem;
}

Problem bad_gateway(const std::string& detail) {
  return make_problem(502, "bad-gateway", "The worker gave no valid answer", detail);
}

Problem problem_of_failure(PassFailure reason, const std::string& detail, const PassThroughConfig& config) {
  switch (reason) {
    case PassFailure::no_worker:
      return later(make_problem(
          503, "no-worker", "No worker is ready",
          fmt::format("no worker became ready within {}; worker.command says what is started, and worker.start_timeout "
                      "how long that may take",
                      holdfast::to_string(config.worker_wait))));
    case PassFailure::too_many:
      return later(make_problem(503, "too-many-requests-at-once", "Too many requests are being passed through",
                                fmt::format("{} are under way, and that is the most", config.most)));
    case PassFailure::late_answer:
    case PassFailure::stalled:
      return make_problem(
          504, "gateway-timeout", "The worker did not answer in time",
          fmt::format("{}: worker.pass_through_timeout is {}", detail, holdfast::to_string(config.timeout)));
    case PassFailure::client_late:
      return make_problem(408, "request-timeout", "The request came too slowly",
                          "the request was not complete in time");
    case PassFailure::bad_request: return bad_request("the body is not well-formed HTTP");
    case PassFailure::stopping: return stopping_problem("the server is stopping; the same request succeeds after that");
    case PassFailure::unreachable:
    case PassFailure::no_answer:
    case PassFailure::bad_answer:
    case PassFailure::cut_off:
    case PassFailure::client_gone: return bad_gateway(detail);
  }
  std::unreachable();
}

}  // namespace

Proxy::Proxy(asio::any_io_executor executor, workers::Pool& pool, const Clock& clock, const PassThroughConfig& config)
    : executor_(executor),
      pool_(pool),
      clock_(clock),
      config_(config),
      scratch_(config.on ? std::make_unique<WorkerLink::Scratch>() : nullptr),
      ended_(std::move(executor)) {}

Proxy::~Proxy() = default;

awaitable<void> Proxy::pass(Call call, bool authenticated) {
  const bool full = relays_.size() >= config_.most;
  if (full || finishing_) {
    const auto reason = full ? PassFailure::too_many : PassFailure::stopping;
    ++counted_.failed[static_cast<std::size_t>(reason)];
    auto problem = problem_of_failure(reason, {}, config_);
    co_await send_problem(std::move(call), std::move(problem));
    co_return;
  }
  const auto relay = std::make_shared<Relay>(this, std::move(call), authenticated);
  relays_.insert(relay.get());
  co_await relay->run();
  relays_.erase(relay.get());
  ended_.notify_all();
}

void Proxy::sweep(SteadyTime now) {
  for (auto* relay : relays_) relay->sweep(now);
  pool_.expire_connections(now);
}

awaitable<void> Proxy::finish(SteadyTime deadline) {
  finishing_ = true;
  while (relays_.size() > counted_.upgraded) {
    const auto wake = co_await ended_.wait_until(deadline);
    if (wake != Wake::notified) break;
  }
}

ProxyStatus Proxy::status() const {
  auto status = counted_;
  status.on = config_.on;
  status.open = relays_.size();
  return status;
}

/// Tells the client, as far as that is possible, and the log.
awaitable<void> Relay::tell(Failed failed) {
  ++proxy_->counted_.failed[static_cast<std::size_t>(failed.reason)];
  if (passage_ && !failed.detail.empty()) failed.detail = fmt::format("{} {}", passage_->describe(), failed.detail);
  log::debug("gateway.not_passed", {{"method", request().method},
                                    {"target", request().raw_target},
                                    {"reason", kPassFailures[static_cast<std::size_t>(failed.reason)]},
                                    {"detail", failed.detail}});
  if (!answered_ && failed.reason != PassFailure::client_gone) {
    auto problem = problem_of_failure(failed.reason, failed.detail, proxy_->config_);
    co_await send_problem(call_, std::move(problem));
    co_return;
  }
  // What is not whole must not look whole.
  if (answered_ && framing_ == ClientFraming::close) wire_->abort();
  call_.exchange->passed(answered_ ? parser_.head().status : 0, bytes_, false);
}

}  // namespace holdfast::gateway
