/// A real gateway on a free port, with a real journal, coordinator and pool of scripted workers behind it.
///
/// Ownership: everything runs on one thread of the fixture, as in the program; tests speak HTTP to it.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <functional>
#include <memory>
#include <thread>

#include "base/json.hpp"
#include "gateway/gateway.hpp"
#include "runs/retention.hpp"
#include "tests/support/http_client.hpp"
#include "tests/support/temporary_directory.hpp"

namespace holdfast::testing {

struct GatewaySetup {
  std::string worker_command;  ///< Another one than the scripted worker.
  std::string worker_flags;    ///< Of the scripted worker; it echoes the prompt.
  int workers = 2;
  std::chrono::milliseconds grace_period{5'000};
  workers::WorkerLimits limits;
  std::string health_path;
  std::chrono::milliseconds liveness{10'000};
  int concurrency = 1;
  std::chrono::milliseconds run_deadline{240'000};
  std::size_t queue_limit = 1000;
  gateway::GatewayConfig gateway;
  runs::AnswerCacheConfig cache;
  runs::RetentionConfig retention;
  Bytes max_answer{std::uint64_t{1} << 30U};
  /// Another journal than a file in the test's directory.
  std::function<Result<std::unique_ptr<journal::Store>>()> open_store;
};

/// What most tests use: short time-outs, but an answer may take as long as a busy machine needs.
[[nodiscard]] GatewaySetup quick_setup(std::string worker_flags = "");

/// The same, with early bytes after a tenth of a second.
[[nodiscard]] GatewaySetup early_setup(std::string worker_flags = "");

class GatewayFixture : public ::testing::Test {
 protected:
  ~GatewayFixture() override;

  /// Starts everything; call once.
  void start(GatewaySetup setup);

  /// Begins to stop as the program does, and waits for the end.
  void stop(std::chrono::milliseconds drain = std::chrono::milliseconds(500));

  [[nodiscard]] std::uint16_t port() const { return gateway_->port(); }

  HttpReply get(std::string_view target, const HeaderList& headers = {}) const {
    return http_get(port(), target, headers);
  }
  HttpReply post(std::string_view target, std::string_view body, const HeaderList& headers = {}) const {
    return http_post(port(), target, body, headers);
  }

  /// Starts a run and returns at once. The run id is `id`.
  HttpReply start_run(const std::string& id, const std::string& prompt = "How many?");

  /// The run once it is terminal.
  json::object finished_run(const std::string& id);

  /// Attempts that were started, by the run's timeline.
  int attempts_of(const std::string& id);

  [[nodiscard]] workers::Pool& pool() { return *pool_; }

  /// On the thread of the gateway.
  void post_to_gateway(std::function<void()> task) { asio::post(io_, std::move(task)); }

  /// Connections the server has open now.
  std::size_t open_connections();

  TemporaryDirectory directory_;

 private:
  memory::MemoryView memory_;  ///< As it was at the start.
  asio::cancellation_signal stop_retention_;
  asio::io_context io_{1};
  std::unique_ptr<journal::Journal> journal_;
  std::unique_ptr<workers::Pool> pool_;
  std::unique_ptr<runs::Coordinator> coordinator_;
  std::unique_ptr<gateway::Gateway> gateway_;
  std::thread thread_;
};

/// The reply's body as a JSON object; a failure of the test when it is none.
[[nodiscard]] json::object object_of(const HttpReply& reply);
[[nodiscard]] json::object object_of(std::string_view text);

[[nodiscard]] std::string text_of(const json::object& object, std::string_view key);

}  // namespace holdfast::testing
