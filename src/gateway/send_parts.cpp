#include "gateway/send_parts.hpp"

#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>
#include <tuple>

namespace holdfast::gateway {

SentNow send_now(int socket, Parts& parts) noexcept {
  SentNow sent;
  while (true) {
    std::array<iovec, std::tuple_size_v<Parts>> pieces{};
    std::size_t left = 0;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      pieces[i] = {const_cast<char*>(parts[i].data()), parts[i].size()};
      left += parts[i].size();
    }
    if (left == 0) return sent;
    msghdr message{};
    message.msg_iov = pieces.data();
    message.msg_iovlen = pieces.size();
    const auto taken = ::sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (taken < 0 && errno == EINTR) continue;
    if (taken < 0) {
      sent.taken = errno == EAGAIN ? Taken::some : Taken::closed;
      return sent;
    }
    auto bytes = static_cast<std::size_t>(taken);
    sent.bytes += bytes;
    for (auto& part : parts) {
      const auto of_part = std::min(bytes, part.size());
      part.remove_prefix(of_part);
      bytes -= of_part;
    }
  }
}

}  // namespace holdfast::gateway
