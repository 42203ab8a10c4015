#include "app/cache_config.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <thread>

#include "tests/support/temporary_directory.hpp"

namespace holdfast::app {
namespace {

class CacheConfigTest : public ::testing::Test {
 protected:
  void write(std::string_view text) const { std::ofstream(file_) << text; }

  /// The builtin worker with this data file.
  [[nodiscard]] BuiltinWorkerData builtin() const {
    BuiltinWorkerData data;
    data.data_file = file_;
    return data;
  }

  testing::TemporaryDirectory directory_;
  std::string file_ = directory_ / "data.sqlite";
  Settings settings_;
};

TEST_F(CacheConfigTest, AutoIsOnForTheBuiltinWorkerAndOffForOthers) {
  write("data");
  const auto config = cache_config(settings_, builtin());
  EXPECT_EQ(config.off_because, "");
  EXPECT_TRUE(config.for_everybody);
  EXPECT_TRUE(config.read_data_version);
  EXPECT_EQ(config.sizes.budget, Bytes(16 * 1024 * 1024));
  settings_.worker_command = "server {socket}";
  EXPECT_NE(cache_config(settings_, std::nullopt).off_because, "");
}

TEST_F(CacheConfigTest, OnIsWithinOneUserForOtherWorkers) {
  settings_.cache_mode = "on";
  settings_.worker_command = "server {socket}";
  const auto config = cache_config(settings_, std::nullopt);
  EXPECT_EQ(config.off_because, "");
  EXPECT_FALSE(config.for_everybody);
}

TEST_F(CacheConfigTest, OffIsOff) {
  settings_.cache_mode = "off";
  EXPECT_EQ(cache_config(settings_, builtin()).off_because, "cache.mode is off");
  EXPECT_EQ(cache_config(settings_, std::nullopt).off_because, "cache.mode is off");
}

TEST_F(CacheConfigTest, AFileThatWasChangedOrReplacedHasAnotherVersion) {
  write("data");
  const auto before = version_of({file_});
  ASSERT_TRUE(before);
  EXPECT_EQ(version_of({file_}), before);
  struct stat times{};
  ::stat(file_.c_str(), &times);
  // Of the same size, and with its old time put back.
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  write("atad");
  const std::array<timespec, 2> old{times.st_atim, times.st_mtim};
  ::utimensat(AT_FDCWD, file_.c_str(), old.data(), 0);
  EXPECT_NE(version_of({file_}), before);
  const auto changed = version_of({file_});
  std::filesystem::copy_file(file_, directory_ / "other");
  std::filesystem::rename(directory_ / "other", file_);
  EXPECT_NE(version_of({file_}), changed);
  std::filesystem::remove(file_);
  EXPECT_FALSE(version_of({file_}));
}

}  // namespace
}  // namespace holdfast::app
