#include "symbols/named_profile.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json.hpp"

namespace holdfast::symbols {
namespace {

constexpr std::uint64_t kProgram = 0x10000;
constexpr std::uint64_t kAllocator = 0x20000;

HeapDump dump_of(std::vector<DumpStack> stacks) {
  return {.stacks = std::move(stacks),
          .mappings = {{kProgram, kProgram + 0x1000, 0, "/opt/worker"},
                       {kProgram + 0x1000, kProgram + 0x3000, 0x1000, "/opt/worker"},
                       {kAllocator, kAllocator + 0x1000, 0, "/lib/libjemalloc.so.2"}}};
}

std::string frames_of(const std::string& profile) {
  return json_text(parse_json_object(profile)->at("stacks").at(0).at("frames"));
}

TEST(NamedProfileTest, StacksAreToldOutermostFirstWithoutTheAllocator) {
  const AddressNames names{{kAllocator + 8, "prof_backtrace"},
                           {kProgram + 4, "operator new(unsigned long)"},
                           {kProgram + 0x1020, "keep(int)"},
                           {kProgram + 0x1040, "main"}};
  const auto profile = to_profile_json(
      dump_of({{{kAllocator + 8, kAllocator + 16, kProgram + 4, kProgram + 0x1020, kProgram + 0x1040}, 2, 100}}),
      names);
  EXPECT_EQ(frames_of(profile), R"x(["main","keep(int)"])x");
}

TEST(NamedProfileTest, AnAllocatorInTheProgramItselfIsLeftOutToo) {
  const AddressNames names{{kProgram + 4, "prof_backtrace"},
                           {kProgram + 8, "_rjem_malloc"},
                           {kProgram + 12, "prof_report"},
                           {kProgram + 16, "main"}};
  const auto profile =
      to_profile_json(dump_of({{{kProgram + 4, kProgram + 8, kProgram + 12, kProgram + 16}, 1, 100}}), names);
  EXPECT_EQ(frames_of(profile), R"(["main","prof_report"])");
}

TEST(NamedProfileTest, WithoutNamesThePlaceInTheFileIsTold) {
  const auto profile = to_profile_json(dump_of({{{kAllocator + 8, kProgram + 0x1020, 0x99}, 1, 100}}), {});
  EXPECT_EQ(frames_of(profile), R"x(["(code without a file)","worker+0x101f"])x");
}

TEST(NamedProfileTest, AnAllocatorThatAllocatesForItselfIsTold) {
  EXPECT_EQ(frames_of(to_profile_json(dump_of({{{kAllocator + 8, kAllocator + 17}, 1, 100}}), {})),
            R"(["libjemalloc.so.2+0x10"])");
}

TEST(NamedProfileTest, PlacesInOneFunctionAreOne) {
  const AddressNames names{{kProgram + 0x1020, "keep(int)"}, {kProgram + 0x1030, "keep(int)"}};
  const auto profile = parse_json_object(to_profile_json(
      dump_of({{{kProgram + 0x1020}, 2, 100}, {{kProgram + 0x1030}, 3, 50}, {{kProgram + 0x2000}, 1, 200}}), names));
  const auto& stacks = profile->at("stacks").as_array();
  ASSERT_EQ(stacks.size(), 2U);
  EXPECT_EQ(stacks.at(1).at("bytes"), 150);
  EXPECT_EQ(stacks.at(1).at("count"), 5);
  EXPECT_EQ(profile->at("total_bytes"), 350);
}

TEST(NamedProfileTest, NamesOfAnyBytesBecomeText) {
  const AddressNames names{{kProgram + 4, "a\xff\"b"}};
  const auto profile = to_profile_json(dump_of({{{kProgram + 4}, 1, 1}}), names);
  EXPECT_EQ(frames_of(profile), R"(["a\\xff\"b"])");
}

}  // namespace
}  // namespace holdfast::symbols
