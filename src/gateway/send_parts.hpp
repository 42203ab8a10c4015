/// What a socket takes now, without waiting and without allocating.
#pragma once

#include <cstddef>

#include "gateway/wire.hpp"

namespace holdfast::gateway {

enum class Taken : unsigned char {
  all,
  some,    ///< It takes no more now.
  closed,  ///< It takes nothing any more.
};

struct SentNow {
  Taken taken = Taken::all;
  std::size_t bytes = 0;
};

/// Sends what `socket` takes of `parts`, in order, and leaves the rest in them.
SentNow send_now(int socket, Parts& parts) noexcept;

}  // namespace holdfast::gateway
