#include "runs/worker_tokens.hpp"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <sys/random.h>

#include <array>

#include "base/check.hpp"

namespace holdfast::runs {
namespace {

constexpr std::size_t kNameBytes = 8;
constexpr std::size_t kSecretBytes = 32;
constexpr std::size_t kNameEnd = WorkerTokens::kPrefix.size() + 2 * kNameBytes;

std::string new_token() {
  std::array<unsigned char, kNameBytes + kSecretBytes> bytes{};
  HOLDFAST_CHECK(::getrandom(bytes.data(), bytes.size(), 0) == std::ssize(bytes), "the kernel has random bytes");
  std::string token(WorkerTokens::kPrefix);
  for (const auto byte : bytes) token += fmt::format("{:02x}", byte);
  return token;
}

std::string name_of(std::string_view token) { return std::string(token.substr(0, kNameEnd)); }

}  // namespace

WorkerTokens::Hold::~Hold() {
  if (tokens_ != nullptr) tokens_->issued_.erase(name_of(token_));
}

WorkerTokens::Hold WorkerTokens::issue(Grant grant) {
  auto token = new_token();
  issued_[name_of(token)] = Issued{token, std::move(grant)};
  return Hold(this, std::move(token));
}

const WorkerTokens::Grant* WorkerTokens::find(std::string_view token) const {
  const auto found = issued_.find(name_of(token));
  if (found == issued_.end()) return nullptr;
  const auto& issued = found->second;
  const bool same =
      token.size() == issued.token.size() && CRYPTO_memcmp(token.data(), issued.token.data(), token.size()) == 0;
  return same ? &issued.grant : nullptr;
}

}  // namespace holdfast::runs
