/// Keys and signed tokens (JSON Web Keys, compact JSON Web Signatures) by the cjose library, which no other file
/// includes. Pure.
///
/// The algorithm is the key's, never the token's choice: an RSA key verifies RS256 and nothing else, a P-256 key ES256,
/// a secret HS256. A token that names another algorithm is refused before any arithmetic.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

struct _cjose_jwk_int;
struct _cjose_jws_int;

namespace holdfast::gateway {

enum class Algorithm : unsigned char { rs256, es256, hs256 };

[[nodiscard]] std::string_view to_string(Algorithm algorithm) noexcept;

/// A key that can verify signatures. Copies share it.
class VerificationKey {
 public:
  /// For HS256. invalid_argument: shorter than 32 bytes, which RFC 7518 forbids.
  [[nodiscard]] static Result<VerificationKey> from_secret(std::string_view secret);

  /// From one JSON Web Key. invalid_argument: not a signing key of RSA (2048 bits or more) or P-256.
  [[nodiscard]] static Result<VerificationKey> from_jwk(std::string_view json);

  [[nodiscard]] Algorithm algorithm() const noexcept { return algorithm_; }
  [[nodiscard]] const std::string& id() const noexcept { return id_; }  ///< `kid`; empty when it has none.

 private:
  friend class SignedToken;
  std::shared_ptr<_cjose_jwk_int> key_;
  Algorithm algorithm_ = Algorithm::rs256;
  std::string id_;
};

using KeySet = std::vector<VerificationKey>;

/// The keys of a JSON Web Key Set that we can use; others are skipped.
/// invalid_argument: not such a set, or none of its keys can be used.
[[nodiscard]] Result<KeySet> parse_key_set(std::string_view json);

/// A token whose signature nobody has looked at yet.
class SignedToken {
 public:
  /// invalid_argument: not a compact JWS, longer than 8 KB, or with a `crit` header.
  [[nodiscard]] static Result<SignedToken> parse(std::string_view text);

  [[nodiscard]] const std::string& algorithm() const noexcept { return algorithm_; }  ///< As it claims.
  [[nodiscard]] const std::optional<std::string>& key_id() const noexcept { return key_id_; }

  /// What was signed, if `key` signed it.
  [[nodiscard]] std::optional<std::string> payload_signed_by(const VerificationKey& key) const;

 private:
  std::shared_ptr<_cjose_jws_int> token_;
  std::string algorithm_;
  std::optional<std::string> key_id_;
  std::size_t signature_length_ = 0;  ///< In characters.
};

}  // namespace holdfast::gateway
