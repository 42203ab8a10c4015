#include "gateway/identity/credential.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace holdfast::gateway {
namespace {

constexpr std::string_view kScheme = "bearer";

// The characters of RFC 6750, "b64token". Our own keys have no others.
bool is_secret_character(char c) {
  const bool letter_or_digit = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  return letter_or_digit || std::string_view("-._~+/=").contains(c);
}

Result<std::string_view> checked(std::string_view secret) {
  if (secret.empty() || !std::ranges::all_of(secret, is_secret_character)) {
    return fail(ErrorCode::invalid_argument, "the token or key is malformed");
  }
  return secret;
}

std::unexpected<Error> sent_twice() {
  return fail(ErrorCode::invalid_argument, "the request carries more than one token or key");
}

}  // namespace

Result<std::string_view> credential_of(const Headers& headers, KeyHeader key_header) {
  if (key_header == KeyHeader::read && headers.contains("X-Api-Key")) {
    if (headers.count("X-Api-Key") > 1) return sent_twice();
    return checked(trim(*headers.find("X-Api-Key")));
  }
  const auto header = headers.find("Authorization");
  if (!header) return fail(ErrorCode::not_found, "the request carries no token or key");
  if (headers.count("Authorization") > 1) return sent_twice();
  const auto value = trim(*header);
  const auto space = value.find(' ');
  if (to_lower_ascii(value.substr(0, space)) != kScheme) {
    return fail(ErrorCode::invalid_argument, "the Authorization header is not of the Bearer scheme");
  }
  return checked(space == std::string_view::npos ? std::string_view() : trim(value.substr(space)));
}

}  // namespace holdfast::gateway
