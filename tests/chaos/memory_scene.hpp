/// A scene of the memory: the real server in front of the Python backend with one bad habit, and an eye outside that
/// kills like the kernel would.
///
/// Every question is unlike every other, and its answer is compared with it: whoever gets another's answer, or none,
/// fails the test. One thread, but for answered() and failed(), which may be called by several.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.hpp"
#include "tests/support/http_client.hpp"
#include "tests/support/server_process.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/support/tree_watch.hpp"

namespace holdfast::testing {

constexpr std::uint64_t megabytes(std::uint64_t count) { return count << 20U; }

class MemoryScene : public ::testing::Test {
 protected:
  struct Stage {
    /// The limit is so far above what the server and one idle worker hold, whatever sanitizer is on.
    std::uint64_t room = megabytes(480);
    int workers = 1;
    std::string flags;  ///< Of every worker.
    std::map<std::string, std::string> environment;
  };

  /// Measures the server and a worker, then starts it again, with the limit and the eye.
  void open(const Stage& stage);

  /// Asks a question of its own, with the habits given as members of a JSON object. The reply must be its own answer.
  /// The run's id; empty when it was not answered.
  std::string answered(const std::string& habits = "");

  /// The same, but the run must be sealed as failed. Its timeline.
  std::string failed(const std::string& habits);

  /// So many at once, each answered.
  void all_answered(int count, const std::string& habits = "");

  /// Of the receipt of an answered run.
  [[nodiscard]] std::int64_t retained_by(const std::string& run_id) const;

  [[nodiscard]] std::string get(const std::string& target) const { return http_get(server_->port(), target).body; }

  /// Whether the log says so, or comes to say so within the patience of a test.
  [[nodiscard]] bool is_logged(std::string_view text) const;
  static bool comes_true(const std::function<bool()>& what);

  /// The member `threads` and the like of the worker in GET /health/memory that has the most.
  [[nodiscard]] std::int64_t most_of_workers(std::string_view member) const;

  /// The kernel had no reason to kill anybody.
  void expect_within_limit() const;

  /// The last word of every scene: whoever asks now is answered, by as many workers as there are to be.
  void expect_work_goes_on();

  [[nodiscard]] ServerProcess& server() { return *server_; }
  [[nodiscard]] std::uint64_t limit() const noexcept { return limit_; }
  [[nodiscard]] const TreeWatch& eye() const { return *eye_; }

 private:
  [[nodiscard]] ServerOptions options() const;
  [[nodiscard]] std::uint64_t held_when_idle() const;
  HttpReply post(int number, const std::string& habits);

  TemporaryDirectory directory_;
  Stage stage_;
  std::uint64_t limit_ = 0;
  std::unique_ptr<ServerProcess> server_;
  std::unique_ptr<TreeWatch> eye_;
  std::atomic<int> asked_ = 0;
};

}  // namespace holdfast::testing
