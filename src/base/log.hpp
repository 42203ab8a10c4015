/// The log: one line per event, on standard error: `time level event key=value …`, or a JSON object with the members
/// `time`, `severity`, `event` and the fields.
///
/// Lines are written by one background thread from a bounded queue, so that a stuck terminal or pipe
/// never stops the event loop. When the queue is full the oldest lines are dropped and counted. Any thread.
#pragma once

#include <fmt/format.h>

#include <concepts>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace holdfast::log {

enum class Level : unsigned char { debug, info, warning, error };

enum class Format : unsigned char { text, json };

/// Starts the background writer. Before it, lines go straight to standard error, as text.
void start(Level level, Format format = Format::text);

/// Writes what is queued and stops the writer. Call before the process ends.
void stop();

[[nodiscard]] bool enabled(Level level) noexcept;

/// Lines that were dropped because the queue was full.
[[nodiscard]] std::size_t dropped() noexcept;

/// Writes one line as it is. Use the functions below.
void write(Level level, std::string_view line);

template <class T>
concept Number = (std::integral<T> || std::floating_point<T>) && !std::same_as<T, bool> && !std::same_as<T, char>;

/// One `key=value` of a log line.
struct Field {
  template <class T>
  Field(std::string_view k, const T& v) : key(k), value(fmt::to_string(v)), is_number(Number<T>) {}
  std::string_view key;
  std::string value;
  bool is_number;
};

/// As text, values with spaces, quotes or control characters are quoted and escaped. As JSON, the members of an object
/// without its braces; what is not UTF-8 is escaped.
[[nodiscard]] std::string format_line(Format format, std::string_view event, std::span<const Field> fields);

/// In the format that start() was told.
[[nodiscard]] std::string format_line(std::string_view event, std::span<const Field> fields);
[[nodiscard]] inline std::string format_line(std::string_view event, std::initializer_list<Field> fields) {
  return format_line(event, std::span(fields.begin(), fields.size()));
}

/// event: `module.past_verb`. Fields carry their unit in the name.
inline void debug(std::string_view event, std::initializer_list<Field> fields = {}) {
  if (enabled(Level::debug)) write(Level::debug, format_line(event, fields));
}
inline void info(std::string_view event, std::initializer_list<Field> fields = {}) {
  if (enabled(Level::info)) write(Level::info, format_line(event, fields));
}
inline void info(std::string_view event, std::span<const Field> fields) {
  if (enabled(Level::info)) write(Level::info, format_line(event, fields));
}
inline void warning(std::string_view event, std::initializer_list<Field> fields = {}) {
  if (enabled(Level::warning)) write(Level::warning, format_line(event, fields));
}
inline void error(std::string_view event, std::initializer_list<Field> fields = {}) {
  if (enabled(Level::error)) write(Level::error, format_line(event, fields));
}

}  // namespace holdfast::log
