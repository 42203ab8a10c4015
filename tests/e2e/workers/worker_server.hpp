/// The real server with workers of one's choice.
#pragma once

#include <gmock/gmock.h>

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/json.hpp"
#include "tests/support/http_client.hpp"
#include "tests/support/server_process.hpp"
#include "tests/support/temporary_directory.hpp"

namespace holdfast::testing {

class WorkerServer : public ::testing::Test {
 protected:
  using Settings = std::map<std::string, std::string>;

  /// `settings`: keys of the settings table.
  void start(const std::string& worker, const Settings& settings = {});

  /// A scripted worker with these flags.
  [[nodiscard]] static std::string scripted(const std::string& flags);

  /// The same, bad only in the first process.
  [[nodiscard]] std::string scripted_once(const std::string& flags) const;

  /// Asks, and waits for the end.
  HttpReply ask(const std::string& prompt);

  /// Accepts a run of this id and does not wait for it.
  void submit(const std::string& run_id, const std::string& prompt);

  /// The run object, polled until `ready` holds. The last one seen when it does not in 30 s.
  json::object run_when(const std::string& run_id, const std::function<bool(const json::object&)>& ready);
  json::object run_at_end(const std::string& run_id);
  std::string status_at_end(const std::string& run_id);

  /// The log, once it contains `text`, or as it is after 20 s.
  [[nodiscard]] std::string log_with(const std::string& text) const;

  /// The last word of every test: an analysis is answered.
  void expect_that_work_goes_on();

  TemporaryDirectory directory_;
  std::unique_ptr<ServerProcess> server_;
};

}  // namespace holdfast::testing
