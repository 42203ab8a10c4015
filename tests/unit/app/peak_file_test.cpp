#include "app/peak_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "tests/support/temporary_directory.hpp"

namespace holdfast::app {
namespace {

using governor::RoutePeaks;

class PeakFileTest : public ::testing::Test {
 protected:
  void hold(const std::string& text) { std::ofstream(path_) << text; }
  Result<std::vector<RoutePeaks>> read() { return PeakFile(path_, kWorker).read(); }

  static constexpr auto kWorker = "python3 app.py {socket}";
  testing::TemporaryDirectory dir_;
  std::string path_ = dir_.path() + "/peaks.json";
  std::vector<RoutePeaks> peaks_{{"/analyze", {Bytes(324'009'984), Bytes(0)}}, {"/ro\"ute", {Bytes(7)}}};
};

TEST_F(PeakFileTest, TheNextProcessReadsWhatTheLastOneSaved) {
  ASSERT_TRUE(PeakFile(path_, kWorker).save(peaks_));
  EXPECT_EQ(*read(), peaks_);
  struct stat status{};
  ASSERT_EQ(::stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
  EXPECT_FALSE(std::filesystem::exists(path_ + ".new"));
}

TEST_F(PeakFileTest, AnotherWorkerLearnsNothingFromIt) {
  ASSERT_TRUE(PeakFile(path_, kWorker).save(peaks_));
  EXPECT_TRUE(PeakFile(path_, "node app.js").read()->empty());
}

TEST_F(PeakFileTest, NoFileTeachesNothing) { EXPECT_TRUE(read()->empty()); }

TEST_F(PeakFileTest, ADamagedFileIsToldAndReplacedByTheNextSave) {
  for (const std::string text :
       {"", "garbage", "[]", R"({"format":1,"worker":"python3 app.py {socket}"})",
        R"({"format":1,"worker":"python3 app.py {socket}","routes":[7]})",
        R"({"format":1,"worker":"python3 app.py {socket}","routes":[{"route":"/a","peak_bytes":[]}]})",
        R"({"format":1,"worker":"python3 app.py {socket}","routes":[{"route":"/a","peak_bytes":[-1]}]})",
        R"({"format":1,"worker":"python3 app.py {socket}","routes":[{"route":"/a","peak_bytes":["1"]}]})"}) {
    hold(text);
    const auto peaks = read();
    ASSERT_FALSE(peaks) << text;
    EXPECT_EQ(peaks.error().code(), ErrorCode::data_loss);
    EXPECT_THAT(peaks.error().message(), ::testing::StartsWith(path_));
  }
  hold(std::string(2'000'000, ' '));
  EXPECT_FALSE(read());
  ASSERT_TRUE(PeakFile(path_, kWorker).save(peaks_));
  EXPECT_EQ(*read(), peaks_);
}

TEST_F(PeakFileTest, AFileOfALaterVersionIsLeftAlone) {
  hold(R"({"format":2,"peaks":"of another kind"})");
  EXPECT_TRUE(read()->empty());
}

TEST_F(PeakFileTest, WhatIsNoNewsIsNotWritten) {
  PeakFile file(path_, kWorker);
  ASSERT_TRUE(file.save(peaks_));
  std::filesystem::remove(path_);
  ASSERT_TRUE(file.save(peaks_));
  EXPECT_FALSE(std::filesystem::exists(path_));
  peaks_[0].peaks[0] = Bytes(1);
  ASSERT_TRUE(file.save(peaks_));
  EXPECT_EQ(*read(), peaks_);
}

TEST_F(PeakFileTest, ADiskThatRefusesIsAnErrorAndTheOldFileStays) {
  ASSERT_TRUE(PeakFile(path_, kWorker).save(peaks_));
  std::filesystem::create_directory(path_ + ".new");
  PeakFile file(path_, kWorker);
  const auto saved = file.save({{"/analyze", {Bytes(1)}}});
  ASSERT_FALSE(saved);
  EXPECT_EQ(saved.error().code(), ErrorCode::unavailable);
  EXPECT_EQ(*read(), peaks_);
}

}  // namespace
}  // namespace holdfast::app
