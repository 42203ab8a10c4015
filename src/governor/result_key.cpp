#include "governor/result_key.hpp"

#include <openssl/sha.h>

#include "base/text.hpp"

namespace holdfast::governor {
namespace {

void add_part(std::string& material, std::string_view part) {
  material += std::to_string(part.size());
  material += ':';
  material += part;
}

}  // namespace

std::string normalise_prompt(std::string_view prompt) {
  const auto trimmed = trim(prompt);
  std::string normal;
  normal.reserve(trimmed.size());
  for (std::size_t i = 0; i < trimmed.size(); ++i) {
    const bool starts_line_end = trimmed[i] == '\r' && i + 1 < trimmed.size() && trimmed[i + 1] == '\n';
    if (!starts_line_end) normal += trimmed[i];
  }
  return normal;
}

ResultKey ResultKey::make(const ResultKeyParts& parts) {
  std::string material;
  add_part(material, normalise_prompt(parts.prompt));
  add_part(material, parts.route);
  add_part(material, parts.data_version);
  add_part(material, parts.user_scope);
  add_part(material, parts.context);
  ResultKey key;
  key.length_ = material.size();
  SHA256(reinterpret_cast<const unsigned char*>(material.data()), material.size(), key.digest_.data());
  return key;
}

}  // namespace holdfast::governor
