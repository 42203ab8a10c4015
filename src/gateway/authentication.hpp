/// Who asks. Only `none` is there: everybody who reaches the loopback address is the one local user.
#pragma once

#include "gateway/call.hpp"

namespace holdfast::gateway {

/// The subject of a request. An error is answered with 401.
[[nodiscard]] Result<Subject> authenticate(const Request& request);

}  // namespace holdfast::gateway
