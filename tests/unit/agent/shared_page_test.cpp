// The page as the library writes it and as the supervisor reads it, without a worker between them.
#include "agent/shared_page.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <numeric>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "agent/own_process.hpp"
#include "memory/agent_page.hpp"

namespace holdfast::agent {
namespace {

using memory::AgentPage;

class SharedPageTest : public ::testing::Test {
 protected:
  SharedPageTest() : fd_(::memfd_create("page", MFD_CLOEXEC)) {
    EXPECT_EQ(::ftruncate(fd_, static_cast<off_t>(kPageSize)), 0);
    words_ = static_cast<std::uint64_t*>(::mmap(nullptr, kPageSize, PROT_READ | PROT_WRITE, MAP_SHARED, fd_, 0));
    const Head head{.magic = kMagic, .version = kVersion, .interval_ms = 100, .gc_thresholds = {}, .reserved = 0};
    std::memcpy(words_, &head, sizeof head);
  }
  ~SharedPageTest() override {
    ::munmap(words_, kPageSize);
    ::close(fd_);
  }

  [[nodiscard]] std::string path() const { return "/proc/self/fd/" + std::to_string(fd_); }
  [[nodiscard]] AgentPage page() const { return AgentPage(words_, AgentPage::extent); }
  [[nodiscard]] static SteadyTime now() { return system_clock().steady(); }
  template <class T>
  [[nodiscard]] Block<T>& block(std::size_t at) const {
    return *reinterpret_cast<Block<T>*>(reinterpret_cast<unsigned char*>(words_) + at);
  }

  static Figures some_figures() {
    Figures figures{};
    figures.published_at = now_ns();
    figures.pid = 4711;
    figures.allocator = kGlibc;
    figures.resident = 100 << 20;
    figures.shared = 10 << 20;
    figures.malloc_at = figures.published_at;
    figures.malloc_live = 30 << 20;
    figures.malloc_free = 50 << 20;
    std::strcpy(figures.version, "2.36");
    return figures;
  }

