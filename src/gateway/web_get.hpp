/// Asks a web server by HTTP/1.1, with TLS or without. Runs on: the caller's strand; look-up of the name is Asio's own
/// thread.
#pragma once

#include <functional>
#include <string>

#include "base/async.hpp"
#include "gateway/message.hpp"

namespace holdfast::gateway {

struct WebAddress {
  bool tls = true;
  std::string host;
  std::string port;
  std::string target;  ///< Path and query.
};

enum class PlainHttp : unsigned char { on_loopback, anywhere };

/// Reads "https://host/path". Plain http is for loopback addresses only, unless it is allowed: whoever can change a key
/// set on its way can sign tokens. invalid_argument: anything else.
[[nodiscard]] Result<WebAddress> parse_web_address(std::string_view url, PlainHttp plain = PlainHttp::on_loopback);

/// What arrives, as it arrives.
struct WebSink {
  std::function<void(int status, const Headers& headers)> head;
  std::function<bool(std::string_view piece)> piece;  ///< False: that is enough.
};

/// GET, to the end of the answer; what `sink` names must outlive it. The certificate is checked against the system's
/// authorities (or those that SSL_CERT_FILE names) and against the host's name. A redirect is not followed.
/// unavailable: no answer, one that broke off, or a certificate that does not hold.
awaitable<Result<void>> web_get(WebAddress address, Headers headers, WebSink sink);

/// The body of a 200, at most 1 MB, as web_get().
/// unavailable: no answer, another status, or a certificate that does not hold.
awaitable<Result<std::string>> https_get(WebAddress address);

}  // namespace holdfast::gateway
