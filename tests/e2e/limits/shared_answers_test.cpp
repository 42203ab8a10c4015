// The built-in worker's answers, shared by the server as it is shipped.
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>

#include "base/json.hpp"
#include "base/run_id.hpp"
#include "tests/support/http_client.hpp"
#include "tests/support/server_process.hpp"
#include "tests/support/temporary_directory.hpp"

namespace holdfast::testing {
namespace {

namespace fs = std::filesystem;

class SharedAnswersTest : public ::testing::Test {
 protected:
  SharedAnswersTest() {
    put_data_file();
    options_.data_dir = directory_ / "data";
    options_.environment = {{"HOLDFAST_WORKER_DATA_FILE", file_}};
  }

  void put_data_file() const {
    const auto demo = fs::path(program("holdfast")).parent_path().parent_path() / "share/holdfast/demo.sqlite";
    fs::copy_file(demo, file_, fs::copy_options::overwrite_existing);
  }

  /// Asks in a thread of its own; the run whose answer came, or its own id.
  static std::string ask(const ServerProcess& server, const std::string& id) {
    const auto body = json::serialize(
        json::object{{"prompt", "What was the life expectancy in Japan in 1995?"}, {"run_id", id}, {"thread_id", id}});
    const auto reply = http_post(server.port(), "/analyze", body);
    EXPECT_EQ(reply.status, 200) << reply.body;
    EXPECT_NE(reply.body.find("80.24"), std::string::npos) << reply.body;
    const auto run = parse_json_object(http_get(server.port(), "/v1/runs/" + id).body);
    const auto* cache = find_object(run->at("usage").as_object(), "cache");
    return cache == nullptr ? id : std::string(find_string(*cache, "from").value_or(""));
  }

  TemporaryDirectory directory_;
  std::string file_ = directory_ / "statistics.sqlite";
  ServerOptions options_;
  std::string first_ = RunId::make().text();
  std::string second_ = RunId::make().text();
  std::string third_ = RunId::make().text();
};

TEST_F(SharedAnswersTest, OnceTheDataFileIsReplacedNoOldAnswerIsGiven) {
  ServerProcess server(options_);
  ASSERT_TRUE(server.wait_until_listening()) << server.log();
  EXPECT_EQ(ask(server, first_), first_);
  EXPECT_EQ(ask(server, second_), first_);
  put_data_file();
  EXPECT_EQ(ask(server, third_), third_);
  const auto memory = parse_json_object(http_get(server.port(), "/health/memory").body);
  EXPECT_EQ(memory->at("cache_info").at("enabled"), false);
  EXPECT_EQ(memory->at("cache_info").at("bytes"), 0);
}

TEST_F(SharedAnswersTest, ASharedAnswerIsInTheJournalAndTheCacheIsNot) {
  {
    ServerProcess server(options_);
    ASSERT_TRUE(server.wait_until_listening()) << server.log();
    ask(server, first_);
    EXPECT_EQ(ask(server, second_), first_);
    server.send_signal(SIGKILL);
    server.wait();
  }
  ServerProcess server(options_);
  ASSERT_TRUE(server.wait_until_listening()) << server.log();
  const auto run = parse_json_object(http_get(server.port(), "/v1/runs/" + second_).body);
  EXPECT_EQ(find_string(*run, "status"), "completed");
  EXPECT_NE(json::serialize(run->at("result")).find("80.24"), std::string::npos);
  EXPECT_EQ(ask(server, third_), third_);
}

}  // namespace
}  // namespace holdfast::testing