  int fd_;
  std::uint64_t* words_ = nullptr;
};

TEST_F(SharedPageTest, WhatIsPublishedIsRead) {
  SharedPage shared;
  ASSERT_TRUE(shared.map(path().c_str()));
  ASSERT_TRUE(shared.claim());
  EXPECT_EQ(memory::read_agent_figures(page(), now()).error().code(), ErrorCode::not_found);
  shared.publish(some_figures());
  const auto read = memory::read_agent_figures(page(), now());
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(read->pid, 4711);
  EXPECT_EQ(read->version, "2.36");
  const auto bands = memory::make_bands(read->resident, memory::to_band_report(*read));
  EXPECT_EQ(bands.live, Bytes(30 << 20));
  EXPECT_EQ(bands.allocator_held, Bytes(50 << 20));
  EXPECT_EQ(bands.runtime_held, Bytes());
  EXPECT_EQ(bands.outside, Bytes(20 << 20));
  shared.unmap();
}

TEST_F(SharedPageTest, FreedBytesThatAreNotResidentAreHeldByNobody) {
  auto figures = some_figures();
  figures.malloc_free = 900 << 20;
  SharedPage shared;
  ASSERT_TRUE(shared.map(path().c_str()));
  shared.publish(figures);
  const auto report = memory::to_band_report(*memory::read_agent_figures(page(), now()));
  EXPECT_EQ(report.allocator_held, Bytes(60 << 20));
  shared.unmap();
}

TEST_F(SharedPageTest, APageOfAnotherFormatIsNotMapped) {
  words_[0] ^= 1U;
  SharedPage shared;
  EXPECT_FALSE(shared.map(path().c_str()));
  EXPECT_FALSE(shared.map("/proc/self/fd/987"));
  EXPECT_FALSE(shared.map("/dev/null"));
}

TEST_F(SharedPageTest, APageBelongsToOneProcessWhileThatLives) {
  int ready[2];
  int done[2];
  ASSERT_EQ(::pipe(ready), 0);
  ASSERT_EQ(::pipe(done), 0);
  const auto file = path();
  const pid_t child = ::fork();
  if (child == 0) {
    SharedPage theirs;
    const char said = theirs.map(file.c_str()) && theirs.claim() ? 'y' : 'n';
    char ignored = 0;
    if (::write(ready[1], &said, 1) != 1 || ::read(done[0], &ignored, 1) != 1) ::_exit(1);
    ::_exit(0);
  }
  char said = 0;
  ASSERT_EQ(::read(ready[0], &said, 1), 1);
  EXPECT_EQ(said, 'y');
  SharedPage ours;
  ASSERT_TRUE(ours.map(path().c_str()));
  EXPECT_FALSE(ours.claim());
  EXPECT_EQ(memory::agent_owner(page()), child);
  ASSERT_EQ(::write(done[1], "x", 1), 1);
  ::waitpid(child, nullptr, 0);
  EXPECT_TRUE(ours.claim());
  EXPECT_TRUE(ours.is_owner());
  EXPECT_EQ(memory::agent_owner(page()), ::getpid());
  // As after an exec(): the same process asks again.
  EXPECT_TRUE(ours.claim());
  ours.unmap();
  for (const int fd : {ready[0], ready[1], done[0], done[1]}) ::close(fd);
}

TEST_F(SharedPageTest, APidThatWasGivenOutAgainOwnsNothing) {
  // Our own number with another start time is somebody else's.
  words_[kOwnerAt / 8] = static_cast<std::uint64_t>(::getppid()) | (std::uint64_t{1} << 32U);
  SharedPage shared;
  ASSERT_TRUE(shared.map(path().c_str()));
  EXPECT_TRUE(shared.claim());
  shared.unmap();
}

TEST_F(SharedPageTest, ACommandIsTakenOnce) {
  SharedPage shared;
  ASSERT_TRUE(shared.map(path().c_str()));
  EXPECT_EQ(shared.wait_for_command(0, 1), 0U);
  const std::uint32_t word = (1U << kKindBits) | kTrim;
  auto* slot = reinterpret_cast<CommandSlot*>(reinterpret_cast<unsigned char*>(words_) + kCommandAt);
  slot->word = word;
  EXPECT_EQ(shared.wait_for_command(0, 10'000), word);
  std::array<int, 8> taken{};
  std::vector<std::thread> threads;
  for (auto& mine : taken) threads.emplace_back([&] { mine = shared.take(word) ? 1 : 0; });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(std::accumulate(taken.begin(), taken.end(), 0), 1);
  shared.unmap();
}

TEST_F(SharedPageTest, AReaderNeverSeesHalfOfIt) {
  const auto file = path();
  const pid_t child = ::fork();
  if (child == 0) {
    SharedPage shared;
    if (!shared.map(file.c_str())) ::_exit(1);
    auto figures = some_figures();
    for (std::uint64_t i = 1;; ++i) {
      figures.published_at = now_ns();
      figures.resident = i << 12U;
      figures.shared = 0;
      figures.malloc_live = i;
      figures.malloc_free = i;
      shared.publish(figures);
    }
  }
  int whole = 0;
  const auto end = now() + std::chrono::milliseconds(300);
  while (now() < end) {
    const auto read = memory::read_agent_figures(page(), now());
    if (!read) continue;
    ++whole;
    ASSERT_EQ(read->malloc->live.count() * 2, read->malloc->total.count());
    ASSERT_EQ(read->resident.count(), read->malloc->live.count() << 12U);
  }
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  EXPECT_GT(whole, 100);
}

TEST_F(SharedPageTest, AWriterKilledInTheMiddleLeavesWhatIsSeenToBeTorn) {
  std::mt19937 random(7);
  int torn = 0;
  for (int round = 0; round < 60; ++round) {
    const auto file = path();
    const pid_t child = ::fork();
    if (child == 0) {
      SharedPage shared;
      if (!shared.map(file.c_str())) ::_exit(1);
      auto figures = some_figures();
      for (std::uint64_t i = 1;; ++i) {
        figures.published_at = now_ns();
        figures.malloc_live = i;
        figures.malloc_free = i;
        shared.publish(figures);
      }
    }
    std::this_thread::sleep_for(std::chrono::microseconds(500 + random() % 2000));
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    const auto read = memory::read_agent_figures(page(), now());
    if (read) {
      ASSERT_EQ(read->malloc->live.count() * 2, read->malloc->total.count());
    } else if (read.error().code() == ErrorCode::data_loss) {
      ++torn;
    }
  }
  // Whoever comes next writes over it.
  SharedPage next;
  ASSERT_TRUE(next.map(path().c_str()));
  next.publish(some_figures());
  EXPECT_TRUE(memory::read_agent_figures(page(), now()));
  next.unmap();
  RecordProperty("torn", torn);
}

TEST_F(SharedPageTest, AnOddSequenceIsTornAndItsSuccessorIsNot) {
  SharedPage shared;
  ASSERT_TRUE(shared.map(path().c_str()));
  shared.publish(some_figures());
  block<Figures>(kFiguresAt).sequence |= 1U;
  EXPECT_EQ(memory::read_agent_figures(page(), now()).error().code(), ErrorCode::data_loss);
  shared.publish(some_figures());
  EXPECT_TRUE(memory::read_agent_figures(page(), now()));
  shared.unmap();
}

TEST_F(SharedPageTest, FiguresGrowOld) {
  SharedPage shared;
  ASSERT_TRUE(shared.map(path().c_str()));
  shared.publish(some_figures());
  const auto later = now() + memory::kAgentSilence + std::chrono::seconds(1);
  EXPECT_EQ(memory::read_agent_figures(page(), later).error().code(), ErrorCode::unavailable);
  const auto earlier = now() - std::chrono::seconds(10);
  EXPECT_EQ(memory::read_agent_figures(page(), earlier).error().code(), ErrorCode::unavailable);
  shared.unmap();
}

// Whatever a worker writes: no crash, and nothing that could not be true.
TEST_F(SharedPageTest, GarbageIsRefusedOrHarmless) {
  std::mt19937_64 random(11);
  const auto interesting = [&]() -> std::uint64_t {
    switch (random() % 6) {
      case 0: return 0;
      case 1: return ~std::uint64_t{0};
      case 2: return random() % 4096;
      case 3: return std::uint64_t{1} << (random() % 64);
      case 4: return now_ns();
      default: return random();
    }
  };
  int accepted = 0;
  for (int round = 0; round < 20'000; ++round) {
    for (std::size_t i = 0; i < kPageSize / 8; ++i) words_[i] = random();
    // Half of them pass for whole ones.
    if (round % 2 == 0) {
      auto& figures = block<Figures>(kFiguresAt);
      auto* inside = reinterpret_cast<std::uint64_t*>(&figures.contents);
      for (std::size_t i = 0; i < sizeof(Figures) / 8; ++i) inside[i] = interesting();
      figures.contents.published_at = now_ns();
      if (round % 4 == 0) {
        figures.contents.runtime = random() % 3;
        figures.contents.allocator = random() % 3;
        figures.contents.pid = 1 + random() % 1000;
        figures.contents.resident = random() % (std::uint64_t{1} << 33U);
        figures.contents.shared = figures.contents.resident / 3;
      }
      figures.sequence = 2;
      figures.checksum = checksum_of(2, &figures.contents, sizeof(Figures) + 4);
      auto& node = block<NodeFigures>(kNodeFiguresAt);
      node.contents.pid = figures.contents.pid;
      node.sequence = 4;
      node.checksum = checksum_of(4, &node.contents, sizeof(NodeFigures) + 4);
      auto& answer = block<Answer>(kAnswerAt);
      answer.contents.command = 17;
      answer.sequence = 6;
      answer.checksum = checksum_of(6, &answer.contents, sizeof(Answer) + 4);
    }
    static_cast<void>(memory::agent_owner(page()));
    static_cast<void>(memory::read_agent_answer(page(), 17));
    const auto read = memory::read_agent_figures(page(), now());
    if (!read) continue;
    ++accepted;
    const auto report = memory::to_band_report(*read);
    if (!report.live) continue;
    const auto told = report.live->count() + report.allocator_held->count() + report.runtime_held->count();
    ASSERT_LE(told, read->resident.count());
    for (const char c : read->version) ASSERT_TRUE(c >= 0x20 && c <= 0x7E);
  }
  EXPECT_GT(accepted, 1000);
}

}  // namespace
}  // namespace holdfast::agent
