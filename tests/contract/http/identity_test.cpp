// Who may ask, and what they see: over HTTP, with keys and with tokens.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include "tests/contract/http/api_key_fixture.hpp"
#include "tests/support/document_server.hpp"
#include "tests/support/signed_tokens.hpp"

namespace holdfast::testing {
namespace {

using namespace std::chrono_literals;
using gateway::AuthMode;
using ::testing::HasSubstr;
using ::testing::Not;

const std::string kOther = "01890a5d-ac96-774b-bcce-b302099a8058";
const std::string kSecret = "0123456789abcdef0123456789abcdef";

TEST_F(ApiKeyContract, ARequestWithoutAGoodKeyIsToldHowToSayWhoItIs) {
  start_with_keys(quick_setup());
  const auto none = get("/v1/runs");
  EXPECT_EQ(none.status, 401);
  EXPECT_EQ(none.header("WWW-Authenticate"), "Bearer realm=\"holdfast\"");
  EXPECT_EQ(none.header("Content-Type"), "application/problem+json");
  EXPECT_EQ(text_of(object_of(none), "type"), "/problems/unauthenticated");
  const auto wrong = get("/v1/runs", bearer("hf_" + std::string(64, '0')));
  EXPECT_EQ(wrong.status, 401);
  EXPECT_THAT(wrong.header("WWW-Authenticate"), HasSubstr("error=\"invalid_token\""));
  EXPECT_EQ(get("/v1/runs", {{"Authorization", "Basic eDp5"}}).status, 401);
  EXPECT_EQ(get("/v1/runs?access_token=" + keys_["ada"]).status, 401) << "never from the address";
  EXPECT_EQ(get("/v1/runs", {{"Cookie", "token=" + keys_["ada"]}}).status, 401);
  EXPECT_EQ(get("/v1/runs", bearer(keys_["ada"])).status, 200);
  EXPECT_EQ(get("/v1/runs", {{"X-Api-Key", keys_["ada"]}}).status, 200);
}

TEST_F(ApiKeyContract, EveryRouteOfRunsNeedsAnIdentity) {
  start_with_keys(quick_setup());
  ask_as_ada();
  const auto run = "/v1/runs/" + kId;
  for (const auto& path :
       {std::string("/v1/runs"), std::string("/v1/threads"), std::string("/v1/threads/t1/runs"), run, run + "/events",
        run + "/timeline", std::string("/chat/t1/messages"), std::string("/initial-followup-prompts")}) {
    EXPECT_EQ(get(path).status, 401) << path;
  }
  EXPECT_EQ(post("/v1/threads/t1/runs", kQuestion).status, 401);
  EXPECT_EQ(post("/analyze", R"({"prompt":"q","thread_id":"t1"})").status, 401);
  EXPECT_EQ(post(run + "/cancel", "").status, 401);
  EXPECT_EQ(post(run + "/ack", "").status, 401);
}

TEST_F(ApiKeyContract, AWorkerIsToldWhoAsksAndTellsThreadsOfTwoUsersApart) {
  start_with_keys(quick_setup("--report"));
  ask_as("ada", R"({"prompt":"q"})");
  ask_as("bob", R"({"prompt":"q"})");
  for (const std::string user : {"ada", "bob"}) {
    json::object run;
    do {
      run = object_of(get_as(user, "/v1/threads/t1/runs")).at("runs").as_array().at(0).as_object();
    } while (text_of(run, "status") != "completed");
    const auto& result = run.at("result").as_object();
    EXPECT_EQ(text_of(result, "user"), user);
    EXPECT_EQ(text_of(result, "thread_key"), user + "/t1");
  }
}

TEST_F(ApiKeyContract, ProbesAndThePageNeedNone) {
  start_with_keys(quick_setup());
  for (const auto* path : {"/livez", "/readyz", "/startupz", "/", "/openapi.json", "/health"}) {
    EXPECT_EQ(get(path).status, 200) << path;
    EXPECT_EQ(get(path, bearer("rubbish")).status, 200) << path;
  }
  EXPECT_EQ(get("/no/such/path").status, 404);
  const auto least = object_of(get("/health"));
  EXPECT_EQ(least.size(), 2U);
  EXPECT_EQ(text_of(least, "status"), "healthy");
  EXPECT_TRUE(object_of(get_as("ada", "/health")).contains("memory"));
}

TEST_F(ApiKeyContract, ChecksComeInTheDocumentedOrder) {
  auto setup = quick_setup();
  setup.gateway.server.limits.body = 20'000;
  start_with_keys(std::move(setup));
  const std::string path = "/v1/threads/t1/runs";
  EXPECT_EQ(post(path, std::string(30'000, ' ')).status, 413) << "size before syntax";
  EXPECT_EQ(HttpClient(port()).ask("POST", path)->status, 411);
  EXPECT_EQ(post(path, "{").status, 422) << "syntax before identity";
  EXPECT_EQ(post(path, "{}").status, 401) << "identity before shape";
  EXPECT_EQ(post_as("bob", path, "{}").status, 422);
  ask_as_ada();
  EXPECT_EQ(post_as("bob", path, R"({"run_id":")" + kId + "\"}").status, 422) << "shape before ownership";
  EXPECT_EQ(post_as("bob", path, kQuestion).status, 404);
}

TEST_F(ApiKeyContract, AnotherUsersRunLooksAsIfItWereNotThere) {
  start_with_keys(quick_setup("--sleep-ms 300"));
  ask_as_ada();
  const auto check = [this](const char* when) {
    for (const auto* part : {"", "/events", "/timeline"}) {
      const auto theirs = get_as("bob", "/v1/runs/" + kId + part);
      auto absent = get_as("bob", "/v1/runs/" + kOther + part);
      EXPECT_EQ(theirs.status, 404) << when << part;
      absent.body.replace(absent.body.find(kOther), kOther.size(), kId);
      EXPECT_EQ(theirs.body, absent.body) << when << part;
    }
    for (const auto* part : {"/cancel", "/ack"}) {
      const auto theirs = post_as("bob", "/v1/runs/" + kId + part);
      auto absent = post_as("bob", "/v1/runs/" + kOther + part);
      EXPECT_EQ(theirs.status, 404) << when << part;
      for (auto at = absent.body.find(kOther); at != std::string::npos; at = absent.body.find(kOther)) {
        absent.body.replace(at, kOther.size(), kId);
      }
      EXPECT_EQ(theirs.body, absent.body) << when << part;
    }
    EXPECT_EQ(get_as("bob", "/v1/runs/" + kId, {{"If-None-Match", "*"}, {"Prefer", "wait=1"}}).status, 404) << when;
    EXPECT_EQ(get_as("bob", "/v1/runs/" + kId + "/events", {{"Last-Event-ID", "99"}}).status, 404) << when;
  };
  check("while it goes on: ");
  wait_for_the_answer();
  check("when it has ended: ");
  EXPECT_EQ(text_of(object_of(get_as("ada", "/v1/runs/" + kId)), "status"), "completed") << "bob could not stop it";
}

TEST_F(ApiKeyContract, PostingAnotherUsersRunIdTellsNothingOfTheRun) {
  start_with_keys(quick_setup("--sleep-ms 300"));
  ask_as_ada();
  const auto analyze = R"({"prompt":"How many secrets?","thread_id":"t1","run_id":")" + kId + "\"}";
  const auto check = [&](const char* when) {
    const HttpReply replies[] = {
        post_as("bob", "/v1/threads/t1/runs", kQuestion),
        post_as("bob", "/v1/threads/t1/runs", kQuestion, {{"Prefer", "respond-async"}}),
        post_as("bob", "/v1/threads/t1/runs", kQuestion, {{"Accept", "text/event-stream"}}),
        post_as("bob", "/v1/threads/t2/runs", R"({"prompt":"x"})", {{"Idempotency-Key", kId}}),
        post_as("bob", "/analyze", analyze),
        post_as("root", "/analyze", analyze),
    };
    for (const auto& reply : replies) {
      EXPECT_EQ(reply.status, 404) << when << reply.body;
      EXPECT_THAT(reply.body, Not(HasSubstr("secrets"))) << when;
      EXPECT_EQ(reply.header("Idempotent-Replayed"), "") << when;
      EXPECT_EQ(reply.header("Location"), "") << when;
    }
  };
  check("while it goes on: ");
  wait_for_the_answer();
  check("when it has ended: ");
  EXPECT_EQ(object_of(get_as("bob", "/v1/runs")).at("runs").as_array().size(), 0U);
}

TEST_F(ApiKeyContract, ListsShowOnesOwnOnlyAlsoToAnAdministrator) {
  start_with_keys(quick_setup());
  ask_as_ada();
  wait_for_the_answer();
  for (const auto* user : {"ada", "bob", "root"}) {
    const std::size_t expected = std::string_view(user) == "ada" ? 1 : 0;
    const auto count = [&](const std::string& path, const char* list) {
      return object_of(get_as(user, path)).at(list).as_array().size();
    };
    EXPECT_EQ(count("/v1/runs", "runs"), expected) << user;
    EXPECT_EQ(count("/v1/runs?undelivered=true", "runs"), expected) << user;
    EXPECT_EQ(count("/v1/runs?thread_id=t1", "runs"), expected) << user;
    EXPECT_EQ(count("/v1/threads", "threads"), expected) << user;
    EXPECT_EQ(count("/v1/threads/t1/runs", "runs"), expected) << user;
    EXPECT_EQ(count("/chat/t1/messages?envelope=true", "messages"), expected * 2) << user;
  }
}

TEST_F(ApiKeyContract, AThreadIdIsANameWithinItsOwner) {
  start_with_keys(quick_setup());
  ask_as_ada();
  wait_for_the_answer();
  const auto bobs = post_as("bob", "/v1/threads/t1/runs", R"({"prompt":"mine"})", {{"Prefer", "wait=20"}});
  ASSERT_EQ(bobs.status, 200) << bobs.body;
  EXPECT_THAT(get_as("bob", "/v1/threads/t1/runs").body, Not(HasSubstr("secrets")));
  EXPECT_THAT(get_as("ada", "/v1/threads/t1/runs").body, Not(HasSubstr("mine")));
}

TEST_F(ApiKeyContract, AnAdministratorReadsAnyRunByIdButDoesNotAcknowledgeForItsOwner) {
  start_with_keys(quick_setup("--sleep-ms 300"));
  ask_as_ada();
  const auto path = "/v1/runs/" + kId;
  EXPECT_EQ(get_as("root", path).status, 200);
  const auto answer = object_of(get_as("root", path, {{"Prefer", "wait=20"}}));
  EXPECT_EQ(text_of(answer, "status"), "completed");
  EXPECT_EQ(text_of(object_of(get_as("root", path + "/timeline")), "status"), "completed");
  EXPECT_THAT(get_as("root", path + "/events").body, HasSubstr("event: done"));
  EXPECT_EQ(post_as("root", path + "/ack").status, 404);
  EXPECT_TRUE(object_of(get_as("ada", path)).at("delivered_at").is_null());
  EXPECT_EQ(get_as("root", "/v1/runs/" + kOther).status, 404);
}

TEST_F(ApiKeyContract, WithALoginTheServerIsReachedByAddressAndByTrustedNameOnly) {
  auto setup = quick_setup();
  setup.gateway.trusted.hosts = {"ask.example.org"};
  start_with_keys(std::move(setup));
  EXPECT_EQ(get("/livez", {{"Host", "ask.example.org"}}).status, 200);
  EXPECT_EQ(get("/livez", {{"Host", "10.1.2.3:8000"}}).status, 200);
  EXPECT_EQ(get("/livez", {{"Host", "evil.example"}}).status, 421);
}

/// One user per token.
class TokenContract : public GatewayFixture {
 protected:
  static std::string claims(std::string_view subject, std::string_view issuer = "https://id.example",
                            std::chrono::seconds valid = 600s) {
    const auto now = system_clock().wall() / 1000;
    return fmt::format(R"({{"iss":"{}","aud":"holdfast","sub":"{}","exp":{}}})", issuer, subject, now + valid.count());
  }
  GatewaySetup setup_for(const std::string& key_set) {
    auto setup = quick_setup();
    setup.gateway.auth.mode = AuthMode::oidc;
    setup.gateway.auth.rules.issuer = "https://id.example";
    setup.gateway.auth.rules.audience = "holdfast";
    setup.gateway.auth.key_set = key_set;
    setup.gateway.auth.times = {.refresh = 1h, .retry = 1h, .least_gap = 0ms, .file_look = 10ms};
    return setup;
  }
  int status_with(const std::string& token) { return get("/v1/runs", bearer(token)).status; }

  TestKey first_ = make_p256_key("first");
  TestKey second_ = make_p256_key("second");
};

TEST_F(TokenContract, ATokenOpensTheRunsOfItsSubject) {
  DocumentServer provider(key_set({public_jwk(first_)}));
  start(setup_for(provider.url()));
  const auto ada = bearer(sign(first_, claims("ada")));
  EXPECT_EQ(post("/v1/threads/t1/runs", kQuestion, ada).status, 200);
  EXPECT_EQ(get("/v1/runs/" + kId, ada).status, 200);
  EXPECT_EQ(get("/v1/runs/" + kId, bearer(sign(first_, claims("bob")))).status, 404);
  EXPECT_EQ(get("/v1/runs/" + kId, {{"X-Api-Key", sign(first_, claims("ada"))}}).status, 401);
  const auto expired = get("/v1/runs", bearer(sign(first_, claims("ada", "https://id.example", -61s))));
  EXPECT_EQ(expired.status, 401);
  EXPECT_THAT(expired.header("WWW-Authenticate"), HasSubstr("the token has expired"));
  EXPECT_EQ(status_with(sign_hs256(kSecret, R"({"alg":"HS256"})", claims("ada"))), 401);
}

TEST_F(TokenContract, AnUnknownKeyIsLookedForOnceAndThenWorks) {
  DocumentServer provider(key_set({public_jwk(first_)}));
  start(setup_for(provider.url()));
  EXPECT_EQ(status_with(sign(first_, claims("ada"))), 200);
  EXPECT_EQ(provider.requests(), 1) << "a known key needs no look";
  provider.serve(key_set({public_jwk(second_)}));
  EXPECT_EQ(status_with(sign(second_, claims("ada"))), 200);
  EXPECT_EQ(provider.requests(), 2);
  EXPECT_EQ(status_with(sign(first_, claims("ada"))), 401) << "its key was withdrawn";
  EXPECT_EQ(provider.requests(), 3);
}

TEST_F(TokenContract, HoweverManyUnknownKeysAreShownTheProviderIsLeftInPeace) {
  DocumentServer provider(key_set({public_jwk(first_)}));
  auto setup = setup_for(provider.url());
  setup.gateway.auth.times.least_gap = 1h;
  start(std::move(setup));
  EXPECT_EQ(status_with(sign(first_, claims("ada"))), 200);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(status_with(sign(second_, claims("ada"))), 401);
  EXPECT_EQ(provider.requests(), 1);
}

TEST_F(TokenContract, KnownKeysServeWhileTheProviderIsAway) {
  DocumentServer provider(key_set({public_jwk(first_)}));
  start(setup_for(provider.url()));
  EXPECT_EQ(status_with(sign(first_, claims("ada"))), 200);
  for (const int status : {0, 500, 302}) {
    provider.answer_with(status);
    const auto unknown = get("/v1/runs", bearer(sign(second_, claims("ada"))));
    EXPECT_EQ(unknown.status, 503) << "it may be a new key";
    EXPECT_NE(unknown.header("Retry-After"), "");
    EXPECT_EQ(status_with(sign(first_, claims("ada"))), 200);
  }
  provider.answer_with(200);
  provider.serve("<html>");
  EXPECT_EQ(status_with(sign(second_, claims("ada"))), 503);
  EXPECT_EQ(status_with(sign(first_, claims("ada"))), 200);
  provider.serve(key_set({public_jwk(first_), public_jwk(second_)}));
  EXPECT_EQ(status_with(sign(second_, claims("ada"))), 200);
}

TEST_F(TokenContract, AServerStartsWithoutItsProviderAndTakesTokensWhenItIsThere) {
  DocumentServer provider(key_set({public_jwk(first_)}));
  provider.answer_with(0);
  start(setup_for(provider.url()));
  EXPECT_EQ(status_with(sign(first_, claims("ada"))), 503);
  EXPECT_EQ(get("/v1/runs").status, 401);
  EXPECT_EQ(status_with("rubbish"), 401);
  provider.answer_with(200);
  EXPECT_EQ(status_with(sign(first_, claims("ada"))), 200);
}

/// The certificate authorities that OpenSSL trusts, for one test.
class TrustedAuthority {
 public:
  explicit TrustedAuthority(const std::string& path) { ::setenv("SSL_CERT_FILE", path.c_str(), 1); }
  ~TrustedAuthority() { ::unsetenv("SSL_CERT_FILE"); }
};

TEST_F(TokenContract, KeysComeOverTlsWithAGoodCertificateOnly) {
  const auto document = key_set({public_jwk(first_)});
  const auto fetch = [this, &document](const char* name, bool trusted) {
    DocumentServer provider(document, name);
    std::ofstream(directory_ / "authority.pem") << (trusted ? provider.certificate() : "");
    const TrustedAuthority authority(directory_ / "authority.pem");
    asio::io_context io;
    Result<std::string> fetched = fail(ErrorCode::internal, "not asked");
    auto body = [&]() -> awaitable<void> {
      auto address = gateway::parse_web_address(provider.url()).value();
      fetched = co_await gateway::https_get(std::move(address));
    };
    spawn(io.get_executor(), "fetch", body);
    io.run();
    EXPECT_EQ(provider.requests(), fetched ? 1 : 0);
    return fetched;
  };
  const auto good = fetch("IP:127.0.0.1", true);
  ASSERT_TRUE(good) << good.error().message();
  EXPECT_EQ(*good, document);
  EXPECT_FALSE(fetch("IP:127.0.0.2", true)) << "for another address";
  EXPECT_FALSE(fetch("DNS:localhost", true)) << "for a name, not for this address";
  EXPECT_FALSE(fetch("IP:127.0.0.1", false)) << "signed by nobody we know";
}

TEST_F(TokenContract, KeysFromAFileAreReadAgainWhenItChanges) {
  const auto path = directory_ / "keys.json";
  std::ofstream(path) << key_set({public_jwk(first_)});
  start(setup_for(path));
  EXPECT_EQ(status_with(sign(first_, claims("ada"))), 200);
  // Renamed into place, as a careful person does: a half-written file would cost a 503.
  std::ofstream(path + ".new") << key_set({public_jwk(second_)}) << "\n";
  std::filesystem::rename(path + ".new", path);
  EXPECT_EQ(status_with(sign(second_, claims("ada"))), 200);
}

TEST_F(TokenContract, AStreamGoesOnWhenItsTokenExpires) {
  // Signed with a key that is withdrawn while the stream is open.
  const auto path = directory_ / "keys.json";
  std::ofstream(path) << key_set({public_jwk(first_), public_jwk(second_)});
  auto setup = setup_for(path);
  setup.worker_flags = "--sleep-ms 700";
  start(std::move(setup));
  const auto first = bearer(sign(first_, claims("ada")));
  auto posted = first;
  posted.emplace_back("Prefer", "respond-async");
  ASSERT_EQ(post("/v1/threads/t1/runs", kQuestion, posted).status, 202);
  HttpClient client(port());
  client.send(request_text("GET", "/v1/runs/" + kId + "/events", {}, first));
  ASSERT_EQ(client.read_head()->status, 200);
  std::ofstream(path + ".new") << key_set({public_jwk(second_)});
  std::filesystem::rename(path + ".new", path);
  while (get("/v1/runs", first).status != 401) std::this_thread::sleep_for(5ms);
  std::string events;
  while (auto piece = client.read_piece()) events += *piece;
  EXPECT_TRUE(client.body_complete());
  EXPECT_THAT(events, HasSubstr("event: done"));
}

class TestTokenContract : public TokenContract {
 protected:
  GatewaySetup test_setup() {
    auto setup = quick_setup();
    setup.gateway.auth.mode = AuthMode::test;
    setup.gateway.auth.rules.issuer = gateway::kTestIssuer;
    setup.gateway.auth.rules.audience = "holdfast";
    setup.gateway.auth.test_secret = kSecret;
    return setup;
  }
};

TEST_F(TestTokenContract, TestTokensAreCheckedLikeOthers) {
  start(test_setup());
  const auto with = [](const std::string& secret, const std::string& text) {
    return sign_hs256(secret, R"({"alg":"HS256","typ":"JWT"})", text);
  };
  EXPECT_EQ(status_with(with(kSecret, claims("ada", "test_issuer"))), 200);
  EXPECT_EQ(status_with(with(kSecret + "?", claims("ada", "test_issuer"))), 401);
  EXPECT_EQ(status_with(with(kSecret, claims("ada"))), 401);
  EXPECT_EQ(status_with(with(kSecret, claims("ada", "test_issuer", -1h))), 401);
  EXPECT_EQ(status_with(unsigned_token(R"({"alg":"none"})", claims("ada", "test_issuer")) + "."), 401);
  EXPECT_EQ(status_with(sign(first_, claims("ada", "test_issuer"))), 401);
}

/// Settings that cannot be used stop the server before it listens.
TEST(AuthenticationSettings, AreRefusedBeforeTheServerListens) {
  struct Case {
    const char* what;
    gateway::AuthConfig config;
    bool loopback;
    const char* told;  ///< Null: taken.
  };
  TemporaryDirectory directory;
  const auto with = [](AuthMode mode, auto edit) {
    gateway::AuthConfig config;
    config.mode = mode;
    config.rules = {"https://id.example", "holdfast"};
    edit(config);
    return config;
  };
  const auto keys = [](std::string location) {
    return [location](gateway::AuthConfig& config) { config.key_set = location; };
  };
  std::ofstream(directory / "rubbish") << "rubbish";
  const Case cases[] = {
      {"none, loopback", {}, true, nullptr},
      {"none, elsewhere", {}, false, "auth.mode"},
      {"no key file", with(AuthMode::api_key, [&](auto& c) { c.key_file = directory / "no"; }), true, "key add"},
      {"no keys", with(AuthMode::oidc, keys("")), true, "auth.jwks"},
      {"no issuer", with(AuthMode::oidc, [](auto& c) { c.rules.issuer = ""; }), true, "auth.issuer"},
      {"no audience", with(AuthMode::oidc, [](auto& c) { c.rules.audience = ""; }), true, "auth.audience"},
      {"https", with(AuthMode::oidc, keys("https://id.example/keys")), false, nullptr},
      {"plain http", with(AuthMode::oidc, keys("http://id.example/keys")), true, "https"},
      {"plain http here", with(AuthMode::oidc, keys("http://127.0.0.1:1/keys")), true, nullptr},
      {"other scheme", with(AuthMode::oidc, keys("ftp://id.example/keys")), true, "web address"},
      {"no file", with(AuthMode::oidc, keys(directory / "no.json")), true, "no.json"},
      {"rubbish", with(AuthMode::oidc, keys(directory / "rubbish")), true, "rubbish"},
      {"test, elsewhere", with(AuthMode::test, [](auto& c) { c.test_secret = kSecret; }), false, "loopback"},
      {"test", with(AuthMode::test, [](auto& c) { c.test_secret = kSecret; }), true, nullptr},
      {"test, no secret", with(AuthMode::test, [](auto&) {}), true, "HOLDFAST_TEST_TOKEN_SECRET"},
      {"test, weak secret", with(AuthMode::test, [](auto& c) { c.test_secret = "short"; }), true, "32 bytes"},
      {"test, no audience", with(AuthMode::test, [](auto& c) { c.rules.audience = ""; }), true, "GOOGLE_CLIENT_ID"},
  };
  asio::io_context io;
  for (const auto& c : cases) {
    gateway::Authentication authentication(io.get_executor(), system_clock(), c.config);
    const auto opened = authentication.open(c.loopback);
    EXPECT_EQ(opened.has_value(), c.told == nullptr) << c.what;
    if (!opened && c.told != nullptr) {
      EXPECT_THAT(opened.error().message(), HasSubstr(c.told)) << c.what;
    }
  }
}

}  // namespace
}  // namespace holdfast::testing
