#include "base/stored_bytes.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <limits>

#include "base/check.hpp"
#include "base/text.hpp"

namespace holdfast {
namespace {

// OpenSSL writes a NUL behind what it encodes.
std::string base64(std::string_view bytes) {
  HOLDFAST_CHECK(bytes.size() < static_cast<std::size_t>(std::numeric_limits<int>::max()), "more than is ever kept");
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');
  const auto length =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                      reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(length));
  return text;
}

// OpenSSL counts the padding as bytes.
std::optional<std::string> from_base64(std::string_view text) {
  if (text.size() % 4 != 0 || text.size() > static_cast<std::size_t>(std::numeric_limits<int>::max())) {
    return std::nullopt;
  }
  const auto padding = text.size() - std::min(text.size(), text.find_last_not_of('=') + 1);
  if (padding > 2) return std::nullopt;
  std::string bytes(text.size() / 4 * 3, '\0');
  const auto length =
      EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                      reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  if (length < 0) return std::nullopt;
  bytes.resize(static_cast<std::size_t>(length) - padding);
  return bytes;
}

}  // namespace

std::string stored_bytes(std::string_view bytes) {
  const bool text = is_utf8(bytes);
  json::object object;
  object[text ? "text" : "base64"] = text ? json::string(bytes) : json::string(base64(bytes));
  return json::serialize(object);
}

std::optional<std::string> restored_bytes(const json::object& stored) {
  if (const auto text = find_string(stored, "text")) return std::string(*text);
  if (const auto encoded = find_string(stored, "base64")) return from_base64(*encoded);
  return std::nullopt;
}

std::optional<std::string> restored_bytes(std::string_view stored) {
  const auto object = parse_json_object(stored);
  return object ? restored_bytes(*object) : std::nullopt;
}

}  // namespace holdfast
