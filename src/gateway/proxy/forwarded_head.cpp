#include "gateway/proxy/forwarded_head.hpp"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "base/text.hpp"

namespace holdfast::gateway {
namespace {

// What concerns one connection, and what we write anew.
constexpr std::array<std::string_view, 11> kOfOneConnection{
    "connection", "keep-alive", "proxy-connection", "proxy-authenticate", "proxy-authorization", "te",
    "trailer",    "upgrade",    "http2-settings",   "transfer-encoding",  "content-length"};

// Some servers take "_" for "-" (CGI and WSGI have one name for both): what we say of a request must not be said by its
// sender under another spelling.
std::string canonical(std::string_view name) {
  auto lower = to_lower_ascii(name);
  std::ranges::replace(lower, '_', '-');
  return lower;
}

std::vector<std::string> connection_tokens(const Headers& headers) {
  std::vector<std::string> tokens;
  const auto all = headers.joined("Connection");
  std::string_view text = all;
  while (!text.empty()) {
    const auto item = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), item.size() + 1));
    const auto token = trim(item);
    if (!token.empty()) tokens.push_back(to_lower_ascii(token));
  }
  return tokens;
}

bool contains(const std::vector<std::string>& tokens, std::string_view token) {
  return std::ranges::find(tokens, token) != tokens.end();
}

bool is_of_one_connection(std::string_view lower_name, const std::vector<std::string>& tokens) {
  return std::ranges::find(kOfOneConnection, lower_name) != kOfOneConnection.end() ||
         (lower_name != "host" && contains(tokens, lower_name));
}

void append(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ").append(value).append("\r\n");
}

// The value of a header that every server on the way adds to.
std::string appended(const Headers& headers, std::string_view name, std::string_view own) {
  auto all = headers.joined(name);
  if (!all.empty()) all += ", ";
  return all.append(own);
}

// "http://host/path" → "/path": a server is asked for a path.
std::string_view origin_form(std::string_view raw_target) {
  const auto scheme = raw_target.find("://");
  if (raw_target.starts_with('/') || scheme == std::string_view::npos) return raw_target;
  const auto path = raw_target.find_first_of("/?", scheme + 3);
  return path == std::string_view::npos ? std::string_view("/") : raw_target.substr(path);
}

bool is_credential(std::string_view lower_name) { return lower_name == "authorization" || lower_name == "x-api-key"; }

// Said anew for the worker, or not its business.
bool stays_here(const std::string& name, const RequestFacts& facts) {
  if (name.starts_with("holdfast-")) return true;
  if (facts.authenticated && is_credential(name)) return true;
  if (name == "expect") return facts.body_length.has_value();
  return name == "host" || name == "via" || name == "x-forwarded-for" || name == "x-forwarded-proto" ||
         name == "x-forwarded-host" || name == "x-request-id";
}

void append_framing(std::string& out, const Request& request, const RequestFacts& facts) {
  if (!request.has_body) return;
  if (facts.body_length) return append(out, "Content-Length", std::to_string(*facts.body_length));
  if (const auto length = request.headers.find("Content-Length")) return append(out, "Content-Length", *length);
  append(out, "Transfer-Encoding", "chunked");
}

}  // namespace

std::string upgrade_of(const Request& request) {
  if (request.version != HttpVersion::http_1_1 || request.has_body) return {};
  if (!contains(connection_tokens(request.headers), "upgrade")) return {};
  auto protocols = request.headers.joined("Upgrade");
  const auto lower = to_lower_ascii(protocols);
  return lower.contains("h2c") || lower.contains("http/") ? std::string() : std::move(protocols);
}

bool is_idempotent(std::string_view method) {
  constexpr std::array<std::string_view, 6> kIdempotent{"GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE"};
  return std::ranges::find(kIdempotent, method) != kIdempotent.end();
}

std::string request_head(const Request& request, const RequestFacts& facts) {
  const auto& headers = request.headers;
  const auto tokens = connection_tokens(headers);
  const auto host = request.target.authority.empty() ? headers.find("Host").value_or("localhost")
                                                     : std::string_view(request.target.authority);
  const auto target = origin_form(request.raw_target);
  std::string out;
  out.reserve(1024);
  out.append(request.method).append(" ");
  if (!target.starts_with('/')) out.append("/");
  out.append(target).append(" HTTP/1.1\r\n");
  append(out, "Host", host);
  for (const auto& header : headers) {
    const auto name = canonical(header.name);
    if (is_of_one_connection(name, tokens) || stays_here(name, facts)) continue;
    append(out, header.name, header.value);
  }
  append_framing(out, request, facts);
  if (!facts.upgrade.empty()) {
    append(out, "Connection", "Upgrade");
    append(out, "Upgrade", facts.upgrade);
  }
  append(out, "Via",
         appended(headers, "Via", request.version == HttpVersion::http_1_0 ? "1.0 holdfast" : "1.1 holdfast"));
  append(out, "X-Forwarded-For", appended(headers, "X-Forwarded-For", facts.client_address));
  append(out, "X-Forwarded-Proto", headers.find("X-Forwarded-Proto").value_or("http"));
  append(out, "X-Forwarded-Host", headers.find("X-Forwarded-Host").value_or(host));
  append(out, "X-Request-Id", request.id);
  if (!facts.user.empty()) append(out, "Holdfast-User", facts.user);
  out += "\r\n";
  return out;
}

ClientFraming client_framing(BodyEnd body_end, HttpVersion client_version) {
  switch (body_end) {
    case BodyEnd::none: return ClientFraming::none;
    case BodyEnd::length: return ClientFraming::as_sent;
    case BodyEnd::chunked:
    case BodyEnd::close: return client_version == HttpVersion::http_1_0 ? ClientFraming::close : ClientFraming::chunked;
  }
  std::unreachable();
}

std::string response_head(const ResponseHead& head, const ResponseFacts& facts) {
  const bool interim = head.status / 100 == 1;
  const auto tokens = connection_tokens(head.headers);
  // A length is told of a body that follows so, and of one that is left out.
  const bool told = facts.framing == ClientFraming::as_sent || facts.to_head || head.status == 304;
  std::string out;
  out.reserve(512);
  out.append("HTTP/1.1 ").append(std::to_string(head.status)).append(" ").append(head.reason).append("\r\n");
  for (const auto& header : head.headers) {
    const auto name = to_lower_ascii(header.name);
    const bool length = name == "content-length" && told && !interim && head.status != 204;
    if (!length && is_of_one_connection(name, tokens)) continue;
    append(out, header.name, header.value);
  }
  if (head.status == 101 || head.status == 426) {
    append(out, "Connection", facts.keep_alive ? "Upgrade" : "Upgrade, close");
    append(out, "Upgrade", head.headers.joined("Upgrade"));
  } else if (!interim && !facts.keep_alive) {
    append(out, "Connection", "close");
  } else if (!interim && facts.client_version == HttpVersion::http_1_0) {
    append(out, "Connection", "keep-alive");
  }
  if (facts.framing == ClientFraming::chunked) append(out, "Transfer-Encoding", "chunked");
  if (!interim && !head.headers.contains("X-Request-Id")) append(out, "X-Request-Id", facts.request_id);
  out += "\r\n";
  return out;
}

}  // namespace holdfast::gateway
