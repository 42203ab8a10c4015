/// Fetches one small document over HTTPS. Runs on: the caller's strand; look-up of the name is Asio's own thread.
#pragma once

#include <string>

#include "base/async.hpp"

namespace holdfast::gateway {

struct WebAddress {
  bool tls = true;
  std::string host;
  std::string port;
  std::string target;  ///< Path and query.
};

/// Reads "https://host/path". Plain http is for loopback addresses only: whoever can change a key set on its way can
/// sign tokens. invalid_argument: anything else.
[[nodiscard]] Result<WebAddress> parse_web_address(std::string_view url);

/// The body of a 200, at most 1 MB. The certificate is checked against the system's authorities (or those that
/// SSL_CERT_FILE names) and against the host's name. A redirect is not followed.
/// unavailable: no answer, another status, or a certificate that does not hold.
awaitable<Result<std::string>> https_get(WebAddress address);

}  // namespace holdfast::gateway
