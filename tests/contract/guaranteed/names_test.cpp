// Whose request is which run.
#include "tests/contract/guaranteed/guaranteed_fixture.hpp"
#include "tests/contract/http/api_key_fixture.hpp"

namespace holdfast::testing {
namespace {

using ::testing::HasSubstr;

class GuaranteedName : public GuaranteedFixture {};

TEST_F(GuaranteedName, WithoutANameEachRequestIsARunOfItsOwn) {
  start(guaranteed_setup());
  EXPECT_NE(post("/once", "x").header("Holdfast-Run-Id"), post("/once", "x").header("Holdfast-Run-Id"));
  EXPECT_EQ(recorded("once POST"), 2);
}

TEST_F(GuaranteedName, AnyTextNamesARun) {
  start(guaranteed_setup());
  const auto id = ask("/once", "stainless-node-retry-1").header("Holdfast-Run-Id");
  EXPECT_EQ(ask("/once", "\"stainless-node-retry-1\"").header("Holdfast-Run-Id"), id) << "quoted or not";
  EXPECT_NE(ask("/once", "stainless-node-retry-2").header("Holdfast-Run-Id"), id);
  EXPECT_EQ(ask("/once", kFirst).header("Holdfast-Run-Id"), kFirst) << "a UUID is the id itself";
  EXPECT_EQ(post("/once", "x", {{"Holdfast-Run-Id", kFirst}}).header("Idempotent-Replayed"), "true");
  EXPECT_EQ(recorded("once POST"), 3);
}

TEST_F(GuaranteedName, ANameIsForOneRequest) {
  start(guaranteed_setup());
  ASSERT_EQ(ask("/echo", "k", "one").status, 200);
  EXPECT_EQ(ask("/echo", "k", "two").status, 422);
  EXPECT_EQ(ask("/echo?x", "k", "one").status, 422);
  EXPECT_EQ(ask("/echo", "k", "one").status, 200);
  EXPECT_EQ(post("/echo", "one", {{"Idempotency-Key", "k"}, {"User-Agent", "another"}}).status, 200)
      << "other headers may differ";
}

TEST_F(GuaranteedName, AMalformedNameIsRefusedAndNothingStarts) {
  start(guaranteed_setup());
  for (const auto& headers : {HeaderList{{"Holdfast-Run-Id", "7"}}, HeaderList{{"Idempotency-Key", ""}},
                              HeaderList{{"Idempotency-Key", std::string(256, 'k')}},
                              HeaderList{{"Idempotency-Key", "a"}, {"Holdfast-Run-Id", kFirst}},
                              HeaderList{{"Holdfast-Thread-Id", std::string(101, 't')}}}) {
    EXPECT_EQ(post("/once", "x", headers).status, 422) << headers.front().second;
  }
  EXPECT_EQ(recorded("once POST"), 0);
}

TEST_F(GuaranteedName, AThreadMayBeNamed) {
  start(guaranteed_setup());
  ASSERT_EQ(post("/echo", "x", {{"Holdfast-Thread-Id", "mine"}, {"Idempotency-Key", kFirst}}).status, 200);
  EXPECT_THAT(get("/v1/threads/mine/runs").body, HasSubstr(kFirst));
}

class GuaranteedOwner : public ApiKeyContract {
 protected:
  void SetUp() override {
    auto setup = quick_setup();
    setup.worker_command =
        "exec python3 " HOLDFAST_SOURCE_DIR "/tests/support/scripted_upstream/scripted_upstream.py --socket {socket}";
    setup.gateway.guaranteed = {gateway::parse_guaranteed_route("POST /**").value()};
    start_with_keys(std::move(setup));
  }
};

TEST_F(GuaranteedOwner, NobodysNameIsAnothers) {
  const auto ada = post_as("ada", "/echo", "secret", {{"Idempotency-Key", "k"}});
  const auto bob = post_as("bob", "/echo", "secret", {{"Idempotency-Key", "k"}});
  EXPECT_EQ(bob.header("Idempotent-Replayed"), "");
  const auto id = ada.header("Holdfast-Run-Id");
  EXPECT_NE(bob.header("Holdfast-Run-Id"), id);
  EXPECT_EQ(get_as("ada", "/v1/runs/" + id + "/response").body, ada.body);
  EXPECT_EQ(get_as("bob", "/v1/runs/" + id + "/response").status, 404);
  EXPECT_EQ(post_as("bob", "/echo", "secret", {{"Holdfast-Run-Id", id}}).status, 404);
}

TEST_F(GuaranteedOwner, CredentialsStayHereAndStrangersStayOutside) {
  EXPECT_EQ(post("/echo", "x").status, 401);
  const auto reply = post_as("ada", "/echo", "x");
  EXPECT_THAT(reply.body, HasSubstr("Holdfast-User: ada\r\n"));
  EXPECT_EQ(reply.body.find("X-Api-Key"), std::string::npos);
}

}  // namespace
}  // namespace holdfast::testing
