/// The exchange of a real connection. Internal to the server.
///
/// Runs on: supervisor strand.
#pragma once

#include "gateway/connection.hpp"
#include "gateway/exchange.hpp"
#include "gateway/header_values.hpp"
#include "gateway/response_text.hpp"

namespace holdfast::gateway {

class HttpExchange final : public Exchange {
 public:
  /// Borrows both, which outlive it. `keep_alive`: the client would send another request.
  HttpExchange(Connection* connection, const Request* request, bool keep_alive)
      : connection_(connection), request_(request), keep_alive_(keep_alive) {}

  [[nodiscard]] const Request& request() const noexcept override { return *request_; }
  awaitable<Sent> send(Response response) override;
  awaitable<Sent> begin(StreamHead head) override;
  awaitable<Sent> write(std::string text) override;
  awaitable<Sent> finish() override;
  Sent end_with(const LastWords& words) noexcept override;
  void watch_client() override { connection_->watch(); }
  Wire& wire() noexcept override { return *connection_; }
  void passed(int status, std::uint64_t bytes, bool keep_alive) noexcept override;
  [[nodiscard]] bool may_keep_alive() const noexcept override {
    return keep_alive_ && !connection_->stopping() && connection_->body_complete();
  }
  [[nodiscard]] bool interrupted() const noexcept override { return connection_->interrupted(); }
  [[nodiscard]] bool client_gone() const noexcept override { return connection_->gone(); }

  [[nodiscard]] bool answered() const noexcept { return progress_ != Progress::nothing; }
  [[nodiscard]] bool keeps_alive() const noexcept { return keep_alive_ && progress_ == Progress::complete; }
  [[nodiscard]] int status() const noexcept { return status_; }
  [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }

 private:
  enum class Progress : unsigned char { nothing, streaming, complete };

  [[nodiscard]] HeadFacts facts(int status, std::string_view content_type) noexcept;
  [[nodiscard]] bool is_head() const noexcept { return request_->method == "HEAD"; }

  Connection* connection_;
  const Request* request_;
  bool keep_alive_;
  Progress progress_ = Progress::nothing;
  Framing framing_ = Framing::length;
  int status_ = 0;
  std::uint64_t bytes_ = 0;
};

}  // namespace holdfast::gateway
