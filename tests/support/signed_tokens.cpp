#include "tests/support/signed_tokens.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <algorithm>

#include "base/check.hpp"

namespace holdfast::testing {
namespace {

using Bytes = std::vector<unsigned char>;

std::shared_ptr<EVP_PKEY> share(EVP_PKEY* key) {
  HOLDFAST_CHECK(key != nullptr, "OpenSSL makes a key");
  return {key, EVP_PKEY_free};
}

std::string text_of(const unsigned char* bytes, std::size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

std::string number_of(const TestKey& key, const char* name, int size = 0) {
  BIGNUM* number = nullptr;
  HOLDFAST_CHECK(EVP_PKEY_get_bn_param(key.key.get(), name, &number) == 1, "the key has this part");
  const int length = std::max(size, BN_num_bytes(number));
  Bytes bytes(static_cast<std::size_t>(length));
  BN_bn2binpad(number, bytes.data(), length);
  BN_free(number);
  return base64url(text_of(bytes.data(), bytes.size()));
}

// ES256 signs with the two numbers side by side, where OpenSSL gives ASN.1.
std::string raw_signature(const Bytes& der) {
  const auto* begin = der.data();
  ECDSA_SIG* signature = d2i_ECDSA_SIG(nullptr, &begin, static_cast<long>(der.size()));
  Bytes raw(64);
  BN_bn2binpad(ECDSA_SIG_get0_r(signature), raw.data(), 32);
  BN_bn2binpad(ECDSA_SIG_get0_s(signature), raw.data() + 32, 32);
  ECDSA_SIG_free(signature);
  return text_of(raw.data(), raw.size());
}

std::string signature_of(const TestKey& key, const std::string& text) {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
  std::size_t size = 0;
  HOLDFAST_CHECK(EVP_DigestSignInit(context, nullptr, EVP_sha256(), nullptr, key.key.get()) == 1, "the key signs");
  HOLDFAST_CHECK(EVP_DigestSign(context, nullptr, &size, bytes, text.size()) == 1, "the key signs");
  Bytes signature(size);
  HOLDFAST_CHECK(EVP_DigestSign(context, signature.data(), &size, bytes, text.size()) == 1, "the key signs");
  signature.resize(size);
  EVP_MD_CTX_free(context);
  return key.algorithm == "ES256" ? raw_signature(signature) : text_of(signature.data(), signature.size());
}

}  // namespace

TestKey make_rsa_key(std::string id, unsigned bits) { return {share(EVP_RSA_gen(bits)), "RS256", std::move(id)}; }

TestKey make_p256_key(std::string id) { return {share(EVP_EC_gen("P-256")), "ES256", std::move(id)}; }

std::string public_jwk(const TestKey& key) {
  const auto common = fmt::format(R"("kid":"{}","alg":"{}","use":"sig")", key.id, key.algorithm);
  if (key.algorithm == "RS256") {
    return fmt::format(R"({{"kty":"RSA",{},"n":"{}","e":"{}"}})", common, number_of(key, OSSL_PKEY_PARAM_RSA_N),
                       number_of(key, OSSL_PKEY_PARAM_RSA_E));
  }
  return fmt::format(R"({{"kty":"EC","crv":"P-256",{},"x":"{}","y":"{}"}})", common,
                     number_of(key, OSSL_PKEY_PARAM_EC_PUB_X, 32), number_of(key, OSSL_PKEY_PARAM_EC_PUB_Y, 32));
}

std::string key_set(const std::vector<std::string>& jwks) {
  return fmt::format(R"({{"keys":[{}]}})", fmt::join(jwks, ","));
}

std::string public_pem(const TestKey& key) {
  BIO* bio = BIO_new(BIO_s_mem());
  PEM_write_bio_PUBKEY(bio, key.key.get());
  char* data = nullptr;
  const auto size = BIO_get_mem_data(bio, &data);
  std::string pem(data, static_cast<std::size_t>(size));
  BIO_free(bio);
  return pem;
}

std::string base64url(std::string_view bytes) {
  std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  const int length =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                      reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(length));
  std::ranges::replace(text, '+', '-');
  std::ranges::replace(text, '/', '_');
  text.resize(std::min(text.size(), text.find('=')));
  return text;
}

std::string unsigned_token(std::string_view header, std::string_view payload) {
  return base64url(header) + "." + base64url(payload);
}

std::string sign(const TestKey& key, std::string_view payload) {
  return sign_with_header(key, fmt::format(R"({{"alg":"{}","kid":"{}"}})", key.algorithm, key.id), payload);
}

std::string sign_with_header(const TestKey& key, std::string_view header, std::string_view payload) {
  const auto text = unsigned_token(header, payload);
  return text + "." + base64url(signature_of(key, text));
}

std::string sign_hs256(std::string_view secret, std::string_view header, std::string_view payload) {
  const auto text = unsigned_token(header, payload);
  unsigned char digest[32];
  unsigned size = 0;
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest, &size);
  return text + "." + base64url(text_of(digest, size));
}

}  // namespace holdfast::testing
