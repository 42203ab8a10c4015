/// A small blocking HTTP/1.1 client on a raw socket, for tests: it can send anything, also broken bytes, and
/// shows what came back piece by piece.
///
/// Ownership: one connection each, closed with it. Waits at most `patience` for any byte. One thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holdfast::testing {

using HeaderList = std::vector<std::pair<std::string, std::string>>;

struct HttpReply {
  int status = 0;
  HeaderList headers;
  std::string body;       ///< With chunks joined.
  bool complete = false;  ///< The body ended as its framing says.

  /// The value of the first header of that name, whatever its case; empty when absent.
  [[nodiscard]] std::string header(std::string_view name) const;
};

/// The bytes of a request, with Host, and Content-Length when there is a body.
[[nodiscard]] std::string request_text(std::string_view method, std::string_view target, std::string_view body = {},
                                       const HeaderList& headers = {});

class HttpClient {
 public:
  explicit HttpClient(std::uint16_t port, std::chrono::milliseconds patience = std::chrono::seconds(20));
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  [[nodiscard]] bool connected() const noexcept { return fd_ >= 0; }

  /// False when the server no longer takes anything.
  bool send(std::string_view bytes);

  /// The next response, whole. Absent when the connection ended, or nothing came, before its head was complete.
  /// `method`: a response to HEAD has no body whatever its head says.
  std::optional<HttpReply> read(std::string_view method = "GET");

  /// Only the head of the next response; its body follows by read_piece().
  std::optional<HttpReply> read_head();

  /// The next part of the body as it arrives, chunks decoded. Absent at its end, or when the connection ended.
  std::optional<std::string> read_piece();

  /// What arrives next after an upgrade. Absent when the connection ended.
  std::optional<std::string> read_raw();

  /// Whether the body that read_piece() read ended as its framing says.
  [[nodiscard]] bool body_complete() const noexcept { return body_complete_; }

  /// Sends and reads one response.
  std::optional<HttpReply> ask(std::string_view method, std::string_view target, std::string_view body = {},
                               const HeaderList& headers = {});

  /// True when the server has closed the connection, or does so in time.
  bool closed_by_server();

  void close();
  void close_for_sending();
  void reset();  ///< Closes with RST.

 private:
  enum class Framing : unsigned char { none, length, chunked, until_close };

  bool fill();
  std::optional<std::string> read_line();

  int fd_ = -1;
  std::chrono::milliseconds patience_;
  std::string received_;
  Framing framing_ = Framing::none;
  std::size_t left_ = 0;
  bool body_complete_ = false;
  bool broken_ = false;  ///< By a reset.
};

/// One request on a connection of its own. A reply with status 0 stands for none.
[[nodiscard]] HttpReply http_get(std::uint16_t port, std::string_view target, const HeaderList& headers = {});
[[nodiscard]] HttpReply http_post(std::uint16_t port, std::string_view target, std::string_view body,
                                  const HeaderList& headers = {});

}  // namespace holdfast::testing
