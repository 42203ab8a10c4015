/// Whether a token is good, and whose it is. Pure: keys, rules and the time are given.
#pragma once

#include <chrono>
#include <expected>
#include <span>

#include "base/clock.hpp"
#include "gateway/identity/jose.hpp"

namespace holdfast::gateway {

struct TokenRules {
  std::string issuer;    ///< `iss` must be this, to the letter.
  std::string audience;  ///< `aud` must be this, or have it in its list.
  /// How far the clocks of the issuer and of this server may be apart.
  std::chrono::seconds skew{60};
};

struct TokenRefusal {
  std::string why;  ///< For people; nothing of the token is in it.
  /// No key that we have fits: a newer key set might.
  bool key_unknown = false;
};

/// The subject of a signed payload: `sub`. Checks `iss`, `aud`, `exp` (required) and `nbf` (if there).
/// invalid_argument: says which of them is wrong.
[[nodiscard]] Result<std::string> check_claims(std::string_view payload, const TokenRules& rules, UnixMillis now);

/// The subject of `token`, when one of `keys` signed it and its claims hold. A token with a key id is tried on the keys
/// of that id only; one without, on all keys of its algorithm.
[[nodiscard]] std::expected<std::string, TokenRefusal> verify_token(std::string_view token,
                                                                    std::span<const VerificationKey> keys,
                                                                    const TokenRules& rules, UnixMillis now);

}  // namespace holdfast::gateway
