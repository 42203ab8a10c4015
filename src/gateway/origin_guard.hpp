/// Keeps other web sites out of the server, above all of one without a login. Pure.
///
/// A page from anywhere may send requests to a loopback address. Two things give such requests away: the
/// host they were sent to (after DNS rebinding it is the attacker's name), and the origin they come from.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::gateway {

/// What a browser cannot forge about a request.
struct Provenance {
  std::string_view method;
  std::optional<std::string_view> host;            ///< Authority of the target, else the Host header.
  std::optional<std::string_view> origin;          ///< Origin header.
  std::optional<std::string_view> sec_fetch_site;  ///< Sec-Fetch-Site header.
};

struct TrustedNames {
  /// Host names besides localhost, 127.0.0.1 and [::1], without port.
  std::vector<std::string> hosts;
  /// Origins besides the server's own, as browsers write them: "http://localhost:3000".
  std::vector<std::string> origins;
  /// Numeric addresses are hosts of ours, whatever they are. A name is what DNS rebinding needs.
  bool any_address = false;
};

enum class OriginVerdict : unsigned char { allowed, wrong_host, cross_site };

/// wrong_host: the host is not one of ours. cross_site: the request may change something (not GET, HEAD or
/// OPTIONS) and comes from another origin. A client without these headers is no browser and is allowed.
[[nodiscard]] OriginVerdict judge_origin(const Provenance& request, const TrustedNames& trusted);

/// The host of "host:port", lower case; brackets of an IPv6 address stay.
[[nodiscard]] std::string host_without_port(std::string_view authority);

}  // namespace holdfast::gateway
