#include "gateway/authentication.hpp"

#include <algorithm>

#include "base/log.hpp"
#include "gateway/identity/credential.hpp"
#include "gateway/problem.hpp"

namespace holdfast::gateway {
namespace {

Result<void> need(const std::string& value, const char* setting) {
  if (!value.empty()) return {};
  return fail(ErrorCode::failed_precondition, std::string("auth.mode = oidc needs ") + setting);
}

Result<std::string> subject_or_error(std::expected<std::string, TokenRefusal> verdict) {
  if (verdict) return std::move(*verdict);
  return fail(ErrorCode::invalid_argument, std::move(verdict.error().why));
}

}  // namespace

Authentication::Authentication(asio::any_io_executor executor, const Clock& clock, AuthConfig config)
    : config_(std::move(config)), clock_(clock), key_file_(config_.key_file, clock) {
  if (config_.mode == AuthMode::oidc) {
    ring_ = std::make_shared<KeyRing>(std::move(executor), clock, config_.key_set, config_.times);
  }
}

Authentication::~Authentication() { stop(); }

Result<void> Authentication::open(bool loopback) {
  switch (config_.mode) {
    case AuthMode::none:
      if (loopback) return {};
      return fail(ErrorCode::failed_precondition,
                  "with auth.mode = none Holdfast listens on a loopback address only; use 127.0.0.1 or [::1], or set "
                  "auth.mode to api-key or oidc");
    case AuthMode::api_key: return key_file_.open();
    case AuthMode::oidc: {
      for (const auto& [value, setting] :
           {std::pair{&config_.rules.issuer, "auth.issuer"}, std::pair{&config_.rules.audience, "auth.audience"},
            std::pair{&config_.key_set, "auth.jwks"}}) {
        if (auto given = need(*value, setting); !given) return given;
      }
      auto opened = ring_->open();
      if (!opened) return fail(std::move(opened), "auth.jwks");
      return {};
    }
    case AuthMode::test: {
      if (!loopback) {
        return fail(ErrorCode::failed_precondition,
                    "test tokens (USE_TEST_TOKENS) are taken on a loopback address only; use 127.0.0.1 or [::1]");
      }
      if (config_.rules.audience.empty()) {
        return fail(ErrorCode::failed_precondition, "USE_TEST_TOKENS needs auth.audience (GOOGLE_CLIENT_ID)");
      }
      auto key = VerificationKey::from_secret(config_.test_secret);
      if (!key) return fail(std::move(key), "auth.test_secret (HOLDFAST_TEST_TOKEN_SECRET)");
      test_keys_ = {std::move(*key)};
      log::warning("gateway.test_tokens_are_taken");
      return {};
    }
  }
  std::unreachable();
}

void Authentication::start() {
  if (ring_) ring_->start();
}

void Authentication::stop() {
  if (ring_) ring_->stop();
}

awaitable<Result<Subject>> Authentication::identify(const Request* request) {
  Subject subject;
  if (config_.mode == AuthMode::none) {
    subject.owner = kLocalOwner;
    subject.admin = true;
    co_return subject;
  }
  Result<std::string> owner = fail(ErrorCode::internal, "not asked yet");
  if (config_.mode == AuthMode::api_key) {
    owner = owner_of_key(*request);
  } else {
    owner = co_await owner_of_token(request);
  }
  if (!owner) co_return fail(std::move(owner));
  subject.admin = std::ranges::find(config_.admins, *owner) != config_.admins.end();
  subject.owner = std::move(*owner);
  co_return subject;
}

Result<std::string> Authentication::owner_of_key(const Request& request) {
  const auto key = credential_of(request.headers, KeyHeader::read);
  if (!key) return std::unexpected(key.error());
  auto subject = key_file_.keys().subject_of(*key);
  if (!subject) return fail(ErrorCode::invalid_argument, "the key is not known");
  return std::move(*subject);
}

awaitable<Result<std::string>> Authentication::owner_of_token(const Request* request) {
  const auto token = credential_of(request->headers, KeyHeader::ignored);
  if (!token) co_return std::unexpected(token.error());
  if (!ring_) co_return subject_or_error(verify_token(*token, test_keys_, config_.rules, clock_.wall()));
  auto verdict = verify_token(*token, ring_->keys(), config_.rules, clock_.wall());
  if (verdict || !verdict.error().key_unknown) co_return subject_or_error(std::move(verdict));
  const bool renewed = co_await ring_->renew();
  if (renewed) verdict = verify_token(*token, ring_->keys(), config_.rules, clock_.wall());
  if (!verdict && verdict.error().key_unknown && !ring_->fresh()) {
    co_return fail(ErrorCode::unavailable, "the keys of the identity provider cannot be read now");
  }
  co_return subject_or_error(std::move(verdict));
}

Response unauthenticated(const Error& error, std::string_view instance) {
  if (error.code() == ErrorCode::unavailable) {
    auto problem = make_problem(503, "identity-unavailable", "Who you are cannot be checked now", error.message());
    problem.code = to_string(error.code());
    problem.retryable = true;
    problem.retry_after = std::chrono::seconds(5);
    return to_response(problem, instance);
  }
  auto problem = make_problem(401, "unauthenticated", "Who are you?", error.message());
  problem.retryable = false;
  auto response = to_response(problem, instance);
  std::string challenge = "Bearer realm=\"holdfast\"";
  // RFC 6750: no error code for a request that did not try.
  if (error.code() != ErrorCode::not_found) {
    challenge += ", error=\"invalid_token\", error_description=\"" + error.message() + "\"";
  }
  response.headers.add("WWW-Authenticate", std::move(challenge));
  return response;
}

}  // namespace holdfast::gateway
