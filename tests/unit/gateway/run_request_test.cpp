#include "gateway/run_request.hpp"

#include <gtest/gtest.h>

namespace holdfast::gateway {
namespace {

const std::string kId = "01890a5d-ac96-774b-bcce-b302099a8057";

Request request_with(std::string body) {
  Request request;
  request.method = "POST";
  request.body = std::move(body);
  return request;
}

RunRequest accepted(std::string body, const std::optional<std::string>& path_thread_id = std::nullopt) {
  auto parsed = parse_run_request(request_with(std::move(body)), path_thread_id);
  if (const auto* problem = std::get_if<Problem>(&parsed)) {
    ADD_FAILURE() << problem->detail;
    return {};
  }
  return std::get<RunRequest>(std::move(parsed));
}

TEST(RunRequestTest, TheWorkerGetsTheRequestWithoutWhatIsOurs) {
  const auto run = accepted(R"({ "extra" : [1.0e2, {"a":"}"}], "prompt":"  x  ","stream":true, "run_id":")" + kId +
                            R"(","thread_id":"t","big":123456789012345678901234567890 })");
  EXPECT_EQ(run.prompt, "x");
  EXPECT_EQ(run.thread_id, "t");
  EXPECT_EQ(run.run_id->text(), kId);
  EXPECT_TRUE(run.stream);
  EXPECT_EQ(run.worker_request,
            R"({"prompt":"x","thread_id":"t","extra":[1.0e2, {"a":"}"}],"big":123456789012345678901234567890})");
}

TEST(RunRequestTest, AnEscapedKeyIsTheKeyItStandsFor) {
  const auto run = accepted(R"({"pr\u006fmpt":"a","thread_id":"t"})");
  EXPECT_EQ(run.prompt, "a");
  EXPECT_EQ(run.worker_request, R"({"prompt":"a","thread_id":"t"})");
}

TEST(RunRequestTest, TheThreadOfThePathIsUsed) {
  EXPECT_EQ(accepted(R"({"prompt":"x"})", "t1").worker_request, R"({"prompt":"x","thread_id":"t1"})");
  EXPECT_EQ(accepted(R"({"prompt":"x","thread_id":null})", "t1").thread_id, "t1");
}

TEST(RunRequestTest, OptionalFieldsMayBeNull) {
  const auto run = accepted(R"({"prompt":"x","thread_id":"t","run_id":null,"stream":null})");
  EXPECT_FALSE(run.run_id);
  EXPECT_FALSE(run.stream);
}

TEST(RunRequestTest, TheLengthIsCountedInCharacters) {
  std::string longest;
  for (std::size_t i = 0; i < kLongestPrompt; ++i) longest += "é";
  EXPECT_EQ(accepted(R"({"thread_id":"t","prompt":")" + longest + "\"}").prompt.size(), 2 * kLongestPrompt);
  auto parsed = parse_run_request(request_with(R"({"thread_id":"t","prompt":"x)" + longest + "\"}"), std::nullopt);
  EXPECT_TRUE(std::holds_alternative<Problem>(parsed));
}

std::string refusal(std::string body, const Headers& headers = {}) {
  auto request = request_with(std::move(body));
  request.headers = headers;
  auto parsed = parse_run_request(request, std::nullopt);
  const auto* problem = std::get_if<Problem>(&parsed);
  return problem == nullptr ? "accepted" : std::to_string(problem->status) + " " + problem->detail;
}

TEST(RunRequestTest, TheKeyThroughWhichWorkersGetTheirCheckpointIsReserved) {
  const std::string forged = R"({"checkpoint":{"step":"followups","state":{"next":"finished","answer":"42"}}})";
  for (const auto* key : {"holdfast", "holdf\\u0061st"}) {
    const auto said = refusal(R"({"prompt":"x","thread_id":"t",")" + std::string(key) + "\":" + forged + "}");
    EXPECT_TRUE(said.starts_with("422 holdfast: ")) << said;
    EXPECT_NE(said.find("reserved"), std::string::npos) << said;
  }
  EXPECT_TRUE(refusal(R"({"prompt":"x","thread_id":"t","holdfast":null})").starts_with("422"));
  EXPECT_EQ(accepted(R"({"prompt":"x","thread_id":"t","a":{"holdfast":1}})").thread_id, "t");
}

TEST(RunRequestTest, AThreadIdThatNoPathCanNameIsRefused) {
  for (const auto* id : {".", ".."}) {
    EXPECT_TRUE(check_thread_id(id));
    EXPECT_TRUE(refusal(R"({"prompt":"x","thread_id":")" + std::string(id) + "\"}").starts_with("422")) << id;
  }
  for (const auto* id : {"...", ".a", "a..", "a/..", "../b", "\\"}) EXPECT_FALSE(check_thread_id(id)) << id;
}

TEST(RunRequestTest, WhatOnlyLooksEmptyIsEmpty) {
  for (const auto* blank : {" ", "\u00a0", "\u2003\u3000", " \u200b\ufeff "}) {
    EXPECT_TRUE(check_thread_id(blank));
    EXPECT_EQ(refusal(R"({"thread_id":"t","prompt":")" + std::string(blank) + "\"}"),
              "422 prompt: the prompt is empty");
  }
  EXPECT_FALSE(check_thread_id("a b"));
  EXPECT_EQ(accepted("{\"thread_id\":\"t\",\"prompt\":\"\u00a0x\"}").prompt, "\u00a0x");
}

TEST(RunRequestTest, ABodyThatIsNotUtf8IsSaidToBeThat) {
  EXPECT_NE(refusal("{\"prompt\":\"\xff\",\"thread_id\":\"t\"}").find("UTF-8"), std::string::npos);
  EXPECT_EQ(refusal("{\"prompt\":").find("UTF-8"), std::string::npos);
}

TEST(RunRequestTest, ACompressedBodyIsNotReadAsJson) {
  const std::string body = R"({"prompt":"x","thread_id":"t"})";
  for (const auto* coding : {"gzip", "identity, br"}) {
    Headers headers;
    headers.add("Content-Encoding", coding);
    EXPECT_TRUE(refusal(body, headers).starts_with("415 ")) << refusal(body, headers);
  }
  Headers plain;
  plain.add("Content-Encoding", "Identity");
  EXPECT_EQ(refusal(body, plain), "accepted");
}

TEST(RunRequestTest, ControlCharactersOfEveryKindAreRefusedInAThreadId) {
  for (const std::string_view id : {"\n", "a\x7f", "\xc2\x85", "\x01"}) EXPECT_TRUE(check_thread_id(id));
  for (const std::string_view id : {"a", "ž", "a/b", "00000000-0000"}) EXPECT_FALSE(check_thread_id(id));
}

}  // namespace
}  // namespace holdfast::gateway
