#include "gateway/identity/token.hpp"

#include <algorithm>

#include "base/json.hpp"
#include "gateway/identity/api_keys.hpp"

namespace holdfast::gateway {
namespace {

std::unexpected<Error> wrong(const char* why) { return fail(ErrorCode::invalid_argument, why); }

// Seconds since 1970; issuers also send fractions.
std::optional<double> find_seconds(const json::object& claims, std::string_view name) {
  const auto* value = claims.if_contains(name);
  if (value == nullptr || !value->is_number()) return std::nullopt;
  return value->to_number<double>();
}

bool is_for(const json::object& claims, const std::string& audience) {
  const auto* value = claims.if_contains("aud");
  if (value == nullptr) return false;
  const auto is_it = [&audience](const json::value& item) { return item.is_string() && item.get_string() == audience; };
  return value->is_array() ? std::ranges::any_of(value->get_array(), is_it) : is_it(*value);
}

bool may_have_signed(const VerificationKey& key, const SignedToken& token) {
  return token.algorithm() == to_string(key.algorithm()) && (!token.key_id() || *token.key_id() == key.id());
}

}  // namespace

Result<std::string> check_claims(std::string_view payload, const TokenRules& rules, UnixMillis now) {
  const auto claims = parse_json_object(payload);
  if (!claims) return wrong("the token has no claims");
  if (find_string(*claims, "iss") != std::string_view(rules.issuer)) return wrong("the token is of another issuer");
  if (!is_for(*claims, rules.audience)) return wrong("the token is for another audience");
  const auto seconds = static_cast<double>(now) / 1000;
  const auto skew = static_cast<double>(rules.skew.count());
  const auto expires = find_seconds(*claims, "exp");
  if (!expires) return wrong("the token does not say when it expires");
  if (seconds >= *expires + skew) return wrong("the token has expired");
  const auto begins = find_seconds(*claims, "nbf");
  if (!begins && claims->contains("nbf")) return wrong("the token does not say from when on it is valid");
  if (begins && seconds < *begins - skew) return wrong("the token is not valid yet");
  const auto subject = find_string(*claims, "sub");
  if (!subject || !check_subject(*subject)) return wrong("the token does not say whose it is");
  return std::string(*subject);
}

std::expected<std::string, TokenRefusal> verify_token(std::string_view text, std::span<const VerificationKey> keys,
                                                      const TokenRules& rules, UnixMillis now) {
  const auto refuse = [](std::string why, bool key_unknown = false) {
    return std::unexpected(TokenRefusal{std::move(why), key_unknown});
  };
  const auto token = SignedToken::parse(text);
  if (!token) return refuse(token.error().message());
  bool tried = false;
  for (const auto& key : keys) {
    if (!may_have_signed(key, *token)) continue;
    tried = true;
    const auto payload = token->payload_signed_by(key);
    if (!payload) continue;
    auto subject = check_claims(*payload, rules, now);
    if (!subject) return refuse(subject.error().message());
    return std::move(*subject);
  }
  if (tried) return refuse("the signature of the token is wrong");
  // Other algorithms are never taken, nor another one with a key we have: a newer key set would not help.
  const auto has_its_id = [&token](const VerificationKey& key) { return token->key_id() == key.id(); };
  const bool taken = token->algorithm() == "RS256" || token->algorithm() == "ES256";
  if (taken && std::ranges::none_of(keys, has_its_id))
    return refuse("the key that signed the token is not known", true);
  return refuse("the token is signed in a way that is not accepted");
}

}  // namespace holdfast::gateway
