// Bytes from a stranger, as a token, a header, a key file and a key set. Whatever they are, nothing may crash, and
// nobody gets in: no input can hold a signature or a key of ours.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "gateway/identity/api_keys.hpp"
#include "gateway/identity/credential.hpp"
#include "gateway/identity/token.hpp"

namespace {

using namespace holdfast;
using namespace holdfast::gateway;

constexpr UnixMillis kNow = 1'767'225'600'000;

void require(bool condition) {
  if (!condition) std::abort();
}

// A P-256 key whose private half was thrown away, and a secret that no corpus holds.
const KeySet& our_keys() {
  static const KeySet keys = [] {
    auto set = parse_key_set(
        R"({"keys":[{"kty":"EC","crv":"P-256","kid":"k","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]})");
    require(set.has_value());
    auto secret = VerificationKey::from_secret("a secret that is nowhere else: \x01\x02\x03");
    require(secret.has_value());
    set->push_back(std::move(*secret));
    return std::move(*set);
  }();
  return keys;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  const TokenRules rules{"issuer", "audience"};
  const auto subject = verify_token(text, our_keys(), rules, kNow);
  require(!subject && !subject.error().why.empty());
  if (const auto claimed = check_claims(text, rules, kNow)) require(check_subject(*claimed).has_value());

  Headers headers;
  headers.add("Authorization", std::string(text));
  if (const auto secret = credential_of(headers, KeyHeader::read)) require(text.contains(*secret));

  if (const auto keys = ApiKeys::parse(text)) {
    require(!keys->subject_of("hf_0000000000000000000000000000000000000000000000000000000000000000"));
  }
  if (const auto set = parse_key_set(text)) {
    for (const auto& key : *set) require(key.algorithm() != Algorithm::hs256);
  }
  return 0;
}
