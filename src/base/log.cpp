#include "base/log.hpp"

#include <spdlog/async.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <memory>

namespace holdfast::log {
namespace {

// 2048 lines: at 200 bytes a line, under half a megabyte when the terminal is stuck.
constexpr std::size_t kQueueLines = 2048;
constexpr const char* kPattern = "%Y-%m-%dT%H:%M:%S.%e%z %l %v";

std::atomic<Level> current_level{Level::info};
std::atomic<Format> current_format{Format::text};

std::shared_ptr<spdlog::logger>& logger() {
  static auto instance = [] {
    auto made = std::make_shared<spdlog::logger>("holdfast", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_pattern(kPattern);
    made->set_level(spdlog::level::debug);
    return made;
  }();
  return instance;
}

spdlog::level::level_enum spdlog_level(Level level) {
  switch (level) {
    case Level::debug: return spdlog::level::debug;
    case Level::info: return spdlog::level::info;
    case Level::warning: return spdlog::level::warn;
    case Level::error: return spdlog::level::err;
  }
  std::unreachable();
}

// The members of a JSON line stand between the braces: format_line() knows no time.
const char* pattern_of(Format format) {
  return format == Format::json ? R"({"time":"%Y-%m-%dT%H:%M:%S.%e%z","severity":"%l",%v})" : kPattern;
}

}  // namespace

void start(Level level, Format format) {
  current_level = level;
  current_format = format;
  spdlog::init_thread_pool(kQueueLines, 1);
  auto made =
      std::make_shared<spdlog::async_logger>("holdfast", std::make_shared<spdlog::sinks::stderr_sink_mt>(),
                                             spdlog::thread_pool(), spdlog::async_overflow_policy::overrun_oldest);
  made->set_pattern(pattern_of(format));
  made->set_level(spdlog::level::debug);
  made->flush_on(spdlog::level::info);
  logger() = std::move(made);
}

void stop() {
  logger()->flush();
  // Kept until its thread is over, which is not to be the one that destroys it.
  const auto last = logger();
  logger() = std::make_shared<spdlog::logger>("holdfast", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  logger()->set_pattern(pattern_of(current_format));
  spdlog::shutdown();
}

bool enabled(Level level) noexcept { return level >= current_level.load(std::memory_order_relaxed); }

std::size_t dropped() noexcept {
  const auto pool = spdlog::thread_pool();
  return pool ? pool->overrun_counter() : 0;
}

void write(Level level, std::string_view line) {
  logger()->log(spdlog_level(level), spdlog::string_view_t(line.data(), line.size()));
}

std::string format_line(std::string_view event, std::span<const Field> fields) {
  return format_line(current_format.load(std::memory_order_relaxed), event, fields);
}

}  // namespace holdfast::log
