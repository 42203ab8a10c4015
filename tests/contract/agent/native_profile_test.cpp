// Heap profiles of programs without a runtime: jemalloc records, holdfast-symbols names.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "agent_host.hpp"
#include "base/json.hpp"

namespace holdfast::workers {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr double kMegabyte = 1024.0 * 1024.0;

AgentConfig sampling_jemalloc() {
  auto config = AgentHost::default_config();
  config.library = HOLDFAST_AGENT_JEMALLOC_LIBRARY;
  config.profiles = true;
  config.sampling = true;
  return config;
}

class NativeProfile : public ::testing::Test {
 protected:
  // The program, with what its functions hold in its profile.
  void profile_of(const std::string& program) {
    host_ = std::make_unique<AgentHost>(std::vector<std::string>{program, "leaks"}, environment_, config_);
    host_->wait_ready();
    answer_ = host_->ask(agent::kProfile);
    ASSERT_TRUE(answer_) << answer_.error().message();
  }

  [[nodiscard]] int name_stacks(const std::string& path) const {
    return std::system(fmt::format("exec {} {} {} 2>&1", HOLDFAST_SYMBOLS, host_->pid(), path).c_str());
  }

  void name() {
    ASSERT_EQ(answer_->status, agent::kDone);
    ASSERT_THAT(host_->profile(), ::testing::StartsWith("heap_v2/"));
    ASSERT_EQ(name_stacks(host_->profile_path()), 0);
    const auto profile = parse_json_object(host_->profile());
    ASSERT_TRUE(profile) << host_->profile().substr(0, 1000);
    profile_ = *profile;
  }

  // Megabytes below the functions whose name contains `text`.
  [[nodiscard]] double held_below(std::string_view text) const {
    double bytes = 0;
    for (const auto& stack : profile_.at("stacks").as_array()) {
      const auto& frames = stack.at("frames").as_array();
      const bool is_below = std::ranges::any_of(
          frames, [text](const auto& frame) { return std::string_view(frame.as_string()).contains(text); });
      if (is_below) bytes += static_cast<double>(stack.at("bytes").as_int64());
    }
    return bytes / kMegabyte;
  }

  // The innermost of the stack that holds most.
  [[nodiscard]] std::string innermost() const {
    const auto& frames = profile_.at("stacks").at(0).at("frames").as_array();
    return std::string(frames.back().as_string());
  }

  AgentConfig config_ = sampling_jemalloc();
  std::vector<std::string> environment_;
  std::unique_ptr<AgentHost> host_;
  Result<memory::AgentAnswer> answer_ = fail(ErrorCode::not_found, "not asked");
  json::object profile_;
};

// One in 512 KB is sampled: 64 MB are known to 9 % (one standard deviation), 32 MB to 13 %.
TEST_F(NativeProfile, NamesTheFunctionsThatHoldTheMemory) {
  profile_of(HOLDFAST_NATIVE_HOST);
  name();
  EXPECT_NEAR(held_below("keep_rows"), 64, 64 * 0.45);
  EXPECT_NEAR(held_below("keep_index"), 32, 32 * 0.65);
  EXPECT_NEAR(held_below("main"), 96, 96 * 0.4);
  EXPECT_THAT(innermost(), HasSubstr("keep_rows(unsigned long)")) << "the allocator's own frames are not told";
}

TEST_F(NativeProfile, TellsThePlaceInAFileWithoutSymbols) {
  profile_of(HOLDFAST_STRIPPED_HOST);
  name();
  EXPECT_THAT(innermost(), ::testing::StartsWith("agent_stripped_host+0x"));
  EXPECT_NEAR(held_below("agent_stripped_host+0x"), 96, 96 * 0.4);
}

TEST_F(NativeProfile, AProgramThatWasReplacedKeepsItsOwnNames) {
  const holdfast::testing::TemporaryDirectory directory;
  const auto program = directory / "program";
  std::filesystem::copy_file(HOLDFAST_NATIVE_HOST, program);
  profile_of(program);
  // As an update does it.
  std::filesystem::copy_file("/bin/sleep", directory / "new");
  std::filesystem::rename(directory / "new", program);
  // Once more: the kernel says of the files what they are now.
  answer_ = host_->ask(agent::kProfile);
  ASSERT_TRUE(answer_);
  name();
  EXPECT_NEAR(held_below("keep_rows"), 64, 64 * 0.45);
}

TEST_F(NativeProfile, OfAProcessThatIsGoneThePlacesAreTold) {
  profile_of(HOLDFAST_NATIVE_HOST);
  host_->kill(SIGKILL);
  host_->wait();
  name();
  EXPECT_THAT(innermost(), ::testing::StartsWith("agent_native_host+0x"));
}

TEST_F(NativeProfile, WhatIsNoDumpIsLeftAlone) {
  profile_of(HOLDFAST_NATIVE_HOST);
  const auto path = host_->profile_path();
  std::filesystem::rename(path, path + ".real");
  EXPECT_NE(name_stacks(path), 0);
  std::filesystem::create_symlink(path + ".real", path);
  EXPECT_NE(name_stacks(path), 0) << "no link is followed";
  std::filesystem::remove(path);
  std::ofstream(path) << "heap_v2/0\n@ 0x1\n  t*: 1: 1 [0: 0]\n";
  EXPECT_NE(name_stacks(path), 0);
  EXPECT_THAT(host_->profile(), ::testing::StartsWith("heap_v2/0"));
}

TEST_F(NativeProfile, WithTheCLibrarysMallocThereIsNone) {
  config_.library = HOLDFAST_AGENT_LIBRARY;
  profile_of(HOLDFAST_NATIVE_HOST);
  EXPECT_EQ(answer_->status, agent::kUnsupported);
  EXPECT_EQ(host_->profile(), "");
}

TEST_F(NativeProfile, WithoutSamplingThereIsNone) {
  config_.sampling = false;
  profile_of(HOLDFAST_NATIVE_HOST);
  EXPECT_EQ(answer_->status, agent::kUnsupported);
}

// Also what a jemalloc that was built without its profiler answers.
TEST_F(NativeProfile, WhatTheEnvironmentSaysOfTheProfilerStays) {
  environment_ = {"MALLOC_CONF=narenas:2,prof:false"};
  profile_of(HOLDFAST_NATIVE_HOST);
  EXPECT_EQ(answer_->status, agent::kUnsupported);
  EXPECT_THAT(host_->link().entries({"MALLOC_CONF=narenas:2,prof:false"}),
              Contains("MALLOC_CONF=prof:true,narenas:2,prof:false"));
  config_.sampling = false;
  const auto link = AgentLink::make(config_).value();
  link->leave_profiles_at("/nowhere");
  EXPECT_THAT(link->entries({}), Not(Contains(HasSubstr("MALLOC_CONF"))));
}

TEST_F(NativeProfile, OfPythonTheNamesInItsModulesAreToldAllTheSame) {
  host_ = std::make_unique<AgentHost>(std::vector<std::string>{"/usr/bin/python3", HOLDFAST_PYTHON_HOST, "figures"},
                                      environment_, config_);
  host_->wait_ready();
  const auto answer = host_->ask(agent::kProfile, std::chrono::seconds(60));
  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_EQ(answer->status, agent::kDone);
  EXPECT_THAT(host_->profile(), HasSubstr("cpython 3."));
}

}  // namespace
}  // namespace holdfast::workers
