/// Keys and signed tokens for tests, made with OpenSSL alone: what the program verifies is not signed by the library
/// it verifies with. Any thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

struct evp_pkey_st;

namespace holdfast::testing {

/// A private key that signs as RS256 (RSA) or ES256 (P-256).
struct TestKey {
  std::shared_ptr<evp_pkey_st> key;
  std::string algorithm;
  std::string id;
};

[[nodiscard]] TestKey make_rsa_key(std::string id, unsigned bits = 2048);
[[nodiscard]] TestKey make_p256_key(std::string id);

/// The public half as a JSON Web Key with `kid`, `alg` and `use`.
[[nodiscard]] std::string public_jwk(const TestKey& key);
[[nodiscard]] std::string key_set(const std::vector<std::string>& jwks);
[[nodiscard]] std::string public_pem(const TestKey& key);

[[nodiscard]] std::string base64url(std::string_view bytes);

/// "HEADER.PAYLOAD" of two JSON texts.
[[nodiscard]] std::string unsigned_token(std::string_view header, std::string_view payload);

/// A token of `payload`, with a header that tells the key's own algorithm and id.
[[nodiscard]] std::string sign(const TestKey& key, std::string_view payload);
[[nodiscard]] std::string sign_with_header(const TestKey& key, std::string_view header, std::string_view payload);
[[nodiscard]] std::string sign_hs256(std::string_view secret, std::string_view header, std::string_view payload);

}  // namespace holdfast::testing
