// Everything a client can do wrong, tried.
#include <gmock/gmock.h>

#include <boost/json/serialize.hpp>

#include "base/text.hpp"
#include "tests/contract/http/gateway_fixture.hpp"

namespace holdfast::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

struct BadBody {
  const char* name;
  std::string body;
  std::string field;  ///< Last part of the first error's loc.
  std::string type;
};

void PrintTo(const BadBody& bad, std::ostream* out) { *out << bad.name; }

std::string with(const std::string& members) { return "{" + members + "}"; }

std::vector<BadBody> bad_bodies() {
  const std::string thread = R"("thread_id":"t")";
  const std::string prompt = R"("prompt":"x")";
  return {
      {"EmptyBody", " ", "body", "json_invalid"},
      {"BrokenJson", R"({"prompt":)", "body", "json_invalid"},
      {"TwoValues", R"({"prompt":"x","thread_id":"t"} 1)", "body", "json_invalid"},
      {"NotAnObject", R"(["x"])", "body", "object_type"},
      {"NotUtf8", with("\"prompt\":\"\xff\xfe\"," + thread), "body", "json_invalid"},
      {"SurrogateAlone", with(R"("prompt":"\ud800",)" + thread), "body", "json_invalid"},
      {"TooDeep", with(R"("x":)" + std::string(100, '[') + std::string(100, ']')), "body", "json_invalid"},
      {"PromptMissing", with(thread), "prompt", "missing"},
      {"PromptNull", with(R"("prompt":null,)" + thread), "prompt", "string_type"},
      {"PromptNumber", with(R"("prompt":7,)" + thread), "prompt", "string_type"},
      {"PromptArray", with(R"("prompt":["x"],)" + thread), "prompt", "string_type"},
      {"PromptEmpty", with(R"("prompt":"",)" + thread), "prompt", "string_too_short"},
      {"PromptBlank", with(R"("prompt":" \t\n ",)" + thread), "prompt", "string_too_short"},
      {"PromptTooLong", with(R"("prompt":")" + std::string(10'001, 'x') + "\"," + thread), "prompt", "string_too_long"},
      {"PromptWithNul", with(R"("prompt":"a\u0000b",)" + thread), "prompt", "string_characters"},
      {"ThreadMissing", with(prompt), "thread_id", "missing"},
      {"ThreadNull", with(prompt + R"(,"thread_id":null)"), "thread_id", "string_type"},
      {"ThreadNumber", with(prompt + R"(,"thread_id":7)"), "thread_id", "string_type"},
      {"ThreadEmpty", with(prompt + R"(,"thread_id":"")"), "thread_id", "string_too_short"},
      {"ThreadTooLong", with(prompt + R"(,"thread_id":")" + std::string(101, 't') + "\""), "thread_id",
       "string_too_long"},
      {"ThreadWithControl", with(prompt + R"(,"thread_id":"a\u0007")"), "thread_id", "string_characters"},
      {"RunIdNotUuid", with(prompt + "," + thread + R"(,"run_id":"7")"), "run_id", "uuid_parsing"},
      {"RunIdNumber", with(prompt + "," + thread + R"(,"run_id":7)"), "run_id", "string_type"},
      {"ThreadDot", with(prompt + R"(,"thread_id":".")"), "thread_id", "string_characters"},
      {"ThreadDotDot", with(prompt + R"(,"thread_id":"..")"), "thread_id", "string_characters"},
      {"ReservedKey", with(prompt + "," + thread + R"(,"holdfast":{"checkpoint":{}})"), "holdfast", "reserved_key"},
      {"StreamNotBool", with(prompt + "," + thread + R"(,"stream":"yes")"), "stream", "bool_type"},
  };
}

class BadBodyContract : public GatewayFixture, public ::testing::WithParamInterface<BadBody> {};

TEST_P(BadBodyContract, IsRefusedWithWhereAndWhy) {
  start(quick_setup());
  const auto reply = post("/analyze", GetParam().body);
  ASSERT_EQ(reply.status, 422) << reply.body;
  EXPECT_EQ(reply.header("Content-Type"), "application/problem+json");
  const auto problem = object_of(reply);
  EXPECT_TRUE(problem.at("detail").is_string());
  const auto& error = problem.at("errors").as_array().at(0).as_object();
  EXPECT_EQ(error.at("loc").as_array().back().as_string(), GetParam().field);
  EXPECT_EQ(text_of(error, "type"), GetParam().type);
  EXPECT_FALSE(text_of(error, "msg").empty());
  EXPECT_EQ(object_of(get("/v1/runs")).at("runs").as_array().size(), 0U) << "nothing was started";
}

