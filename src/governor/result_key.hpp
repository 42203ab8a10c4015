/// What must be equal for one answer to stand for another. Pure.
///
/// Invariant: two keys are equal only if every part is, byte for byte (after normalise_prompt): the parts go into the
/// digest with their lengths, so that no two lists of parts spell the same text.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace holdfast::governor {

/// Without white space at both ends, with one kind of line end. Nothing else: inside a prompt every byte may mean
/// something (a quoted name, an indented table).
[[nodiscard]] std::string normalise_prompt(std::string_view prompt);

struct ResultKeyParts {
  std::string_view prompt;  ///< As it was sent.
  std::string_view route;
  std::string_view data_version;  ///< Of everything the answer is computed from: the data file, the worker's program.
  std::string_view user_scope;    ///< Who may see the answer: the owner, or one name for all where all see the same.
  /// Whatever else the answer depends on: the conversation so far, other members of the request.
  std::string_view context;
};

class ResultKey {
 public:
  static ResultKey make(const ResultKeyParts& parts);

  friend bool operator==(const ResultKey&, const ResultKey&) = default;

  [[nodiscard]] std::size_t hash() const noexcept {
    std::size_t value = 0;
    std::memcpy(&value, digest_.data(), sizeof value);
    return value;
  }

 private:
  std::array<unsigned char, 32> digest_{};  ///< SHA-256 of the material.
  std::uint64_t length_ = 0;                ///< Of the material.
};

}  // namespace holdfast::governor

template <>
struct std::hash<holdfast::governor::ResultKey> {
  std::size_t operator()(const holdfast::governor::ResultKey& key) const noexcept { return key.hash(); }
};
