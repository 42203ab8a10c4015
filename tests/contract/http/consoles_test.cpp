// What each console is told, tick by tick, without HTTP in between.
#include <gmock/gmock.h>

#include <boost/asio/io_context.hpp>

#include "base/fault_point.hpp"
#include "gateway/operations/consoles.hpp"
#include "gateway/proxy/proxy.hpp"
#include "tests/contract/http/gateway_fixture.hpp"

namespace holdfast::gateway {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class ConsolesTest : public ::testing::Test {
 protected:
  ConsolesTest() {
    config_.memory = &memory_;
    services_.coordinator = &coordinator_;
    services_.journal = &journal_;
    services_.pool = &pool_;
    services_.clock = &system_clock();
    services_.config = &config_;
    services_.server = &server_;
    services_.proxy = &proxy_;
  }

  Consoles::Seat open(const std::string& owner, bool admin) { return *consoles_.take_seat(Subject{owner, admin}); }

  void tick(int times) {
    for (int i = 0; i < times; ++i) consoles_.tick();
  }

  /// The data of the event.
  static json::object data_of(const std::string& text) {
    const auto begin = text.find("data: ") + 6;
    return testing::object_of(std::string_view(text).substr(begin, text.find("\n\n") - begin));
  }

  [[nodiscard]] workers::PoolConfig pool_config() const {
    workers::PoolConfig config;
    config.command = "true {socket}";
    config.socket_dir = directory_.path();
    return config;
  }

  testing::TemporaryDirectory directory_;
  asio::io_context io_{1};
  asio::any_io_executor executor_ = io_.get_executor();
  memory::MemoryView memory_;
  GatewayConfig config_;
  journal::Journal journal_{executor_, journal::open_sqlite_store(directory_ / "journal.db", system_clock()).value()};
  workers::Pool pool_{executor_, pool_config(), [] {}};
  runs::Coordinator coordinator_{executor_, journal_, pool_, system_clock(), {}};
  Server server_{executor_, system_clock(), {}, {}};
  Proxy proxy_{executor_, pool_, system_clock(), {}};
  Services services_;
  Consoles consoles_{executor_, services_};
};

TEST_F(ConsolesTest, ASlowConsoleIsToldEverySampleAndTheLatestOfEachTopic) {
  auto slow = open("root", true);
  EXPECT_EQ(data_of(slow.snapshot()).at("samples").as_array().size(), 0U);
  memory_.level = memory::Level::warning;
  tick(2);
  memory_.level = memory::Level::critical;
  tick(3);
  const auto change = data_of(slow.changes());
  EXPECT_EQ(change.at("samples").as_array().size(), 5U);
  EXPECT_EQ(change.at("topics").at("level").at("name"), "critical");
  EXPECT_FALSE(change.at("topics").as_object().contains("database")) << "it did not change";
  EXPECT_EQ(consoles_.status().merged, 4U);
  EXPECT_THAT(slow.changes(), IsEmpty()) << "nothing is told twice";
}

TEST_F(ConsolesTest, NothingIsMergedForAConsoleThatKeepsUpWhoeverElseComes) {
  auto prompt = open("root", true);
  std::ignore = prompt.snapshot();
  for (int i = 0; i < 3; ++i) {
    auto other = open("root", true);
    std::ignore = other.snapshot();
    EXPECT_THAT(prompt.changes(), IsEmpty()) << "no second has passed";
    tick(1);
    EXPECT_THAT(prompt.changes(), HasSubstr("event: change\n"));
  }
  EXPECT_EQ(consoles_.status().merged, 0U);
}

TEST_F(ConsolesTest, WhoIsNoAdministratorIsToldNothingWhileTheirRunsDoNotChange) {
  auto ada = open("ada", false);
  EXPECT_THAT(ada.snapshot(), Not(HasSubstr("samples")));
  memory_.level = memory::Level::critical;
  tick(3);
  EXPECT_THAT(ada.changes(), IsEmpty());
}

TEST_F(ConsolesTest, APlaceIsGivenBackAndCountedOnce) {
  {
    auto first = open("ada", false);
    auto moved = std::move(first);
    EXPECT_EQ(consoles_.status().consoles, 1U);
  }
  EXPECT_EQ(consoles_.status().consoles, 0U);
  std::vector<Consoles::Seat> seats;
  for (std::size_t i = 0; i < kMostConsolesOfUser; ++i) seats.push_back(open("ada", false));
  EXPECT_FALSE(consoles_.take_seat(Subject{"ada", false}));
  EXPECT_EQ(consoles_.status().refused, 1U);
}

TEST_F(ConsolesTest, WhenTheTextsCannotBeBuiltTheConsoleIsToldWhenTheyCanAgain) {
  auto console = open("root", true);
  std::ignore = console.snapshot();
  memory_.level = memory::Level::critical;
  arm_fault("gateway.build_operations", Fault::out_of_memory);
  tick(1);
  arm_fault("", Fault::none);
  EXPECT_FALSE(data_of(console.changes()).at("topics").as_object().contains("level"));
  tick(1);
  EXPECT_EQ(data_of(console.changes()).at("topics").at("level").at("name"), "critical");
}

}  // namespace
}  // namespace holdfast::gateway
