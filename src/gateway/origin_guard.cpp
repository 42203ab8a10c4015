#include "gateway/origin_guard.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "gateway/message.hpp"

namespace holdfast::gateway {
namespace {

bool is_safe(std::string_view method) { return method == "GET" || method == "HEAD" || method == "OPTIONS"; }

bool is_address(std::string host) {
  std::array<unsigned char, sizeof(in6_addr)> bytes;
  if (!host.starts_with('[')) return ::inet_pton(AF_INET, host.c_str(), bytes.data()) == 1;
  if (!host.ends_with(']')) return false;
  host = host.substr(1, host.size() - 2);
  return ::inet_pton(AF_INET6, host.c_str(), bytes.data()) == 1;
}

bool is_own_host(std::string_view authority, const TrustedNames& trusted) {
  const auto host = host_without_port(authority);
  if (host == "localhost" || host == "127.0.0.1" || host == "[::1]") return true;
  if (trusted.any_address && is_address(host)) return true;
  return std::ranges::any_of(trusted.hosts, [&](const auto& name) { return equal_ignoring_case(name, host); });
}

// "http://host:port" without what every request of that scheme has by default.
std::string_view authority_of(std::string_view origin) {
  for (const auto& [scheme, port] : {std::pair<std::string_view, std::string_view>{"http://", ":80"},
                                     std::pair<std::string_view, std::string_view>{"https://", ":443"}}) {
    if (!origin.starts_with(scheme)) continue;
    origin.remove_prefix(scheme.size());
    if (origin.ends_with(port)) origin.remove_suffix(port.size());
    return origin;
  }
  return {};
}

bool is_same_origin(std::string_view origin, std::string_view host) {
  const auto from = authority_of(origin);
  if (from.empty()) return false;
  if (equal_ignoring_case(from, host)) return true;
  // The Host header may name the default port that the origin leaves out.
  for (const std::string_view port : {":80", ":443"}) {
    if (host.ends_with(port) && equal_ignoring_case(from, host.substr(0, host.size() - port.size()))) return true;
  }
  return false;
}

}  // namespace

std::string host_without_port(std::string_view authority) {
  const auto bracket = authority.rfind(']');
  const auto colon = authority.rfind(':');
  const bool has_port = colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket);
  return to_lower_ascii(has_port ? authority.substr(0, colon) : authority);
}

OriginVerdict judge_origin(const Provenance& request, const TrustedNames& trusted) {
  if (request.host && !is_own_host(*request.host, trusted)) return OriginVerdict::wrong_host;
  if (is_safe(request.method)) return OriginVerdict::allowed;
  if (request.origin) {
    const auto origin = *request.origin;
    const bool known =
        std::ranges::any_of(trusted.origins, [&](const auto& o) { return equal_ignoring_case(o, origin); });
    const bool same = request.host && is_same_origin(origin, *request.host);
    return known || same ? OriginVerdict::allowed : OriginVerdict::cross_site;
  }
  if (request.sec_fetch_site == "cross-site") return OriginVerdict::cross_site;
  return OriginVerdict::allowed;
}

}  // namespace holdfast::gateway
