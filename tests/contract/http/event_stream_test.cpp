// Event streams: both shapes, resumption, heartbeats, the end.
#include <gmock/gmock.h>

#include <boost/json/serialize.hpp>

#include "tests/contract/http/gateway_fixture.hpp"

namespace holdfast::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::StartsWith;

const std::string kId = "01890a5d-ac96-774b-bcce-b302099a8057";
const std::string kEvents = "/v1/runs/" + kId + "/events";

struct Event {
  std::string id;
  std::string type;
  std::string data;
};

// Reads a whole stream as a browser does.
std::vector<Event> events_in(const std::string& text) {
  std::vector<Event> events;
  Event event;
  std::size_t at = 0;
  while (at < text.size()) {
    const auto end = text.find('\n', at);
    const auto line = text.substr(at, end - at);
    at = end == std::string::npos ? text.size() : end + 1;
    if (line.empty()) {
      if (!event.data.empty()) events.push_back(event);
      event = {};
    } else if (line.starts_with("id: ")) {
      event.id = line.substr(4);
    } else if (line.starts_with("event: ")) {
      event.type = line.substr(7);
    } else if (line.starts_with("data: ")) {
      event.data += (event.data.empty() ? "" : "\n") + line.substr(6);
    }
  }
  return events;
}

class EventStreamContract : public GatewayFixture {};

TEST_F(EventStreamContract, ARunIsFollowedFromItsFirstEventToItsAnswer) {
  start(quick_setup("--stream --steps 2 --sleep-ms 120"));
  start_run(kId);
  const auto reply = get(kEvents);
  ASSERT_EQ(reply.status, 200);
  EXPECT_TRUE(reply.complete);
  EXPECT_EQ(reply.header("Content-Type"), "text/event-stream; charset=utf-8");
  EXPECT_EQ(reply.header("X-Accel-Buffering"), "no");
  EXPECT_EQ(reply.header("Cache-Control"), "no-store, no-transform");
  EXPECT_THAT(reply.body, StartsWith("retry: 2000\n\nevent: hello\ndata: "));
  EXPECT_THAT(reply.body, HasSubstr(": hb\n\n"));
  const auto events = events_in(reply.body);
  std::vector<std::string> types;
  for (const auto& event : events) types.push_back(event.type);
  EXPECT_EQ(types, (std::vector<std::string>{"hello", "status", "status", "progress", "progress", "done"}));
  EXPECT_EQ(events.at(1).id, "1");
  const auto done = object_of(std::string_view(events.back().data));
  EXPECT_EQ(text_of(done, "status"), "completed");
  EXPECT_EQ(text_of(done, "via"), "stream");
  EXPECT_EQ(done.at("result"), (json::object{{"result", "How many?"}}));
}

TEST_F(EventStreamContract, ARunThatWaitsHearsItsPlaceInsteadOfSilence) {
  auto setup = quick_setup("--sleep-ms 2000");
  setup.workers = 1;
  start(setup);
  start_run("01890a5d-ac96-774b-bcce-b302099a8001");
  start_run(kId);
  HttpClient client(port());
  client.send(request_text("GET", kEvents));
  ASSERT_TRUE(client.read_head());
  std::string heard;
  while (heard.find("\nevent: queue\ndata: ") == std::string::npos) {
    const auto piece = client.read_piece();
    ASSERT_TRUE(piece) << heard;
    heard += "\n" + *piece;
  }
  EXPECT_THAT(heard, HasSubstr(R"({"status":"queued","queue":{"position":1,)"));
}

TEST_F(EventStreamContract, AStreamIsResumedBehindEveryIdWithoutGapOrRepetition) {
  start(quick_setup("--stream --steps 3"));
  start_run(kId);
  finished_run(kId);
  const auto all = events_in(get(kEvents).body);
  for (std::size_t i = 1; i < all.size(); ++i) {
    const auto rest = get(kEvents, {{"Last-Event-ID", all.at(i).id}});
    if (i + 1 == all.size()) {
      EXPECT_EQ(rest.status, 204) << "the cursor is at the end";
      continue;
    }
    const auto events = events_in(rest.body);
    ASSERT_EQ(events.size(), all.size() - i);
    for (std::size_t k = 1; k < events.size(); ++k) {
      EXPECT_EQ(events.at(k).id, all.at(i + k).id);
      EXPECT_EQ(events.at(k).type, all.at(i + k).type);
    }
  }
}

TEST_F(EventStreamContract, AFinishedRunIsReplayedAlsoAfterItWasAcknowledged) {
  start(quick_setup());
  start_run(kId);
  finished_run(kId);
  post("/v1/runs/" + kId + "/ack", "");
  const auto events = events_in(get(kEvents).body);
  EXPECT_EQ(events.back().type, "done");
  EXPECT_EQ(get(kEvents, {{"Last-Event-ID", events.back().id}}).status, 204);
}

TEST_F(EventStreamContract, TheHeaderWinsOverTheQueryAndGarbageIsRefused) {
  start(quick_setup());
  start_run(kId);
  finished_run(kId);
  EXPECT_EQ(get(kEvents + "?after=99").status, 204);
  EXPECT_EQ(get(kEvents + "?after=99", {{"Last-Event-ID", "0"}}).status, 200);
  EXPECT_EQ(get(kEvents + "?after=x").status, 400);
  EXPECT_EQ(get(kEvents, {{"Last-Event-ID", "-1"}}).status, 400);
  EXPECT_EQ(get(kEvents, {{"Last-Event-ID", ""}}).status, 400);
}

