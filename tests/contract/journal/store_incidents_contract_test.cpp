// What happened to the servers: noted once whatever happens, read newest first, bounded.
#include "tests/contract/journal/store_contract.hpp"

namespace holdfast::journal {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using namespace holdfast::testing;
using std::chrono::milliseconds;

Incident incident_at(UnixMillis at, std::string kind = "level_changed", std::string body = "{}") {
  Incident incident;
  incident.at = at;
  incident.instance = "one";
  incident.kind = std::move(kind);
  incident.body = std::move(body);
  return incident;
}

std::vector<UnixMillis> times_of(const IncidentPage& page) {
  std::vector<UnixMillis> times;
  for (const auto& incident : page.incidents) times.push_back(incident.at);
  return times;
}

TEST_P(StoreContractAlsoAway, AnIncidentIsReadAsItWasNoted) {
  const std::vector noted{incident_at(7, "leak_found", R"({"route":"POST /analyze","b":1.50})")};
  ASSERT_TRUE(store_->note_incidents(noted));
  reopen();
  const auto page = store_->incidents({}).value();
  ASSERT_EQ(page.incidents.size(), 1U);
  EXPECT_EQ(page.incidents[0].id, noted[0].id);
  EXPECT_EQ(page.incidents[0].at, 7);
  EXPECT_EQ(page.incidents[0].instance, "one");
  EXPECT_EQ(page.incidents[0].kind, "leak_found");
  EXPECT_EQ(page.incidents[0].body, noted[0].body);
}

TEST_P(StoreContract, WithItsDatabaseAStoreKnowsEveryIncident) {
  EXPECT_TRUE(store_->incidents({}).value().complete);
  EXPECT_THAT(store_->incidents({}).value().incidents, IsEmpty());
}

TEST_P(StoreContractAlsoAway, NotingAgainWhatIsThereChangesNothing) {
  const auto first = incident_at(1, "started");
  auto again = first;
  again.body = R"({"other":true})";
  ASSERT_TRUE(store_->note_incidents(std::vector{first}));
  ASSERT_TRUE(store_->note_incidents(std::vector{again, incident_at(2)}));
  const auto page = store_->incidents({}).value();
  EXPECT_THAT(times_of(page), ElementsAre(2, 1));
  EXPECT_EQ(page.incidents[1].body, "{}");
  ASSERT_TRUE(store_->note_incidents({}));
}

TEST_P(StoreContractAlsoAway, IncidentsComeNewestFirstPageByPageEvenFromOneMoment) {
  std::vector<Incident> noted;
  for (const UnixMillis at : {30, 10, 20, 20, 20}) noted.push_back(incident_at(at));
  ASSERT_TRUE(store_->note_incidents(noted));
  std::vector<UnixMillis> times;
  std::vector<std::string> ids;
  IncidentFilter filter{.limit = 2};
  for (auto page = store_->incidents(filter).value(); !page.incidents.empty();
       page = store_->incidents(filter).value()) {
    EXPECT_LE(page.incidents.size(), 2U);
    for (const auto& incident : page.incidents) {
      times.push_back(incident.at);
      ids.push_back(incident.id.text());
    }
    filter.before = cursor_after(page.incidents.back());
  }
  EXPECT_THAT(times, ElementsAre(30, 20, 20, 20, 10));
  std::ranges::sort(ids);
  EXPECT_EQ(std::ranges::adjacent_find(ids), ids.end()) << "none twice";
  EXPECT_THAT(store_->incidents({.limit = 0}).value().incidents, IsEmpty());
  EXPECT_THAT(store_->incidents({.before = "x"}), FailsWith(ErrorCode::invalid_argument));
}

TEST_P(StoreContractAlsoAway, IncidentsAreChosenByTimeAndKind) {
  ASSERT_TRUE(store_->note_incidents(
      std::vector{incident_at(10, "started"), incident_at(20), incident_at(30, "started"), incident_at(40)}));
  EXPECT_THAT(times_of(store_->incidents({.since = 20}).value()), ElementsAre(40, 30, 20));
  EXPECT_THAT(times_of(store_->incidents({.kind = "started"}).value()), ElementsAre(30, 10));
  EXPECT_THAT(times_of(store_->incidents({.since = 20, .kind = "started"}).value()), ElementsAre(30));
  EXPECT_THAT(times_of(store_->incidents({.kind = "never_heard_of"}).value()), IsEmpty());
}

TEST_P(StoreContractAlsoAway, AnIncidentThatBreaksTheRulesIsRefusedWithItsWholeBatch) {
  auto nameless = incident_at(2);
  nameless.instance = "\xff";
  for (const auto& wrong : {incident_at(2, ""), incident_at(2, "Level"), incident_at(2, "a b"),
                            incident_at(2, "x", "["), incident_at(2, "x", "[]"), incident_at(2, "x", ""), nameless,
                            incident_at(2, "x", R"({"a":")" + std::string(kLargestIncidentBody, 'a') + "\"}")}) {
    EXPECT_THAT(store_->note_incidents(std::vector{incident_at(1), wrong}), FailsWith(ErrorCode::invalid_argument))
        << wrong.kind << ' ' << wrong.body.substr(0, 20);
  }
  EXPECT_THAT(store_->incidents({}).value().incidents, IsEmpty());
  const std::string largest = R"({"a":")" + std::string(kLargestIncidentBody - 8, 'a') + "\"}";
  EXPECT_TRUE(store_->note_incidents(std::vector{incident_at(1, "x", largest)}));
}

