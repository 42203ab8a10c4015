/// The log: one line per event, `time level event key=value …`, on standard error.
///
/// Lines are written by one background thread from a bounded queue, so that a stuck terminal or pipe
/// never stops the event loop. When the queue is full the oldest lines are dropped and counted. Any thread.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>

#include "base/error.hpp"

namespace holdfast::log {

enum class Level : unsigned char { debug, info, warning, error };

/// Starts the background writer. Before it, lines go straight to standard error.
void start(Level level);

/// Writes what is queued and stops the writer. Call before the process ends.
void stop();

[[nodiscard]] bool enabled(Level level) noexcept;

/// Lines that were dropped because the queue was full.
[[nodiscard]] std::size_t dropped() noexcept;

/// Writes one line as it is. Use the functions below.
void write(Level level, std::string_view line);

/// One `key=value` of a log line. Values with spaces, quotes or control characters are quoted and escaped.
struct Field {
  template <class T>
  Field(std::string_view k, const T& v) : key(k), value(fmt::to_string(v)) {}
  std::string_view key;
  std::string value;
};

[[nodiscard]] std::string format_line(std::string_view event, std::initializer_list<Field> fields);

/// event: `module.past_verb`. Fields carry their unit in the name.
inline void debug(std::string_view event, std::initializer_list<Field> fields = {}) {
  if (enabled(Level::debug)) write(Level::debug, format_line(event, fields));
}
inline void info(std::string_view event, std::initializer_list<Field> fields = {}) {
  if (enabled(Level::info)) write(Level::info, format_line(event, fields));
}
inline void warning(std::string_view event, std::initializer_list<Field> fields = {}) {
  if (enabled(Level::warning)) write(Level::warning, format_line(event, fields));
}
inline void error(std::string_view event, std::initializer_list<Field> fields = {}) {
  if (enabled(Level::error)) write(Level::error, format_line(event, fields));
}

}  // namespace holdfast::log
