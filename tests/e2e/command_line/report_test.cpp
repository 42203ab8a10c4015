// The daily look at a real server.
#include <gmock/gmock.h>

#include <csignal>

#include "base/json.hpp"
#include "tests/e2e/command_line/command.hpp"
#include "tests/support/http_client.hpp"
#include "tests/support/server_process.hpp"
#include "tests/support/temporary_directory.hpp"

namespace holdfast::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class ReportTest : public ::testing::Test {
 protected:
  [[nodiscard]] ServerOptions options(const std::string& worker_flags = "") const {
    return {.data_dir = directory_ / "data",
            .worker = program("scripted_worker") + " --socket {socket} " + worker_flags};
  }

  static Said report(const ServerProcess& server, const std::string& flags = "") {
    return holdfast("report " + flags + url(server));
  }
  static std::string url(const ServerProcess& server) {
    return " --url http://127.0.0.1:" + std::to_string(server.port());
  }
  static json::object report_object(const ServerProcess& server) {
    const auto said = report(server, "--json");
    auto object = parse_json_object(said.out);
    EXPECT_TRUE(object) << said.out << said.err;
    return object ? std::move(*object) : json::object();
  }

  /// An incident is noted a moment after it happened.
  static void wait_for_starts(const ServerProcess& server, int count) {
    for (int i = 0; i < 200 && report_object(server)["starts"] != count; ++i) continue;
  }

  TemporaryDirectory directory_;
};

TEST_F(ReportTest, AServerThatIsWellLeavesNothingToDo) {
  ServerProcess server(options());
  ASSERT_TRUE(server.wait_until_listening());
  ASSERT_EQ(holdfast("run hello" + url(server)).status, 0);
  wait_for_starts(server, 1);
  const auto said = report(server);
  EXPECT_EQ(said.status, 0) << said.out << said.err;
  EXPECT_THAT(said.out,
              AllOf(HasSubstr("1: 1 completed"), HasSubstr("no run lost an attempt"),
                    HasSubstr("Nothing needs attention."), HasSubstr("  errors       holdfast runs --status")));
  const auto object = report_object(server);
  EXPECT_EQ(object.at("needs_attention"), false);
  EXPECT_EQ(object.at("runs").at("completed"), 1);
  EXPECT_EQ(object.at("unclean_starts"), 0);
}

TEST_F(ReportTest, AKilledServerIsTold) {
  ServerProcess first(options());
  ASSERT_TRUE(first.wait_until_listening());
  wait_for_starts(first, 1);
  first.kill();
  ServerProcess second(options());
  ASSERT_TRUE(second.wait_until_listening());
  wait_for_starts(second, 2);
  const auto said = report(second);
  EXPECT_EQ(said.status, 1) << said.out << said.err;
  EXPECT_THAT(said.out, HasSubstr("1 start without a stop before"));

  // One that is asked to stop has said so.
  second.send_signal(SIGTERM);
  ASSERT_TRUE(second.wait());
  ServerProcess third(options());
  ASSERT_TRUE(third.wait_until_listening());
  wait_for_starts(third, 3);
  EXPECT_EQ(report_object(third).at("unclean_starts"), 1);
  EXPECT_EQ(report(third, "--since 0ms").status, 0) << "what is over needs nobody";
}

TEST_F(ReportTest, ARunThatFailsNeedsSomebodyAndTheReportNamesTheCommand) {
  ServerProcess server(options("--status 422"));
  ASSERT_TRUE(server.wait_until_listening());
  EXPECT_NE(holdfast("run hello" + url(server)).status, 0);
  const auto said = report(server);
  EXPECT_EQ(said.status, 1) << said.out << said.err;
  EXPECT_THAT(said.out, HasSubstr("1 run failed"));
  const auto command = report_object(server).at("what_to_look_at").at("errors").as_string();
  EXPECT_THAT(holdfast(std::string(command).substr(std::string("holdfast ").size())).out, HasSubstr("failed"));
}

TEST_F(ReportTest, WithItsDatabaseAwayAServerStillTellsWhatItKnows) {
  auto without_database = options();
  without_database.arguments = {"--database", "postgresql://127.0.0.1:1/nowhere"};
  ServerProcess server(without_database);
  ASSERT_TRUE(server.wait_until_listening());
  wait_for_starts(server, 1);
  const auto said = report(server);
  EXPECT_EQ(said.status, 1) << said.out << said.err;
  EXPECT_THAT(said.out, AllOf(HasSubstr("The database is away"), HasSubstr("Runs could not be listed"),
                              HasSubstr("others are not known now"), HasSubstr("starts       1")));
  const auto object = report_object(server);
  EXPECT_TRUE(object.at("runs").is_null());
  EXPECT_EQ(object.at("incidents_complete"), false);
}

TEST_F(ReportTest, AServerThatCannotBeAskedIsTheThirdStatus) {
  const auto nobody = holdfast("report --url http://127.0.0.1:1");
  EXPECT_EQ(nobody.status, 2);
  EXPECT_THAT(nobody.err, HasSubstr("is `holdfast serve` running?"));

  auto with_login = options();
  with_login.environment = {{"HOLDFAST_AUTH", "api-key"}};
  const auto key = holdfast("key add ada --data '" + with_login.data_dir + "'").out;
  ServerProcess server(with_login);
  ASSERT_TRUE(server.wait_until_listening());
  const auto unknown = report(server);
  EXPECT_EQ(unknown.status, 2);
  EXPECT_THAT(unknown.err, HasSubstr("HOLDFAST_TOKEN"));
  const auto no_administrator = report(server, "--token " + key.substr(0, key.find('\n')));
  EXPECT_EQ(no_administrator.status, 2);
  EXPECT_THAT(no_administrator.err, HasSubstr("auth.admins"));
}

TEST_F(ReportTest, APeriodWithoutAUnitIsWrongUsage) {
  const auto said = holdfast("report --since 24");
  EXPECT_EQ(said.status, 64);
  EXPECT_THAT(said.err, HasSubstr("--since"));
}

}  // namespace
}  // namespace holdfast::testing
