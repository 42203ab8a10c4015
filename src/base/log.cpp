#include "base/log.hpp"

#include <spdlog/async.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <atomic>
#include <memory>

namespace holdfast::log {
namespace {

// 2048 lines: at 200 bytes a line, under half a megabyte when the terminal is stuck.
constexpr std::size_t kQueueLines = 2048;
constexpr const char* kPattern = "%Y-%m-%dT%H:%M:%S.%e%z %l %v";

std::atomic<Level> current_level{Level::info};

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

bool needs_quotes(std::string_view value) {
  return value.empty() || std::ranges::any_of(value, [](char c) {
           return c == ' ' || c == '"' || c == '=' || c == '\\' || static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
         });
}

void append_value(std::string& line, std::string_view value) {
  if (!needs_quotes(value)) {
    line += value;
    return;
  }
  line += '"';
  for (const char c : value) {
    if (c == '"' || c == '\\') {
      line += '\\';
      line += c;
    } else if (c == '\n') {
      line += "\\n";
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      line += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    } else {
      line += c;
    }
  }
  line += '"';
}

}  // namespace

void start(Level level) {
  current_level = level;
  spdlog::init_thread_pool(kQueueLines, 1);
  auto made =
      std::make_shared<spdlog::async_logger>("holdfast", std::make_shared<spdlog::sinks::stderr_sink_mt>(),
                                             spdlog::thread_pool(), spdlog::async_overflow_policy::overrun_oldest);
  made->set_pattern(kPattern);
  made->set_level(spdlog::level::debug);
  made->flush_on(spdlog::level::info);
  logger() = std::move(made);
}

void stop() {
  logger()->flush();
  // Kept until its thread is over, which is not to be the one that destroys it.
  const auto last = logger();
  logger() = std::make_shared<spdlog::logger>("holdfast", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  logger()->set_pattern(kPattern);
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

std::string format_line(std::string_view event, std::initializer_list<Field> fields) {
  std::string line(event);
  for (const auto& field : fields) {
    line += ' ';
    line += field.key;
    line += '=';
    append_value(line, field.value);
  }
  return line;
}

}  // namespace holdfast::log