TEST_F(EventStreamContract, AStreamSaysHelloBeforeThereIsAnythingToTell) {
  start(quick_setup("--sleep-ms 2000"));
  start_run(kId);
  HttpClient client(port());
  client.send(request_text("GET", kEvents + "?after=2"));
  ASSERT_TRUE(client.read_head());
  const auto piece = client.read_piece();
  ASSERT_TRUE(piece);
  EXPECT_THAT(*piece, HasSubstr("event: hello"));
}

TEST_F(EventStreamContract, TheHeadOfAStreamDoesNotWaitForItsRun) {
  start(quick_setup("--sleep-ms 30000"));
  start_run(kId);
  HttpClient client(port());
  const auto reply = client.ask("HEAD", kEvents);
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->header("Content-Type"), "text/event-stream; charset=utf-8");
  EXPECT_EQ(client.ask("GET", "/livez")->status, 200);
}

TEST_F(EventStreamContract, APostMayAskForTheEvents) {
  start(quick_setup());
  const auto reply = post("/v1/threads/t1/runs", R"({"prompt":"x"})", {{"Accept", "text/event-stream"}});
  ASSERT_EQ(reply.status, 200);
  EXPECT_FALSE(reply.header("Location").empty());
  EXPECT_EQ(events_in(reply.body).back().type, "done");
}

TEST_F(EventStreamContract, TheOriginalFrontEndGetsTheShapesItKnows) {
  start(quick_setup("--stream --steps 1"));
  const auto reply = post("/analyze", R"({"prompt":"x","thread_id":"t","stream":true})");
  ASSERT_EQ(reply.status, 200);
  const auto events = events_in(reply.body);
  std::vector<std::string> types;
  for (const auto& event : events) {
    EXPECT_EQ(event.type, "") << "no event: lines";
    types.push_back(text_of(object_of(std::string_view(event.data)), "type"));
  }
  EXPECT_EQ(types, (std::vector<std::string>{"status", "status", "status", "final"}));
  const auto last = object_of(std::string_view(events.back().data));
  EXPECT_EQ(last.at("data").at("result"), "x");
  EXPECT_EQ(last.at("data").at("via"), "stream");
}

TEST_F(EventStreamContract, AFailureIsTheLastEvent) {
  start(quick_setup("--status 500"));
  const auto native = events_in(post("/v1/threads/t/runs", R"({"prompt":"x","stream":true})").body);
  EXPECT_EQ(native.back().type, "done");
  EXPECT_EQ(text_of(object_of(std::string_view(native.back().data)), "status"), "failed");
  const auto compatible = events_in(post("/analyze", R"({"prompt":"x","thread_id":"t","stream":true})").body);
  const auto last = object_of(std::string_view(compatible.back().data));
  EXPECT_EQ(text_of(last, "type"), "error");
  EXPECT_EQ(last.at("status"), 500);
  EXPECT_FALSE(text_of(last, "message").empty());
}

TEST_F(EventStreamContract, AJoinedStreamBehindTheEndEnds) {
  start(quick_setup());
  start_run(kId);
  finished_run(kId);
  const auto reply =
      post("/analyze", R"({"prompt":"How many?","thread_id":"t1","stream":true,"run_id":")" + kId + "\"}",
           {{"Last-Event-ID", "99"}});
  EXPECT_EQ(reply.status, 200);
  EXPECT_TRUE(reply.complete);
}

TEST_F(EventStreamContract, AReaderThatStopsReadingIsCutOffAndTheRunGoesOn) {
  auto setup = quick_setup("--stream --steps 5");
  setup.gateway.server.write_timeout = 300ms;
  start(std::move(setup));
  std::vector<std::unique_ptr<HttpClient>> sleepy;
  start_run(kId, std::string(9'000, 'x'));
  for (int i = 0; i < 4; ++i) {
    sleepy.push_back(std::make_unique<HttpClient>(port()));
    // Enough answers in one go to fill every buffer between us.
    std::string many;
    for (int k = 0; k < 2000; ++k) many += request_text("GET", kEvents);
    sleepy.back()->send(many);
  }
  EXPECT_EQ(text_of(finished_run(kId), "status"), "completed");
  for (int tries = 0; tries < 6000 && open_connections() > 0; ++tries) std::this_thread::sleep_for(10ms);
  EXPECT_EQ(open_connections(), 0U);
}

TEST_F(EventStreamContract, AStoppingServerTellsItsReaders) {
  start(early_setup("--sleep-ms 30000"));
  start_run(kId);
  HttpClient stream(port());
  stream.send(request_text("GET", kEvents));
  HttpClient old(port());
  old.send(request_text("POST", "/analyze", R"({"prompt":"x","thread_id":"t"})"));
  ASSERT_TRUE(stream.read_head());
  ASSERT_TRUE(stream.read_piece());
  ASSERT_TRUE(old.read_head());
  stop(50ms);
  std::string told;
  while (auto piece = stream.read_piece()) told += *piece;
  EXPECT_THAT(told, HasSubstr("event: draining"));
  EXPECT_TRUE(stream.body_complete());
  std::string body;
  while (auto piece = old.read_piece()) body += *piece;
  EXPECT_EQ(text_of(object_of(std::string_view(body)), "server_status"), "interrupted");
}

}  // namespace
}  // namespace holdfast::testing