TEST_P(StoreContractAlsoAway, ARetryAfterALostAcknowledgementNotesAnIncidentOnce) {
  auto owned = std::make_unique<FaultyStore>(std::move(store_));
  auto& faulty = *owned;
  store_ = std::move(owned);
  const std::vector noted{incident_at(1), incident_at(2)};
  faulty.fail_before_commit.arm(1);
  EXPECT_THAT(store_->note_incidents(noted), FailsWith(ErrorCode::unavailable));
  EXPECT_THAT(store_->incidents({}).value().incidents, IsEmpty());
  faulty.lost_ack.arm(1);
  EXPECT_THAT(store_->note_incidents(noted), FailsWith(ErrorCode::unavailable));
  EXPECT_TRUE(store_->note_incidents(noted));
  EXPECT_THAT(times_of(store_->incidents({}).value()), ElementsAre(2, 1));
}

TEST_P(StoreContract, IncidentsAreTrimmedByAgeAndByNumberInBoundedSteps) {
  const auto present = now();
  std::vector<Incident> noted;
  for (int i = 0; i < 6; ++i) noted.push_back(incident_at(present - 100'000 + i));
  for (int i = 0; i < 6; ++i) noted.push_back(incident_at(present - 1'000 + i));
  ASSERT_TRUE(store_->note_incidents(noted));
  const auto left = [&] { return store_->incidents({}).value().incidents.size(); };
  EXPECT_EQ(store_->trim_incidents(milliseconds(200'000), 12, 100).value(), 0);
  EXPECT_EQ(store_->trim_incidents(milliseconds(50'000), 12, 4).value(), 4);
  EXPECT_THAT(times_of(store_->incidents({.limit = 100}).value()).back(), present - 100'000 + 4) << "the oldest first";
  EXPECT_EQ(store_->trim_incidents(milliseconds(50'000), 12, 4).value(), 2);
  EXPECT_EQ(left(), 6U);
  EXPECT_EQ(store_->trim_incidents(milliseconds(50'000), 2, 3).value(), 3);
  EXPECT_EQ(store_->trim_incidents(milliseconds(50'000), 2, 3).value(), 1);
  EXPECT_EQ(store_->trim_incidents(milliseconds(50'000), 2, 3).value(), 0);
  EXPECT_THAT(times_of(store_->incidents({}).value()), ElementsAre(present - 995, present - 996));
}

TEST_P(StoreContract, DeletingAThreadLeavesIncidentsAlone) {
  completed();
  ASSERT_TRUE(store_->note_incidents(std::vector{incident_at(1)}));
  EXPECT_EQ(store_->delete_thread("ann", "t1").value().runs, 1);
  EXPECT_EQ(store_->incidents({}).value().incidents.size(), 1U);
}

}  // namespace
}  // namespace holdfast::journal
