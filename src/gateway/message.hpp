/// HTTP messages as plain values: what routes read and return. Any thread.
///
/// Nothing here knows sockets or Beast. Sizes are bytes; header names compare without regard to case.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/target.hpp"

namespace holdfast::gateway {

[[nodiscard]] bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept;

struct Header {
  std::string name;
  std::string value;
};

class Headers {
 public:
  void add(std::string name, std::string value) { list_.push_back({std::move(name), std::move(value)}); }

  /// The first header of that name. The view lives as long as the headers are unchanged.
  [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const noexcept;
  [[nodiscard]] std::size_t count(std::string_view name) const noexcept;
  [[nodiscard]] bool contains(std::string_view name) const noexcept { return find(name).has_value(); }

  /// All values of that name, joined by ", ": how a list header sent in several lines is meant.
  [[nodiscard]] std::string joined(std::string_view name) const;

  [[nodiscard]] auto begin() const noexcept { return list_.begin(); }
  [[nodiscard]] auto end() const noexcept { return list_.end(); }

 private:
  std::vector<Header> list_;
};

enum class HttpVersion : unsigned char { http_1_0, http_1_1 };

struct Request {
  std::string id;  ///< X-Request-Id: the client's when it is sane, else made.
  std::string method;
  std::string raw_target;
  Target target;
  HttpVersion version = HttpVersion::http_1_1;
  Headers headers;
  std::string body;
  bool has_body = false;      ///< Framed with a body, even of length zero.
  bool streams_body = false;  ///< Its body is taken piece by piece: no route of ours answers.
};

struct Response {
  int status = 200;
  std::string content_type;  ///< Empty when there is no body.
  Headers headers;
  std::string body;
  std::string_view static_body;  ///< Used instead of `body` when not empty; lives as long as the program.

  [[nodiscard]] std::string_view content() const noexcept {
    return static_body.empty() ? std::string_view(body) : static_body;
  }
};

/// The head of a response whose body is written piece by piece.
struct StreamHead {
  int status = 200;
  std::string content_type;
  Headers headers;
};

[[nodiscard]] std::string_view reason_phrase(int status) noexcept;

[[nodiscard]] Response json_response(int status, std::string body);

}  // namespace holdfast::gateway
