/// The heads of what is passed through, as text: what goes on, what stays on this side, what is added. Pure.
///
/// Headers keep their order, their spelling and their duplicates. What concerns one connection only (RFC 9110, section
/// 7.6.1) is removed, also what `Connection` names; framing is written anew.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "gateway/message.hpp"
#include "gateway/proxy/response_parser.hpp"

namespace holdfast::gateway {

/// The protocols that a request wants to switch to, when it may: HTTP/1.1, without a body, and not "h2c", with which
/// requests would go past us. Empty: it is an ordinary request.
[[nodiscard]] std::string upgrade_of(const Request& request);

/// The request may be sent again when it is not known whether it was seen.
[[nodiscard]] bool is_idempotent(std::string_view method);

struct RequestFacts {
  std::string_view client_address;
  std::string_view user;       ///< Holdfast-User; left out when empty.
  bool authenticated = false;  ///< Its credentials were for us and stay here.
  std::string_view upgrade;
  /// The length of a body that has arrived whole. Absent: the client's framing goes on.
  std::optional<std::size_t> body_length;
};

/// For the worker.
[[nodiscard]] std::string request_head(const Request& request, const RequestFacts& facts);

enum class ClientFraming : unsigned char {
  none,     ///< No body is sent.
  as_sent,  ///< By the worker's Content-Length.
  chunked,  ///< Chunked transfer coding.
  close,    ///< The end of the connection.
};

struct ResponseFacts {
  ClientFraming framing = ClientFraming::as_sent;
  bool keep_alive = true;
  bool to_head = false;
  HttpVersion client_version = HttpVersion::http_1_1;
  std::string_view request_id;  ///< X-Request-Id, unless the worker has sent one.
};

/// How a body that ends so for the worker's side ends for the client.
[[nodiscard]] ClientFraming client_framing(BodyEnd body_end, HttpVersion client_version);

/// For the client. Of an interim response (1xx) only the worker's own headers go out.
[[nodiscard]] std::string response_head(const ResponseHead& head, const ResponseFacts& facts);

}  // namespace holdfast::gateway
