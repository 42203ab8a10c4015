// The fallback when memory is gone: allocation fails at every point of the building, one after the other.
#include "gateway/fallback.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <limits>
#include <new>
#include <stdexcept>

#include "base/json.hpp"
#include "gateway/analyze_json.hpp"

namespace {

// Allocations of this thread that still succeed.
thread_local long left = std::numeric_limits<long>::max();

bool may_allocate() noexcept { return left > 0 && left-- > 0; }

void* allocate(std::size_t size) {
  void* memory = may_allocate() ? std::malloc(size == 0 ? 1 : size) : nullptr;
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace

// Replaced in this program only.
void* operator new(std::size_t size) { return allocate(size); }
void* operator new[](std::size_t size) { return allocate(size); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }

namespace holdfast::gateway {
namespace {

using journal::Run;
using journal::RunStatus;

/// Until it is destroyed, only so many allocations succeed.
class Scarcity {
 public:
  explicit Scarcity(long allocations) { left = allocations; }
  ~Scarcity() { left = std::numeric_limits<long>::max(); }
  Scarcity(const Scarcity&) = delete;
  Scarcity& operator=(const Scarcity&) = delete;
};

Run run_with(RunStatus status) {
  Run run{.id = RunId::parse("01890a5d-ac96-774b-bcce-b302099a8057").value()};
  run.owner = "local";
  run.thread_id = "a \"thread\"\nof mine, žluťoučký";
  run.prompt = std::string(500, 'p');
  run.status = status;
  run.result = R"({"result":")" + std::string(500, 'r') + R"(","sql":"SELECT 1"})";
  run.usage = R"({"memory":{"peak_bytes":1048576}})";
  return run;
}

std::string fallback_text(const Run& run, AnswerForm form, int status = 200) {
  std::array<char, 8192> room{};
  FixedText out(room);
  write_fallback(out, run, form, BuildFailure::out_of_memory, status, "/analyze");
  EXPECT_TRUE(out.fits());
  return std::string(out.text());
}

json::object object_of(std::string_view text) {
  auto parsed = parse_json_object(text);
  EXPECT_TRUE(parsed) << text;
  return parsed ? std::move(*parsed) : json::object{};
}

TEST(FallbackTest, ItSaysThatTheAnalysisHasFinishedAndHowToGetItsAnswer) {
  const auto body = object_of(fallback_text(run_with(RunStatus::completed), AnswerForm::analyze));
  EXPECT_FALSE(find_string(body, "response").value_or("").empty());
  EXPECT_EQ(find_string(body, "result"), find_string(body, "response"));
  EXPECT_EQ(find_string(body, "thread_id"), "a \"thread\"\nof mine, žluťoučký");
  EXPECT_EQ(find_string(body, "run_id"), "01890a5d-ac96-774b-bcce-b302099a8057");
  EXPECT_NE(find_string(body, "error").value_or("").find("out of memory"), std::string_view::npos);
  EXPECT_NE(find_string(body, "recovery_note").value_or("").find("/v1/runs/01890a5d"), std::string_view::npos);
  EXPECT_EQ(body.at("analysis_completed"), true);
  EXPECT_EQ(find_string(body, "server_status"), "completed_with_response_error");
}

TEST(FallbackTest, ItIsNotARunSoThatNoClientTakesItForTheAnswer) {
  const auto body = object_of(fallback_text(run_with(RunStatus::completed), AnswerForm::run));
  EXPECT_FALSE(body.contains("status"));
  EXPECT_FALSE(body.contains("result"));
}

TEST(FallbackTest, AnErrorIsAProblemDocumentToo) {
  const auto body = object_of(fallback_text(run_with(RunStatus::failed), AnswerForm::analyze, 500));
  EXPECT_EQ(body.at("status"), 500);
  EXPECT_EQ(find_string(body, "instance"), "/analyze");
  EXPECT_FALSE(find_string(body, "detail").value_or("").empty());
  EXPECT_EQ(body.at("analysis_completed"), false);
  EXPECT_EQ(find_string(body, "server_status"), "failed_with_response_error");
}

TEST(FallbackTest, AnEventHasNoIdSoThatTheTrueEndCanStillBeReplayed) {
  const auto native = fallback_text(run_with(RunStatus::completed), AnswerForm::native_event);
  EXPECT_TRUE(native.starts_with("event: done\ndata: {")) << native;
  EXPECT_TRUE(native.ends_with("}\n\n"));
  EXPECT_EQ(native.find("id:"), std::string::npos);
  const auto compatible = fallback_text(run_with(RunStatus::completed), AnswerForm::compatible_event);
  EXPECT_TRUE(compatible.starts_with(R"(data: {"type":"final","data":{)")) << compatible;
  object_of(std::string_view(compatible).substr(6));
  const auto failed = fallback_text(run_with(RunStatus::failed), AnswerForm::compatible_event);
  EXPECT_TRUE(failed.starts_with(R"(data: {"type":"error","status":500,)")) << failed;
  object_of(std::string_view(failed).substr(6));
}

TEST(FallbackTest, TheLongestThreadIdFits) {
  auto run = run_with(RunStatus::failed);
  run.thread_id = std::string(400, '\x01');
  for (const auto form :
       {AnswerForm::run, AnswerForm::analyze, AnswerForm::native_event, AnswerForm::compatible_event}) {
    fallback_text(run, form, 500);
  }
}

TEST(FallbackTest, WhereverAllocationFailsTheFallbackIsWrittenWithoutAnother) {
  const auto run = run_with(RunStatus::completed);
  std::array<char, 8192> room{};
  long failures = 0;
  for (;; ++failures) {
    ASSERT_LT(failures, 10'000);
    FixedText out(room);
    bool built = false;
    {
      const Scarcity scarcity(failures);
      const auto body = try_build("test", [&] { return analyze_json(run, Via::direct, 0); });
      built = body.has_value();
      if (!body) write_fallback(out, run, AnswerForm::analyze, body.error(), 200, "/analyze");
    }
    if (built) break;
    const auto body = object_of(out.text());
    EXPECT_EQ(find_string(body, "server_status"), "completed_with_response_error");
  }
  EXPECT_GT(failures, 3) << "the building was interrupted at several points";
}

TEST(FallbackTest, ADefectWhileBuildingIsToldFromALackOfMemory) {
  const auto built = try_build("test", []() -> std::string { throw std::runtime_error("a defect"); });
  ASSERT_FALSE(built);
  EXPECT_EQ(built.error(), BuildFailure::defect);
}

}  // namespace
}  // namespace holdfast::gateway
