/// API keys, as they are kept: only salted hashes, one line for each. Pure but for the random bytes of a new key.
///
/// The file (docs/reference/api-keys.md): `SUBJECT sha256:SALT:HASH`, both in hexadecimal; the hash is SHA-256 of the
/// bytes of the salt and then of the key. A fast hash is enough, because a key has 256 random bits: whoever reads the
/// file cannot try them out. Slow hashes are for secrets that people think up.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace holdfast::gateway {

/// Keys in one file; past it every request would feel the search.
inline constexpr std::size_t kMostApiKeys = 10'000;

/// invalid_argument: not 1 to 255 bytes of UTF-8 without control characters.
[[nodiscard]] Result<void> check_subject(std::string_view subject);

struct NewApiKey {
  std::string key;   ///< Shown once and not kept.
  std::string line;  ///< For the file, with its line end.
};

/// invalid_argument: not a subject, or one with white space or a leading '#', which the file cannot hold.
[[nodiscard]] Result<NewApiKey> make_api_key(std::string_view subject);

class ApiKeys {
 public:
  /// Empty lines and those that begin with '#' are skipped. invalid_argument: a line that cannot be read (its number
  /// is in the message), or too many.
  [[nodiscard]] static Result<ApiKeys> parse(std::string_view text);

  /// Whose key it is. Takes as long for a wrong key as for a right one.
  [[nodiscard]] std::optional<std::string> subject_of(std::string_view key) const;

  [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }

 private:
  struct Entry {
    std::string subject;
    std::string salt;
    std::array<std::uint8_t, 32> hash;
  };
  static Result<Entry> parse_line(std::string_view line);

  std::vector<Entry> entries_;
};

}  // namespace holdfast::gateway
