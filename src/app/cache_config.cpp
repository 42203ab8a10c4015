#include "app/cache_config.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

namespace holdfast::app {

// The time of the last change of the inode cannot be set by anybody, unlike that of the content.
std::optional<std::string> version_of(const std::vector<std::string>& files) {
  std::string version;
  for (const auto& file : files) {
    struct stat seen{};
    if (::stat(file.c_str(), &seen) != 0) return std::nullopt;
    version += fmt::format("{}:{}.{} {} {}.{} {}.{};", file, seen.st_dev, seen.st_ino, seen.st_size,
                           seen.st_mtim.tv_sec, seen.st_mtim.tv_nsec, seen.st_ctim.tv_sec, seen.st_ctim.tv_nsec);
  }
  return version;
}

runs::AnswerCacheConfig cache_config(const Settings& settings, const std::optional<BuiltinWorkerData>& builtin) {
  runs::AnswerCacheConfig config;
  config.sizes.budget = settings.cache_size;
  config.off_because.clear();
  if (settings.cache_mode == "off") config.off_because = "cache.mode is off";
  if (settings.cache_mode == "auto" && !builtin) {
    config.off_because = "cache.mode is auto, and nobody said that answers of worker.command may be shared";
  }
  if (!builtin) return config;
  // It answers from this file alone, whoever asks.
  config.for_everybody = true;
  config.read_data_version = [files = std::vector{builtin->data_file, builtin_worker_program()}] {
    return version_of(files);
  };
  return config;
}

}  // namespace holdfast::app
