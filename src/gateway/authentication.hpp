/// Who asks: the subject of a request, by the way the settings name (docs/decisions/0007-identity.md).
///
/// Ownership: one for the gateway; borrows the clock. Runs on: supervisor strand.
/// Invariant: a failure is never a subject. What cannot be checked now is `unavailable`, not refused and not let in.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "gateway/identity/key_file.hpp"
#include "gateway/identity/key_ring.hpp"
#include "gateway/identity/token.hpp"
#include "gateway/message.hpp"
#include "gateway/subject.hpp"

namespace holdfast::gateway {

enum class AuthMode : unsigned char {
  none,     ///< Everybody who reaches the loopback address is the one local user, and administrator.
  api_key,  ///< Keys from a file.
  oidc,     ///< Tokens of an identity provider.
  test,     ///< Tokens signed with a secret; on a loopback address only.
};

struct AuthConfig {
  AuthMode mode = AuthMode::none;
  std::vector<std::string> admins;  ///< Subjects.
  std::string key_file;             ///< api_key.
  TokenRules rules;                 ///< oidc, test.
  std::string key_set;              ///< oidc: path or address of the provider's keys.
  std::string test_secret;          ///< test.
  KeyRingTimes times;
};

/// The owner of everything while there is no login.
inline constexpr std::string_view kLocalOwner = "local";

/// `iss` of test tokens.
inline constexpr std::string_view kTestIssuer = "test_issuer";

class Authentication {
 public:
  Authentication(asio::any_io_executor executor, const Clock& clock, AuthConfig config);
  ~Authentication();
  Authentication(const Authentication&) = delete;
  Authentication& operator=(const Authentication&) = delete;

  /// Reads keys and checks that the settings can be used. `loopback`: only this machine can reach the server.
  /// failed_precondition, invalid_argument, not_found: they cannot, and the message names the setting.
  Result<void> open(bool loopback);

  void start();
  void stop();

  /// Whether a request has to say who it is from.
  [[nodiscard]] bool required() const noexcept { return config_.mode != AuthMode::none; }

  /// not_found: the request does not say; invalid_argument: what it says is wrong; unavailable: cannot be checked now.
  awaitable<Result<Subject>> identify(const Request* request);

 private:
  Result<std::string> owner_of_key(const Request& request);
  awaitable<Result<std::string>> owner_of_token(const Request* request);

  AuthConfig config_;
  const Clock& clock_;
  KeyFile key_file_;
  KeySet test_keys_;
  std::shared_ptr<KeyRing> ring_;
};

/// The answer to a request whose subject is not known: 401 with WWW-Authenticate, or 503.
[[nodiscard]] Response unauthenticated(const Error& error, std::string_view instance);

}  // namespace holdfast::gateway
