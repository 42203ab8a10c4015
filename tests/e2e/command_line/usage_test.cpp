// What is said, and which status is left with, when a command cannot do what is asked.
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "tests/e2e/command_line/command.hpp"
#include "tests/support/temporary_directory.hpp"

namespace holdfast::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr int kUsage = 64;

struct Wrong {
  const char* name;
  std::string arguments;
  std::string named;  ///< What the message names.
};

void PrintTo(const Wrong& wrong, std::ostream* out) { *out << wrong.arguments; }

class WrongUsageTest : public ::testing::TestWithParam<Wrong> {};

TEST_P(WrongUsageTest, LeavesWithTheStatusForItAndNamesWhatIsWrong) {
  const auto said = holdfast(GetParam().arguments);
  EXPECT_EQ(said.status, kUsage) << said.err;
  EXPECT_THAT(said.err, HasSubstr(GetParam().named));
}

INSTANTIATE_TEST_SUITE_P(Commands, WrongUsageTest,
                         ::testing::Values(Wrong{"NoCommand", "", "subcommand"},
                                           Wrong{"UnknownCommand", "bogus", "\"bogus\""},
                                           Wrong{"NearCommand", "serv", "did you mean \"serve\""},
                                           Wrong{"UnknownFlag", "runs --bogus", "--bogus"},
                                           Wrong{"UnknownFlagBeforeTheCommand", "--bogus", "--bogus"},
                                           Wrong{"OutOfRange", "runs --limit 0", "--limit"},
                                           Wrong{"NoQuestion", "run", "QUESTION"},
                                           Wrong{"QuestionNotUtf8", "run \"$(printf 'bad\\377')\"", "UTF-8"},
                                           Wrong{"Text2sqlUnknownFlag", "text2sql --bogus", "--bogus"},
                                           Wrong{"Route", "serve --worker-route 'GET /x'", "worker.route"},
                                           Wrong{"SetWithoutValue", "config --set x", "KEY=VALUE"},
                                           Wrong{"ConfigDirectory", "config --config .", "directory"}),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(UsageTest, HelpAndVersionAreNoMistake) {
  EXPECT_EQ(holdfast("--help").status, 0);
  EXPECT_EQ(holdfast("--version").status, 0);
  EXPECT_EQ(holdfast("run --help").status, 0);
  EXPECT_EQ(holdfast("report --help").status, 0);
  EXPECT_EQ(holdfast("text2sql --help").status, 0);
}

TEST(UsageTest, OutputThatIsNotWrittenIsNoSuccess) {
  EXPECT_NE(holdfast("config", ">/dev/full").status, 0);
  EXPECT_NE(holdfast("--help", ">/dev/full").status, 0);
}

TEST(UsageTest, APasswordIsNotPrinted) {
  const auto said = holdfast("config --database postgres://ada:s3cret@db/j");
  EXPECT_EQ(said.status, 0);
  EXPECT_THAT(said.out, HasSubstr("postgres://ada:***@db/j"));
  EXPECT_THAT(said.out, Not(HasSubstr("s3cret")));
}

TEST(UsageTest, AJournalThatCannotBeUsedNamesItsSetting) {
  const TemporaryDirectory directory;
  const auto data = "serve --listen 127.0.0.1:0 --worker 'true {socket}' --data '" + (directory / "data") + "' ";
  const auto missing = holdfast(data + "--database sqlite:/nope/x.sqlite");
  EXPECT_NE(missing.status, 0);
  EXPECT_THAT(missing.err, HasSubstr("database.url"));

  const auto other = directory / "passwd";
  std::ofstream(other) << std::string(4096, 'x');
  const auto foreign = holdfast(data + "--database 'sqlite:" + other + "'");
  EXPECT_NE(foreign.status, 0);
  EXPECT_THAT(foreign.err, HasSubstr("not a Holdfast journal"));
  EXPECT_THAT(foreign.err, Not(HasSubstr("No such file")));
  EXPECT_FALSE(std::filesystem::exists(other + ".lock"));
}

}  // namespace
}  // namespace holdfast::testing
