#include "gateway/assets.hpp"
#include "gateway/header_values.hpp"
#include "gateway/routes.hpp"

namespace holdfast::gateway {
namespace {

constexpr std::string_view kContentSecurityPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "font-src 'self'; manifest-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

Headers asset_headers(const Asset& asset) {
  Headers headers;
  headers.add("ETag", std::string(asset.etag));
  headers.add("Cache-Control", asset.immutable ? "public, max-age=31536000, immutable" : "no-cache");
  headers.add("Content-Security-Policy", std::string(kContentSecurityPolicy));
  headers.add("Cross-Origin-Opener-Policy", "same-origin");
  headers.add("Vary", "Accept-Encoding");
  return headers;
}

}  // namespace

awaitable<bool> get_asset(Call call) {
  const auto& request = call.request();
  const auto* asset = find_asset(request.target.path);
  if (asset == nullptr) co_return false;
  Response response;
  response.headers = asset_headers(*asset);
  if (matches_etag(request.headers.joined("If-None-Match"), asset->etag)) {
    response.status = 304;
  } else {
    response.content_type = asset->content_type;
    const bool gzip = !asset->gzip.empty() && accepts_encoding(request.headers.joined("Accept-Encoding"), "gzip");
    if (gzip) response.headers.add("Content-Encoding", "gzip");
    response.static_body = gzip ? asset->gzip : asset->identity;
  }
  co_await send_response(std::move(call), std::move(response));
  co_return true;
}

}  // namespace holdfast::gateway
