/// A blocking client of a Holdfast server, for the command line. Plain HTTP: it talks to a loopback address or through
/// a tunnel. One request per connection.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "base/error.hpp"

namespace holdfast::app {

struct ApiAddress {
  std::string host;
  std::string port;
};

/// Reads "http://127.0.0.1:8000". invalid_argument: another scheme, a path, or no host.
[[nodiscard]] Result<ApiAddress> parse_api_url(std::string_view url);

struct ApiResponse {
  unsigned status = 0;
  std::string body;
};

/// One server-sent event.
struct ApiEvent {
  std::string id;
  std::string type;  ///< Empty for a heartbeat, which says no more than that the server is there.
  std::string data;  ///< "data", but of this event: the JSON text.
};

enum class Continue : unsigned char { yes, no };

class ApiClient {
 public:
  using Headers = std::vector<std::pair<std::string, std::string>>;

  explicit ApiClient(ApiAddress address) : address_(std::move(address)) {}

  /// unavailable: the server cannot be reached or broke off.
  [[nodiscard]] Result<ApiResponse> request(std::string_view method, std::string_view target,
                                            std::string_view body = {}, const Headers& headers = {}) const;

  /// Reads an event stream until it ends or `on_event` says no. The status of a refusal is in the error's message.
  /// unavailable: cannot be reached, or the stream ended before `on_event` said no.
  [[nodiscard]] Result<void> stream(std::string_view target, const Headers& headers,
                                    const std::function<Continue(const ApiEvent&)>& on_event) const;

 private:
  ApiAddress address_;
};

}  // namespace holdfast::app
