/// The secret that a request carries to say who asks. Pure.
#pragma once

#include <string_view>

#include "base/error.hpp"
#include "gateway/message.hpp"

namespace holdfast::gateway {

/// Whether `X-Api-Key` is read; then it wins over Authorization, which proxies use for themselves.
enum class KeyHeader : unsigned char { ignored, read };

/// Of `X-Api-Key: SECRET` or `Authorization: Bearer SECRET`. The view lives as long as the headers.
/// A query parameter is never read: addresses end up in logs and histories.
/// not_found: the request carries none; invalid_argument: two, another scheme, or characters no secret has.
[[nodiscard]] Result<std::string_view> credential_of(const Headers& headers, KeyHeader key_header);

}  // namespace holdfast::gateway
