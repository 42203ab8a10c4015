// Which tokens are taken, and whose they are. Every bad token is one line of a table.
#include "gateway/identity/token.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "tests/support/signed_tokens.hpp"

namespace holdfast::gateway {
namespace {

using testing::base64url;
using ::testing::HasSubstr;
using testing::sign;
using testing::sign_hs256;
using testing::sign_with_header;
using testing::TestKey;
using testing::unsigned_token;

constexpr UnixMillis kNow = 1'767'225'600'000;
constexpr std::int64_t kNowSeconds = kNow / 1000;
const std::string kSecret = "0123456789abcdef0123456789abcdef";

// Making RSA keys takes long under a sanitizer: once for all tests.
const TestKey& rsa() {
  static const auto key = testing::make_rsa_key("rsa-1");
  return key;
}
const TestKey& ec() {
  static const auto key = testing::make_p256_key("ec-1");
  return key;
}

KeySet key_set_of(const std::vector<TestKey>& keys) {
  std::vector<std::string> jwks;
  for (const auto& key : keys) jwks.push_back(testing::public_jwk(key));
  return parse_key_set(testing::key_set(jwks)).value();
}

std::string claims_with(std::string_view extra) {
  return fmt::format(R"({{"iss":"https://id.example","aud":"holdfast","sub":"ada","exp":{}{}}})", kNowSeconds + 600,
                     extra);
}
std::string good_claims() { return claims_with(""); }

const TokenRules kRules{"https://id.example", "holdfast"};

std::expected<std::string, TokenRefusal> verify(std::string_view token) {
  static const auto keys = key_set_of({rsa(), ec()});
  return verify_token(token, keys, kRules, kNow);
}

TEST(TokenTest, AGoodTokenNamesItsSubject) {
  for (const auto& key : {rsa(), ec()}) {
    const auto subject = verify(sign(key, good_claims()));
    ASSERT_TRUE(subject) << subject.error().why;
    EXPECT_EQ(*subject, "ada");
  }
}

TEST(TokenTest, ATokenWithoutKeyIdIsTriedOnEveryKeyOfItsAlgorithm) {
  EXPECT_TRUE(verify(sign_with_header(ec(), R"({"alg":"ES256"})", good_claims())));
  EXPECT_TRUE(verify(sign_with_header(rsa(), R"({"alg":"RS256","typ":"JWT"})", good_claims())));
}

struct ClaimsCase {
  std::string claims;
  const char* why;  ///< Null: taken.
};

TEST(TokenTest, ClaimsAreTakenOrRefusedAsListed) {
  const auto with = [](std::string_view iss, std::string_view aud, std::int64_t exp, std::string_view rest) {
    return fmt::format(R"({{"iss":{},"aud":{},"exp":{},{}}})", iss, aud, exp, rest);
  };
  const auto in = [&](std::int64_t seconds) {
    return with(R"("https://id.example")", R"("holdfast")", kNowSeconds + seconds, R"("sub":"ada")");
  };
  const auto begins_in = [](std::int64_t seconds) {
    return claims_with(fmt::format(R"(,"nbf":{})", kNowSeconds + seconds));
  };
  const std::string iss = R"("https://id.example")";
  const std::string aud = R"("holdfast")";
  const std::string sub = R"("sub":"ada")";
  const auto later = kNowSeconds + 600;
  const ClaimsCase cases[] = {
      {with(iss, R"(["other","holdfast"])", later, sub), nullptr},
      {claims_with(R"(,"nbf":12.5)"), nullptr},
      // A minute of clock skew, both ways.
      {in(-59), nullptr},
      {in(-60), "expired"},
      {in(-100'000), "expired"},
      {begins_in(60), nullptr},
      {begins_in(61), "not valid yet"},
      {claims_with(R"(,"nbf":"now")"), "from when on"},
      {with(iss, aud, 0, sub), "expired"},
      {R"({"iss":"https://id.example","aud":"holdfast","sub":"ada"})", "when it expires"},
      {R"({"iss":"https://id.example","aud":"holdfast","sub":"ada","exp":"9999999999"})", "when it expires"},
      {R"({"iss":"https://id.example","aud":"holdfast","sub":"ada","exp":1e300})", nullptr},
      {with(R"("https://id.example/")", aud, later, sub), "another issuer"},
      {with(R"("HTTPS://ID.EXAMPLE")", aud, later, sub), "another issuer"},
      {with("7", aud, later, sub), "another issuer"},
      {with(R"("")", aud, later, sub), "another issuer"},
      {with(iss, R"("holdfast2")", later, sub), "another audience"},
      {with(iss, R"("")", later, sub), "another audience"},
      {with(iss, R"([])", later, sub), "another audience"},
      {with(iss, R"([["holdfast"]])", later, sub), "another audience"},
      {with(iss, R"({"holdfast":true})", later, sub), "another audience"},
      {with(iss, aud, later, R"("sub":"")"), "whose"},
      {with(iss, aud, later, R"("sub":7)"), "whose"},
      {with(iss, aud, later, R"("sub":null)"), "whose"},
      {with(iss, aud, later, R"("sub":"a\u0000b")"), "whose"},
      {with(iss, aud, later, R"("sub":"a\nb")"), "whose"},
      {with(iss, aud, later, R"("sub":")" + std::string(256, 'a') + '"'), "whose"},
      {with(iss, aud, later, R"("subject":"ada")"), "whose"},
      {"[]", "no claims"},
      {"{", "no claims"},
      {"", "no claims"},
      {"\xff\xfe", "no claims"},
      {good_claims() + "{}", "no claims"},
      {std::string(3000, '['), "no claims"},
  };
  for (const auto& c : cases) {
    const auto subject = verify(sign(ec(), c.claims));
    if (c.why == nullptr) {
      EXPECT_TRUE(subject) << c.claims << ": " << subject.error().why;
    } else {
      ASSERT_FALSE(subject) << c.claims;
      EXPECT_THAT(subject.error().why, HasSubstr(c.why)) << c.claims;
      EXPECT_FALSE(subject.error().key_unknown) << c.claims;
    }
  }
}

TEST(TokenTest, TokensThatNoKeyOfOursSignedAreRefused) {
  const auto stranger = testing::make_p256_key("ec-1");
  const auto good = sign(ec(), good_claims());
  const auto rsa_signed = sign(rsa(), good_claims());
  const auto body = good.substr(0, good.rfind('.'));
  const auto signature = good.substr(good.rfind('.'));
  const auto pem = testing::public_pem(rsa());
  const auto none = unsigned_token(R"({"alg":"none"})", good_claims());
  const std::string bad[] = {
      // The algorithm is not the token's to choose.
      none + ".",
      none,
      unsigned_token(R"({"alg":"None","kid":"ec-1"})", good_claims()) + ".",
      unsigned_token(R"({"alg":"none","kid":"ec-1"})", good_claims()) + signature,
      sign_hs256(pem, R"({"alg":"HS256","kid":"rsa-1"})", good_claims()),
      sign_hs256(pem, R"({"alg":"HS256"})", good_claims()),
      sign_hs256(testing::public_jwk(ec()), R"({"alg":"HS256","kid":"ec-1"})", good_claims()),
      sign_with_header(ec(), R"({"alg":"RS256","kid":"ec-1"})", good_claims()),
      sign_with_header(rsa(), R"({"alg":"ES256","kid":"rsa-1"})", good_claims()),
      sign_with_header(rsa(), R"({"alg":"RS512","kid":"rsa-1"})", good_claims()),
      sign_with_header(rsa(), R"({"alg":"PS256","kid":"rsa-1"})", good_claims()),
      sign_with_header(ec(), R"({"alg":"es256","kid":"ec-1"})", good_claims()),
      sign_with_header(ec(), R"({"kid":"ec-1"})", good_claims()),
      sign_with_header(ec(), R"({"alg":7,"kid":"ec-1"})", good_claims()),
      // Keys inside the token count for nothing.
      sign_with_header(stranger, R"({"alg":"ES256","kid":"ec-1","jwk":)" + testing::public_jwk(stranger) + "}",
                       good_claims()),
      sign_with_header(stranger, R"({"alg":"ES256","jku":"http://127.0.0.1:1/keys"})", good_claims()),
      // Somebody else's key, under our id.
      sign(stranger, good_claims()),
      // Parts of good tokens.
      body + ".",
      body,
      good.substr(1),
      good.substr(0, good.size() - 4),
      good + "A",
      good + "AAAA",
      good + "=",
      rsa_signed + "A",
      rsa_signed + "AAAA",
      good + "." + good,
      good.substr(good.find('.')),
      body + rsa_signed.substr(rsa_signed.rfind('.')),
      unsigned_token(R"({"alg":"ES256","kid":"ec-1"})", claims_with(R"(,"role":"admin")")) + signature,
      // Extensions that have to be understood.
      sign_with_header(ec(), R"({"alg":"ES256","kid":"ec-1","crit":["b64"],"b64":false})", good_claims()),
      // Not tokens at all.
      "",
      ".",
      "..",
      "...",
      "a.b.c",
      "====.====.====",
      // The first of these ends cjose, if it reaches it.
      "eyJhbGciOiJFUzI1NiJ9.e30.AAAAA=AA",
      "eyJhbGciOiJFUzI1NiJ9.e30=A.AAAA",
      "eyJhbGciOiJFUzI1NiJ9.e3 0.AAAA",
      "eyJhbGciOiJFUzI1NiJ9.e+0/.AAAA",
      "ada",
      base64url("{}") + "." + base64url("{}") + ".",
      base64url("[]") + "." + base64url("{}") + "." + base64url("x"),
      base64url(std::string(2000, '[')) + "." + base64url("{}") + "." + base64url("x"),
      std::string(8000, 'A'),
      std::string(1'000'000, 'A') + ".A.A",
  };
  for (const auto& token : bad) {
    const auto subject = verify(token);
    ASSERT_FALSE(subject) << token.substr(0, 400) << " gave " << *subject;
    EXPECT_FALSE(subject.error().key_unknown) << token.substr(0, 400);
  }
}

TEST(TokenTest, AnySignatureWithOneBitChangedIsRefused) {
  const auto good = sign(ec(), good_claims());
  const auto dot = good.rfind('.');
  // The last character holds bits that are not part of the signature.
  for (std::size_t i = dot + 1; i + 1 < good.size(); ++i) {
    auto changed = good;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(verify(changed)) << i;
  }
}

TEST(TokenTest, OnlyAnUnknownKeyOfATakenAlgorithmIsReasonToLookForNewKeys) {
  const auto newer = testing::make_p256_key("ec-2");
  const auto subject = verify(sign(newer, good_claims()));
  ASSERT_FALSE(subject);
  EXPECT_TRUE(subject.error().key_unknown);
  EXPECT_FALSE(verify(sign_hs256(kSecret, R"({"alg":"HS256","kid":"new"})", good_claims())).error().key_unknown);
}

TEST(TokenTest, ASecretTakesTestTokensAndNothingElse) {
  const KeySet keys{VerificationKey::from_secret(kSecret).value()};
  const auto take = [&](const std::string& token) { return verify_token(token, keys, kRules, kNow).has_value(); };
  EXPECT_TRUE(take(sign_hs256(kSecret, R"({"alg":"HS256","typ":"JWT"})", good_claims())));
  EXPECT_FALSE(take(sign_hs256(kSecret, R"({"alg":"HS256"})", good_claims()) + "A"));
  EXPECT_FALSE(take(sign_hs256(kSecret + "x", R"({"alg":"HS256"})", good_claims())));
  EXPECT_FALSE(take(sign_hs256("", R"({"alg":"HS256"})", good_claims())));
  EXPECT_FALSE(take(sign_hs256(kSecret, R"({"alg":"HS512"})", good_claims())));
  EXPECT_FALSE(take(unsigned_token(R"({"alg":"none"})", good_claims()) + "."));
  EXPECT_FALSE(take(sign(ec(), good_claims())));
}

TEST(TokenTest, AShortSecretIsRefused) {
  EXPECT_FALSE(VerificationKey::from_secret(std::string(31, 's')));
  EXPECT_FALSE(VerificationKey::from_secret(""));
}

TEST(KeySetTest, KeysThatCannotBeUsedAreSkipped) {
  const auto weak = testing::make_rsa_key("weak", 1024);
  auto for_encryption = testing::public_jwk(testing::make_p256_key("enc"));
  for_encryption.replace(for_encryption.find("\"sig\""), 5, "\"enc\"");
  auto other_algorithm = testing::public_jwk(rsa());
  other_algorithm.replace(other_algorithm.find("RS256"), 5, "RS512");
  const std::vector<std::string> jwks{
      R"({"kty":"oct","kid":"secret","k":"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY"})",
      R"({"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})",
      R"({"kty":"RSA","kid":"half","n":"AQAB"})",
      R"({"kty":"RSA","n":"AAAAA=AA","e":"AQAB"})",
      R"({"kty":"EC","crv":"P-256","x":"A","y":"AAAAA=AA"})",
      R"({"kty":"EC","crv":"P-256","x":"","y":""})",
      R"({"kty":"EC","crv":"P-256","x":"AAAA","y":"AAAA"})",
      R"({"kty":"RSA","n":"","e":""})",
      R"({"kid":"empty"})",
      "{}",
      "7",
      testing::public_jwk(weak),
      for_encryption,
      other_algorithm,
  };
  EXPECT_FALSE(parse_key_set(testing::key_set(jwks)));
  auto with_good = jwks;
  with_good.push_back(testing::public_jwk(ec()));
  const auto keys = parse_key_set(testing::key_set(with_good));
  ASSERT_TRUE(keys) << keys.error().message();
  ASSERT_EQ(keys->size(), 1U);
  EXPECT_EQ(keys->front().id(), "ec-1");
}

TEST(KeySetTest, WhatIsNoKeySetIsRefused) {
  for (const auto* text : {"", "{", "[]", "{}", R"({"keys":{}})", R"({"keys":[]})", "<html>"}) {
    EXPECT_FALSE(parse_key_set(text)) << text;
  }
}

}  // namespace
}  // namespace holdfast::gateway
