#include "app/mask_password.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace holdfast::app {
namespace {

constexpr std::string_view kMask = "***";

// The password may itself hold an unescaped '@' or '/': everything to the last '@' is taken for a part of it.
std::string mask_authority(std::string_view url) {
  const auto scheme = url.find("://");
  if (scheme == std::string_view::npos) return std::string(url);
  const auto user = scheme + 3;
  const auto at = url.rfind('@');
  const auto colon = url.find(':', user);
  if (at == std::string_view::npos || colon == std::string_view::npos || colon > at) return std::string(url);
  return std::string(url.substr(0, colon + 1)) + std::string(kMask) + std::string(url.substr(at));
}

// The end of a value that begins at `i`: quoted, or up to a space or '&'.
std::size_t value_end(std::string_view text, std::size_t i) {
  if (i < text.size() && text[i] == '\'') {
    for (++i; i < text.size() && text[i] != '\''; ++i) {
      if (text[i] == '\\') ++i;
    }
    return std::min(i + 1, text.size());
  }
  return std::min(text.find_first_of("& \t", i), text.size());
}

}  // namespace

std::string mask_password(std::string_view url) {
  auto masked = mask_authority(url);
  for (const std::string_view key : {"password", "passwd", "sslpassword"}) {
    for (auto at = to_lower_ascii(masked).find(key); at != std::string::npos;
         at = to_lower_ascii(masked).find(key, at + key.size())) {
      auto value = at + key.size();
      while (value < masked.size() && masked[value] == ' ') ++value;
      if (value >= masked.size() || masked[value] != '=') continue;
      ++value;
      while (value < masked.size() && masked[value] == ' ') ++value;
      masked.replace(value, value_end(masked, value) - value, kMask);
    }
  }
  return masked;
}

}  // namespace holdfast::app
