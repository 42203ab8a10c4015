#include "app/setting_kinds.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>

#include "base/duration.hpp"
#include "base/text.hpp"

namespace holdfast::app {

Setting text_setting(std::string_view key, std::string_view environment, std::string Settings::* field,
                     std::string_view help) {
  return {key, environment, help,
          [field](Settings& settings, std::string_view text) {
            settings.*field = text;
            return Result<void>{};
          },
          [field](const Settings& settings) { return settings.*field; }};
}

Setting shown_as(Setting setting, std::function<std::string(const Settings&)> show) {
  setting.show = std::move(show);
  return setting;
}

Setting duration_setting(std::string_view key, std::string_view environment,
                         std::chrono::milliseconds Settings::* field, std::string_view help) {
  return {key, environment, help,
          [field](Settings& settings, std::string_view text) -> Result<void> {
            const auto duration = parse_duration(text);
            if (!duration) return fail(ErrorCode::invalid_argument, duration.error().message());
            settings.*field = *duration;
            return {};
          },
          [field](const Settings& settings) { return to_string(settings.*field); }};
}

Setting optional_duration_setting(std::string_view key, std::string_view environment,
                                  std::chrono::milliseconds Settings::* field, std::string_view help) {
  return {key, environment, help,
          [field](Settings& settings, std::string_view text) -> Result<void> {
            const auto duration = text == "0" ? Result<std::chrono::milliseconds>(0) : parse_duration(text);
            if (!duration) return fail(ErrorCode::invalid_argument, duration.error().message());
            settings.*field = *duration;
            return {};
          },
          [field](const Settings& settings) {
            return (settings.*field).count() == 0 ? std::string("0") : to_string(settings.*field);
          }};
}

Setting optional_size_setting(std::string_view key, std::string_view environment, Bytes Settings::* field,
                              std::string_view help) {
  return {key, environment, help,
          [field](Settings& settings, std::string_view text) -> Result<void> {
            const auto size = text == "0" ? Result<Bytes>(Bytes()) : parse_bytes(text);
            if (!size) return fail(ErrorCode::invalid_argument, size.error().message());
            settings.*field = *size;
            return {};
          },
          [field](const Settings& settings) {
            return settings.*field == Bytes() ? std::string("0") : to_string(settings.*field);
          }};
}

Setting count_setting(std::string_view key, std::string_view environment, int Settings::* field, Range range,
                      std::string_view help) {
  return {key, environment, help,
          [field, range](Settings& settings, std::string_view text) -> Result<void> {
            int number = 0;
            const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), number);
            if (ec != std::errc() || end != text.data() + text.size() || number < range.least || number > range.most) {
              return fail(ErrorCode::invalid_argument,
                          fmt::format("\"{}\" is not a whole number from {} to {}", text, range.least, range.most));
            }
            settings.*field = number;
            return {};
          },
          [field](const Settings& settings) { return std::to_string(settings.*field); }};
}

// Below 10 ms the answer would be mostly white space; an hour is longer than anything on the way waits.
Setting silence_setting(std::string_view key, std::string_view environment, std::chrono::milliseconds Settings::* field,
                        std::string_view help) {
  auto setting = duration_setting(key, environment, field, help);
  setting.read = [read = std::move(setting.read), field](Settings& settings, std::string_view text) -> Result<void> {
    auto done = read(settings, text);
    if (!done) return done;
    const auto silence = settings.*field;
    if (silence < std::chrono::milliseconds(10) || silence > std::chrono::hours(1)) {
      return fail(ErrorCode::invalid_argument, fmt::format("\"{}\" is not between 10ms and 1h", text));
    }
    return {};
  };
  return setting;
}

Setting switch_setting(std::string_view key, std::string_view environment, bool Settings::* field,
                       std::string_view help) {
  return {key, environment, help,
          [field](Settings& settings, std::string_view text) -> Result<void> {
            if (text != "0" && text != "1" && text != "true" && text != "false") {
              return fail(ErrorCode::invalid_argument, fmt::format("\"{}\" is not 0 or 1", text));
            }
            settings.*field = text == "1" || text == "true";
            return {};
          },
          [field](const Settings& settings) { return std::string(settings.*field ? "1" : "0"); }};
}

Setting list_setting(std::string_view key, std::string_view environment, std::vector<std::string> Settings::* field,
                     std::string_view help) {
  return {key,
          environment,
          help,
          [field](Settings& settings, std::string_view text) {
            (settings.*field).clear();
            while (!text.empty()) {
              const auto item = text.substr(0, text.find(','));
              text.remove_prefix(std::min(text.size(), item.size() + 1));
              if (!trim(item).empty()) (settings.*field).emplace_back(trim(item));
            }
            return Result<void>{};
          },
          [field](const Settings& settings) { return fmt::format("{}", fmt::join(settings.*field, ", ")); },
          ','};
}

Setting choice_setting(std::string_view key, std::string_view environment, std::string Settings::* field,
                       std::vector<std::string_view> choices, std::string_view help) {
  return {key, environment, help,
          [field, choices = std::move(choices)](Settings& settings, std::string_view text) -> Result<void> {
            if (std::ranges::find(choices, text) == choices.end()) {
              return fail(ErrorCode::invalid_argument,
                          fmt::format("\"{}\" is not one of: {}", text, fmt::join(choices, ", ")));
            }
            settings.*field = text;
            return {};
          },
          [field](const Settings& settings) { return settings.*field; }};
}

}  // namespace holdfast::app