INSTANTIATE_TEST_SUITE_P(Shapes, BadBodyContract, ::testing::ValuesIn(bad_bodies()),
                         [](const auto& info) { return std::string(info.param.name); });

class BadInputContract : public GatewayFixture {
 protected:
  // What the server says to raw bytes, and that it closes the connection afterwards.
  void expect_refusal(std::string_view bytes, int status) {
    HttpClient client(port());
    client.send(bytes);
    const auto reply = client.read();
    ASSERT_TRUE(reply) << "no answer to " << bytes.substr(0, 60);
    EXPECT_EQ(reply->status, status) << bytes.substr(0, 60) << reply->body;
    EXPECT_EQ(reply->header("Content-Type"), "application/problem+json");
    EXPECT_EQ(reply->header("Connection"), "close");
    EXPECT_FALSE(reply->header("X-Request-Id").empty());
    EXPECT_TRUE(client.closed_by_server());
  }
};

TEST_F(BadInputContract, EveryWrongFieldIsNamedAtOnce) {
  start(quick_setup());
  const auto reply = post("/analyze", R"({"prompt":null,"thread_id":7,"run_id":"x","stream":1})");
  EXPECT_EQ(object_of(reply).at("errors").as_array().size(), 4U) << reply.body;
}

TEST_F(BadInputContract, ThePromptMayHaveTenThousandCharactersOfAnySize) {
  start(quick_setup());
  std::string prompt;
  for (int i = 0; i < 10'000; ++i) prompt += "ř";
  const auto reply = post("/analyze", json::serialize(json::object{{"prompt", prompt}, {"thread_id", "t"}}));
  EXPECT_EQ(reply.status, 200) << reply.body.substr(0, 300);
}

TEST_F(BadInputContract, AThreadIdThatDiffersFromThePathIsRefused) {
  start(quick_setup());
  const auto reply = post("/v1/threads/a/runs", R"({"prompt":"x","thread_id":"b"})");
  EXPECT_EQ(reply.status, 422);
  EXPECT_THAT(reply.body, HasSubstr("thread_id_mismatch"));
}

TEST_F(BadInputContract, AnIdempotencyKeyMustAgreeWithTheRunIdAndBeOne) {
  start(quick_setup());
  const auto body = R"({"prompt":"x","thread_id":"t","run_id":"01890a5d-ac96-774b-bcce-b302099a8057"})";
  EXPECT_THAT(post("/analyze", body, {{"Idempotency-Key", "01890a5d-ac96-774b-bcce-b302099a8058"}}).body,
              HasSubstr("run_id_mismatch"));
  EXPECT_EQ(post("/analyze", body, {{"Idempotency-Key", "order-7"}}).status, 422);
}

TEST_F(BadInputContract, BrokenFramingIsRefused) {
  start(quick_setup());
  expect_refusal("this is not HTTP\r\n\r\n", 400);
  expect_refusal("GET / HTTP/1.1\r\n\r\n", 400);
  expect_refusal("GET / HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n", 400);
  expect_refusal("GET / HTTP/2.0\r\nHost: localhost\r\n\r\n", 505);
  expect_refusal("GET / HTTP/1.1\r\nHost: localhost\r\nno colon here\r\n\r\n", 400);
  expect_refusal("POST /analyze HTTP/1.1\r\nHost: localhost\r\nContent-Length: ten\r\n\r\n", 400);
  expect_refusal("POST /analyze HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n", 400);
  expect_refusal("POST /analyze HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}", 400);
  expect_refusal(
      "POST /analyze HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      400);
  expect_refusal(
      "POST /analyze HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n0\r\n\r\n",
      400);
  expect_refusal("POST /analyze HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip\r\n\r\n", 501);
  expect_refusal("POST /analyze HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", 400);
  expect_refusal("POST /analyze HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400);
  expect_refusal("POST /analyze HTTP/1.1\r\nHost: localhost\r\nExpect: a-miracle\r\nContent-Length: 2\r\n\r\n{}", 417);
}

TEST_F(BadInputContract, BadPathsAreRefused) {
  start(quick_setup());
  expect_refusal(request_text("GET", "/a/../livez"), 400);
  expect_refusal(request_text("GET", "/a/%2e%2e/livez"), 400);
  expect_refusal(request_text("GET", "/chat/a%00b/messages"), 400);
  expect_refusal(request_text("GET", "/chat/%zz/messages"), 400);
  expect_refusal(request_text("GET", "/chat/%ff/messages"), 400);
  expect_refusal(request_text("GET", "//livez"), 400);
  expect_refusal(request_text("GET", "livez"), 400);
  EXPECT_EQ(get("/no/such/thing").status, 404);
  EXPECT_EQ(get("/livez/").status, 200) << "a slash at the end changes nothing";
}

TEST_F(BadInputContract, EveryThreadThatIsAcceptedCanBeReadBack) {
  start(quick_setup());
  for (const std::string thread : {"a/b", "a\\b", "/", "../x", "%2F", "a b?c#d"}) {
    const auto path = percent_encode(thread);
    const auto body = json::serialize(json::object{{"prompt", "x"}, {"thread_id", thread}});
    EXPECT_EQ(post("/analyze", body).status, 200) << thread;
    EXPECT_EQ(post("/v1/threads/" + path + "/runs", R"({"prompt":"y"})").status, 200) << thread;
    EXPECT_EQ(object_of(get("/v1/threads/" + path + "/runs")).at("runs").as_array().size(), 2U) << thread;
    EXPECT_EQ(get("/chat/" + path + "/messages").status, 200) << thread;
  }
}

TEST_F(BadInputContract, ARefusalNamesThePathItRefused) {
  start(quick_setup());
  const auto instance_of = [this](std::string_view bytes) {
    HttpClient client(port());
    client.send(bytes);
    const auto reply = client.read();
    return reply ? text_of(object_of(*reply), "instance") : "no answer";
  };
  EXPECT_EQ(instance_of("POST /analyze?x=1 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 104857600\r\n\r\n"),
            "/analyze");
  EXPECT_EQ(instance_of("GET /livez HTTP/1.1\r\n\r\n"), "/livez");
  EXPECT_EQ(instance_of(request_text("GET", "/a/../b?c")), "/a/../b");
  EXPECT_EQ(instance_of(request_text("GET", "/livez", {}, {{"X-Long", std::string(20'000, 'x')}})), "/livez");
}

TEST_F(BadInputContract, ACompressedBodyIsRefused) {
  start(quick_setup());
  EXPECT_EQ(post("/analyze", R"({"prompt":"x","thread_id":"t"})", {{"Content-Encoding", "gzip"}}).status, 415);
}

TEST_F(BadInputContract, LongHeadersAndTargetsAreRefused) {
  start(quick_setup());
  expect_refusal(request_text("GET", "/livez", {}, {{"X-Long", std::string(20'000, 'x')}}), 431);
  expect_refusal(request_text("GET", "/" + std::string(9'000, 'x')), 414);
  expect_refusal("GET /" + std::string(40'000, 'x'), 414);
  EXPECT_EQ(get("/livez", {{"X-Long", std::string(10'000, 'x')}}).status, 200);
}

TEST_F(BadInputContract, ABodyOfAHundredMegabytesIsNotRead) {
  start(quick_setup());
  HttpClient client(port());
  ASSERT_TRUE(client.send("POST /analyze HTTP/1.1\r\nHost: localhost\r\nContent-Length: 104857600\r\n\r\n"));
  const auto reply = client.read();
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 413);
  const std::string megabyte(1 << 20, 'x');
  int sent = 0;
  while (sent < 100 && client.send(megabyte)) ++sent;
  EXPECT_LT(sent, 20) << "the server keeps on reading";
}

TEST_F(BadInputContract, AChunkedBodyOfAHundredMegabytesIsNotRead) {
  start(quick_setup());
  HttpClient client(port());
  ASSERT_TRUE(client.send(request_text("POST", "/analyze", {}, {{"Transfer-Encoding", "chunked"}})));
  const std::string chunk = "10000\r\n" + std::string(0x10000, 'x') + "\r\n";
  int sent = 0;
  while (sent < 1600 && client.send(chunk)) ++sent;
  EXPECT_LT(sent, 400) << "the server keeps on reading";
  const auto reply = client.read();
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 413);
}

TEST_F(BadInputContract, EndlessChunkHeadersAndTrailersAreRefused) {
  start(quick_setup());
  const auto head = request_text("POST", "/analyze", {}, {{"Transfer-Encoding", "chunked"}});
  expect_refusal(head + "1;" + std::string(100'000, 'x'), 400);
  expect_refusal(head + "0\r\nX: " + std::string(100'000, 'x'), 400);
}

TEST_F(BadInputContract, ABodyWithoutItsLengthIsRefused) {
  start(quick_setup());
  EXPECT_EQ(HttpClient(port()).ask("POST", "/analyze")->status, 411);
}

TEST_F(BadInputContract, SlowHeadersRunIntoATimeOut) {
  start(quick_setup());
  expect_refusal("GET /livez HTTP/1.1\r\nHost: loc", 408);
  HttpClient client(port());
  client.send("GET /livez HTTP/1.1\r\n");
  // A header line now and then does not buy more time.
  bool alive = true;
  for (int i = 0; i < 40 && alive; ++i) {
    std::this_thread::sleep_for(25ms);
    alive = client.send("X-A: b\r\n");
  }
  const auto reply = client.read();
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 408);
}

TEST_F(BadInputContract, ASlowBodyRunsIntoATimeOut) {
  start(quick_setup());
  const auto text = request_text("POST", "/analyze", R"({"prompt":"x","thread_id":"t"})");
  expect_refusal(text.substr(0, text.size() - 5), 408);
  HttpClient client(port());
  client.send("POST /analyze HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n");
  bool alive = true;
  for (int i = 0; i < 60 && alive; ++i) {
    std::this_thread::sleep_for(25ms);
    alive = client.send(" ");
  }
  const auto reply = client.read();
  ASSERT_TRUE(reply) << "a byte now and then keeps the connection for ever";
  EXPECT_EQ(reply->status, 408);
}

TEST_F(BadInputContract, HalfARequestLeavesNothingBehind) {
  start(quick_setup());
  for (int i = 0; i < 20; ++i) {
    HttpClient client(port());
    client.send(R"(POST /analyze HTTP/1.1
Host: loc)");
    client.close();
  }
  EXPECT_EQ(get("/livez").status, 200);
  for (int tries = 0; tries < 100 && open_connections() > 0; ++tries) std::this_thread::sleep_for(10ms);
  EXPECT_EQ(open_connections(), 0U);
}

TEST_F(BadInputContract, UnknownMethodsAreToldWhatIsAllowed) {
  start(quick_setup());
  HttpClient client(port());
  const auto wrong = client.ask("DELETE", "/livez");
  ASSERT_TRUE(wrong);
  EXPECT_EQ(wrong->status, 405);
  EXPECT_EQ(wrong->header("Allow"), "GET, HEAD");
  EXPECT_EQ(client.ask("GET", "/analyze")->header("Allow"), "POST");
  EXPECT_EQ(client.ask("BREW", "/livez")->status, 405);
  EXPECT_EQ(client.ask("BREW", "/coffee")->status, 501);
  EXPECT_EQ(client.ask("DELETE", "/no/such/thing")->status, 404);
  HttpClient tunnel(port());
  tunnel.send("CONNECT example.org:443 HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(tunnel.read()->status, 501);
}

TEST_F(BadInputContract, ARunIdInThePathThatIsNoUuidIsRefused) {
  start(quick_setup());
  for (const auto* path : {"/v1/runs/7", "/v1/runs/7/events", "/v1/runs/7/timeline"}) {
    EXPECT_EQ(get(path).status, 400) << path;
  }
  EXPECT_EQ(post("/v1/runs/7/cancel", "").status, 400);
  EXPECT_EQ(post("/v1/runs/7/ack", "").status, 400);
  const std::string unknown = "/v1/runs/01890a5d-ac96-774b-bcce-b302099a8057";
  for (const auto& path : {unknown, unknown + "/events", unknown + "/timeline"}) {
    EXPECT_EQ(get(path).status, 404) << path;
  }
  EXPECT_EQ(post(unknown + "/cancel", "").status, 404);
  EXPECT_EQ(post(unknown + "/ack", "").status, 404);
}

TEST_F(BadInputContract, OtherHostsAndOtherSitesAreKeptOut) {
  start(quick_setup());
  EXPECT_EQ(get("/livez", {{"Host", "evil.example"}}).status, 421);
  EXPECT_EQ(get("/livez", {{"Host", "localhost.evil.example:8000"}}).status, 421);
  EXPECT_EQ(get("http://evil.example/livez").status, 421) << "the target wins over the header";
  EXPECT_EQ(get("http://127.0.0.1:1/livez").status, 200);
  const auto body = R"({"prompt":"x","thread_id":"t"})";
  EXPECT_EQ(post("/analyze", body, {{"Origin", "https://evil.example"}}).status, 403);
  EXPECT_EQ(post("/analyze", body, {{"Origin", "null"}}).status, 403);
  EXPECT_EQ(post("/analyze", body, {{"Sec-Fetch-Site", "cross-site"}}).status, 403);
  EXPECT_EQ(post("/analyze", body, {{"Origin", "http://localhost"}}).status, 200);
}

}  // namespace
}  // namespace holdfast::testing
