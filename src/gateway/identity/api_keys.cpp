#include "gateway/identity/api_keys.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#include <algorithm>
#include <charconv>

#include "base/text.hpp"
#include "gateway/utf8.hpp"

namespace holdfast::gateway {
namespace {

using Digest = std::array<std::uint8_t, SHA256_DIGEST_LENGTH>;

// So that a key is recognized for what it is where it should not be.
constexpr std::string_view kPrefix = "hf_";
constexpr std::size_t kSecretBytes = 32;
constexpr std::size_t kSaltBytes = 16;
constexpr std::string_view kMethod = "sha256:";
// Longer than any key of ours; more is not worth hashing.
constexpr std::size_t kLongestKey = 256;

Digest digest_of(std::string_view salt, std::string_view key) {
  const auto text = std::string(salt) + std::string(key);
  Digest digest;
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  return digest;
}

template <std::size_t Size>
Result<std::array<std::uint8_t, Size>> random_bytes() {
  std::array<std::uint8_t, Size> bytes;
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) {
    return fail(ErrorCode::unavailable, "the system gives no random bytes");
  }
  return bytes;
}

template <class Bytes>
std::string to_hex(const Bytes& bytes) {
  return fmt::format("{:02x}", fmt::join(bytes, ""));
}

std::optional<std::string> from_hex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    std::uint8_t byte = 0;
    const auto* end = text.data() + i + 2;
    const auto [after, ec] = std::from_chars(text.data() + i, end, byte, 16);
    if (ec != std::errc() || after != end) return std::nullopt;
    bytes += static_cast<char>(byte);
  }
  return bytes;
}

}  // namespace

Result<void> check_subject(std::string_view subject) {
  const bool fits = !subject.empty() && subject.size() <= 255;
  if (!fits || !is_utf8(subject) || has_control_character(subject)) {
    return fail(ErrorCode::invalid_argument, "a subject has 1 to 255 bytes and no control characters");
  }
  return {};
}

Result<NewApiKey> make_api_key(std::string_view subject) {
  if (auto checked = check_subject(subject); !checked) return fail(std::move(checked));
  if (subject.contains(' ') || subject.starts_with('#')) {
    return fail(ErrorCode::invalid_argument, "the subject of a key has no spaces and does not begin with '#'");
  }
  const auto secret = random_bytes<kSecretBytes>();
  if (!secret) return std::unexpected(secret.error());
  const auto salt = random_bytes<kSaltBytes>();
  if (!salt) return std::unexpected(salt.error());
  const std::string_view salt_text(reinterpret_cast<const char*>(salt->data()), salt->size());
  NewApiKey made;
  made.key = std::string(kPrefix) + to_hex(*secret);
  made.line = fmt::format("{} {}{}:{}\n", subject, kMethod, to_hex(*salt), to_hex(digest_of(salt_text, made.key)));
  return made;
}

Result<ApiKeys::Entry> ApiKeys::parse_line(std::string_view line) {
  const auto wrong = [] {
    return fail(ErrorCode::invalid_argument, "expected SUBJECT sha256:SALT:HASH, as `holdfast key add` writes it");
  };
  const auto space = line.find_first_of(" \t");
  if (space == std::string_view::npos) return wrong();
  Entry entry;
  entry.subject = line.substr(0, space);
  if (!check_subject(entry.subject)) return wrong();
  auto rest = trim(line.substr(space));
  if (!rest.starts_with(kMethod)) return wrong();
  rest.remove_prefix(kMethod.size());
  const auto colon = rest.find(':');
  if (colon == std::string_view::npos) return wrong();
  auto salt = from_hex(rest.substr(0, colon));
  const auto hash = from_hex(rest.substr(colon + 1));
  if (!salt || salt->empty() || !hash || hash->size() != entry.hash.size()) return wrong();
  entry.salt = std::move(*salt);
  std::ranges::transform(*hash, entry.hash.begin(), [](char c) { return static_cast<std::uint8_t>(c); });
  return entry;
}

Result<ApiKeys> ApiKeys::parse(std::string_view text) {
  ApiKeys keys;
  for (int number = 1; !text.empty(); ++number) {
    const auto end = std::min(text.find('\n'), text.size());
    const auto line = trim(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty() || line.starts_with('#')) continue;
    auto entry = parse_line(line);
    if (!entry) return fail(std::move(entry), fmt::format("line {}", number));
    if (keys.entries_.size() == kMostApiKeys) {
      return fail(ErrorCode::invalid_argument, fmt::format("there are more than {} keys", kMostApiKeys));
    }
    keys.entries_.push_back(std::move(*entry));
  }
  return keys;
}

std::optional<std::string> ApiKeys::subject_of(std::string_view key) const {
  if (!key.starts_with(kPrefix) || key.size() > kLongestKey) return std::nullopt;
  const Entry* found = nullptr;
  for (const auto& entry : entries_) {
    const auto digest = digest_of(entry.salt, key);
    if (CRYPTO_memcmp(digest.data(), entry.hash.data(), digest.size()) == 0) found = &entry;
  }
  if (found == nullptr) return std::nullopt;
  return found->subject;
}

}  // namespace holdfast::gateway
