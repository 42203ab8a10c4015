/// A web server that serves one document, for tests of what fetches it: counts requests, changes the document, goes
/// away and comes back.
///
/// Ownership: one thread of its own, ended by the destructor. The other functions: any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

struct ssl_ctx_st;

namespace holdfast::testing {

class DocumentServer {
 public:
  explicit DocumentServer(std::string document);
  /// With TLS, and a certificate that it signed itself for `name`: "DNS:localhost", "IP:127.0.0.1".
  DocumentServer(std::string document, const std::string& name);
  ~DocumentServer();
  DocumentServer(const DocumentServer&) = delete;
  DocumentServer& operator=(const DocumentServer&) = delete;

  [[nodiscard]] std::string url() const;
  [[nodiscard]] const std::string& certificate() const noexcept { return certificate_; }  ///< PEM; empty without TLS.
  [[nodiscard]] int requests() const noexcept { return requests_; }
  void serve(std::string document);
  /// From now on every request gets this status; with 0 the connection is cut without an answer.
  void answer_with(int status) { status_ = status; }

 private:
  void run();
  void answer(int fd);
  void answer_over_tls(int fd);
  std::string next_answer();
  [[nodiscard]] std::shared_ptr<ssl_ctx_st> tls_of_now() const;

  int fd_ = -1;
  std::uint16_t port_ = 0;
  std::shared_ptr<ssl_ctx_st> tls_;
  std::string certificate_;
  mutable std::mutex mutex_;
  std::string document_;
  std::atomic<int> status_{200};
  std::atomic<int> requests_{0};
  std::thread thread_;
};

}  // namespace holdfast::testing
