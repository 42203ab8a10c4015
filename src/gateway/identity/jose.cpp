#include "gateway/identity/jose.hpp"

#include <cjose/cjose.h>

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <cstdlib>

#include "base/json.hpp"

namespace holdfast::gateway {
namespace {

constexpr std::size_t kLongestToken = 8 * 1024;
constexpr std::size_t kShortestSecret = 32;
constexpr std::size_t kShortestRsaBits = 2048;
constexpr std::size_t kMostKeys = 64;
// Of signatures of 64 and 32 bytes, in base64url.
constexpr std::size_t kEs256Length = 86;
constexpr std::size_t kHs256Length = 43;

// Debian's cjose 0.6.2 ends the process by an assertion when it decodes other things, a "=" in the middle for one
// (found by tests/fuzz/identity). So nothing reaches it that was not looked at here.
bool is_base64url(std::string_view text) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  };
  return text.size() % 4 != 1 && std::ranges::all_of(text, fits);
}

// HEADER.PAYLOAD.SIGNATURE, of which only the payload may be empty.
bool is_compact(std::string_view text) {
  const auto first = text.find('.');
  const auto last = text.rfind('.');
  if (first == last || first == 0 || last + 1 == text.size()) return false;
  return is_base64url(text.substr(0, first)) && is_base64url(text.substr(first + 1, last - first - 1)) &&
         is_base64url(text.substr(last + 1));
}

// The members that make up a public key, and nothing else. Absent: one of them is no number.
std::optional<std::string> public_part(const json::object& key) {
  json::object part;
  for (const std::string_view name : {"kty", "crv", "n", "e", "x", "y"}) {
    const auto value = find_string(key, name);
    if (!value) continue;
    const bool is_number = name.size() == 1;
    if (is_number && (value->empty() || !is_base64url(*value))) return std::nullopt;
    part[name] = *value;
  }
  return json::serialize(part);
}

std::shared_ptr<cjose_jwk_t> share(cjose_jwk_t* key) {
  return {key, [](cjose_jwk_t* owned) { cjose_jwk_release(owned); }};
}

