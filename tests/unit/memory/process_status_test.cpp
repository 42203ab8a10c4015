#include "memory/process_status.hpp"

#include <gtest/gtest.h>

namespace holdfast::memory {
namespace {

// As the kernel prints it, but for the name: a process may call itself anything.
constexpr std::string_view kSample =
    "Name:\tRssAnon:\t7 kB\nUmask:\t0022\nState:\tS (sleeping)\nTgid:\t40\nPid:\t40\nPPid:\t12\nTracerPid:\t0\n"
    "VmPeak:\t    3060 kB\nVmSize:\t    3060 kB\nVmRSS:\t    1616 kB\nRssAnon:\t     112 kB\nRssFile:\t    1504 kB\n"
    "RssShmem:\t       8 kB\nVmData:\t     360 kB\nVmSwap:\t       4 kB\nThreads:\t3\nSigQ:\t0/96364\n";

std::string without(std::string_view line) {
  std::string text(kSample);
  const auto at = text.find("\n" + std::string(line)) + 1;
  return text.erase(at, text.find('\n', at) + 1 - at);
}

TEST(ProcessStatusTest, TheKindsOfMemoryAreToldApart) {
  const auto status = parse_process_status(kSample).value();
  EXPECT_EQ(status.parent, 12);
  EXPECT_EQ(status.anonymous, Bytes(112 * 1024));
  EXPECT_EQ(status.file, Bytes(1504 * 1024));
  EXPECT_EQ(status.shared, Bytes(8 * 1024));
  EXPECT_EQ(status.vm_size, Bytes(3060 * 1024));
  EXPECT_EQ(status.swap, Bytes(4 * 1024));
  EXPECT_EQ(status.threads, 3U);
}

TEST(ProcessStatusTest, AZombieHasNoMemory) {
  const auto status = parse_process_status("Name:\tx\nState:\tZ (zombie)\nPPid:\t1\nThreads:\t1\n").value();
  EXPECT_EQ(status.anonymous, Bytes());
  EXPECT_EQ(status.threads, 1U);
}

TEST(ProcessStatusTest, AMissingLineIsAnErrorAndNotZero) {
  for (const auto* line : {"PPid:", "RssAnon:", "RssFile:", "RssShmem:", "VmSwap:", "Threads:"}) {
    const auto status = parse_process_status(without(line));
    ASSERT_FALSE(status) << line;
    EXPECT_EQ(status.error().code(), ErrorCode::data_loss);
  }
}

TEST(ProcessStatusTest, GarbageIsAnError) {
  for (const auto* text : {"", "\n\n", "VmSize:\t1 kB\n", "PPid:\t1\nThreads:\t1\nVmSize:\tmany kB\n",
                           "PPid:\t1\nThreads:\t1\nVmSize:\t99999999999999999999 kB\n"}) {
    EXPECT_EQ(parse_process_status(text).error().code(), ErrorCode::data_loss) << text;
  }
}

}  // namespace
}  // namespace holdfast::memory