// What the key may be used for by its type; nothing for types and curves that we do not take.
std::optional<Algorithm> algorithm_of(const cjose_jwk_t* key) {
  cjose_err error{};
  switch (cjose_jwk_get_kty(key, &error)) {
    case CJOSE_JWK_KTY_RSA:
      if (cjose_jwk_get_keysize(key, &error) < kShortestRsaBits) return std::nullopt;
      return Algorithm::rs256;
    case CJOSE_JWK_KTY_EC:
      if (cjose_jwk_EC_get_curve(key, &error) != CJOSE_JWK_EC_P_256) return std::nullopt;
      return Algorithm::es256;
    // A secret in a key set would make the set a secret: whoever can read it could sign.
    case CJOSE_JWK_KTY_OCT: return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace

std::string_view to_string(Algorithm algorithm) noexcept {
  switch (algorithm) {
    case Algorithm::rs256: return "RS256";
    case Algorithm::es256: return "ES256";
    case Algorithm::hs256: return "HS256";
  }
  std::unreachable();
}

Result<VerificationKey> VerificationKey::from_secret(std::string_view secret) {
  if (secret.size() < kShortestSecret) {
    return fail(ErrorCode::invalid_argument, "a secret for signing has at least 32 bytes");
  }
  cjose_err error{};
  auto* key = cjose_jwk_create_oct_spec(reinterpret_cast<const std::uint8_t*>(secret.data()), secret.size(), &error);
  if (key == nullptr) return fail(ErrorCode::internal, "the secret cannot be used");
  VerificationKey made;
  made.key_ = share(key);
  made.algorithm_ = Algorithm::hs256;
  return made;
}

Result<VerificationKey> VerificationKey::from_jwk(std::string_view json) {
  const auto unusable = [](const char* why) { return fail(ErrorCode::invalid_argument, why); };
  const auto members = parse_json_object(json);
  if (!members) return unusable("not a JSON Web Key");
  if (const auto use = find_string(*members, "use"); use && *use != "sig") return unusable("not a key for signing");
  cjose_err error{};
  const auto text = public_part(*members);
  if (!text) return unusable("not a JSON Web Key");
  auto key = share(cjose_jwk_import(text->data(), text->size(), &error));
  if (!key) return unusable("not a JSON Web Key of a known type");
  const auto algorithm = algorithm_of(key.get());
  if (!algorithm) return unusable("neither an RSA key of 2048 bits or more nor one of P-256");
  if (const auto named = find_string(*members, "alg"); named && *named != to_string(*algorithm)) {
    return unusable("a key for another algorithm");
  }
  VerificationKey made;
  made.key_ = std::move(key);
  made.algorithm_ = *algorithm;
  made.id_ = find_string(*members, "kid").value_or("");
  return made;
}

Result<KeySet> parse_key_set(std::string_view text) {
  const auto set = parse_json_object(text);
  const auto* list = set ? set->if_contains("keys") : nullptr;
  if (list == nullptr || !list->is_array()) {
    return fail(ErrorCode::invalid_argument, "this is no JSON Web Key Set (an object with a list \"keys\")");
  }
  KeySet keys;
  for (const auto& item : list->get_array()) {
    if (!item.is_object() || keys.size() == kMostKeys) continue;
    auto key = VerificationKey::from_jwk(json::serialize(item));
    if (key) keys.push_back(std::move(*key));
  }
  if (keys.empty()) {
    return fail(ErrorCode::invalid_argument,
                "the key set has no key for RS256 (RSA, 2048 bits or more) or ES256 (P-256)");
  }
  return keys;
}

Result<SignedToken> SignedToken::parse(std::string_view text) {
  const auto malformed = [] { return fail(ErrorCode::invalid_argument, "this is no signed token"); };
  if (text.size() > kLongestToken) return fail(ErrorCode::invalid_argument, "the token is longer than 8 KB");
  if (!is_compact(text)) return malformed();
  cjose_err error{};
  SignedToken token;
  token.token_ = {cjose_jws_import(text.data(), text.size(), &error),
                  [](cjose_jws_t* owned) { cjose_jws_release(owned); }};
  if (!token.token_) return malformed();
  auto* header = cjose_jws_get_protected(token.token_.get());
  const char* algorithm = cjose_header_get(header, CJOSE_HDR_ALG, &error);
  if (algorithm == nullptr) return malformed();
  // An extension that must be understood, by RFC 7515. We understand none.
  char* critical = cjose_header_get_raw(header, "crit", &error);
  const bool has_critical = critical != nullptr;
  std::free(critical);
  if (has_critical) return fail(ErrorCode::invalid_argument, "the token needs an extension that is not known");
  token.algorithm_ = algorithm;
  token.signature_length_ = text.size() - (text.rfind('.') + 1);
  if (const char* id = cjose_header_get(header, CJOSE_HDR_KID, &error); id != nullptr) token.key_id_ = id;
  return token;
}

std::optional<std::string> SignedToken::payload_signed_by(const VerificationKey& key) const {
  if (algorithm_ != to_string(key.algorithm())) return std::nullopt;
  // cjose does not mind what follows a signature of fixed length. Of RSA, OpenSSL checks the length.
  if (key.algorithm() == Algorithm::es256 && signature_length_ != kEs256Length) return std::nullopt;
  if (key.algorithm() == Algorithm::hs256 && signature_length_ != kHs256Length) return std::nullopt;
  cjose_err error{};
  if (!cjose_jws_verify(token_.get(), key.key_.get(), &error)) return std::nullopt;
  std::uint8_t* payload = nullptr;
  std::size_t size = 0;
  if (!cjose_jws_get_plaintext(token_.get(), &payload, &size, &error)) return std::nullopt;
  return std::string(reinterpret_cast<const char*>(payload), size);
}

}  // namespace holdfast::gateway
