/// Rows of the settings table of the common kinds: how each is read and shown. Pure.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "app/settings.hpp"

namespace holdfast::app {

/// Any text.
[[nodiscard]] Setting text_setting(std::string_view key, std::string_view environment, std::string Settings::* field,
                                   std::string_view help);

/// The same row, shown otherwise: for what is not to be read by everybody.
[[nodiscard]] Setting shown_as(Setting setting, std::function<std::string(const Settings&)> show);

/// With its unit: "30s".
[[nodiscard]] Setting duration_setting(std::string_view key, std::string_view environment,
                                       std::chrono::milliseconds Settings::* field, std::string_view help);

/// With its unit, or 0 for none.
[[nodiscard]] Setting optional_duration_setting(std::string_view key, std::string_view environment,
                                                std::chrono::milliseconds Settings::* field, std::string_view help);

/// With its unit, or 0 for none.
[[nodiscard]] Setting optional_size_setting(std::string_view key, std::string_view environment, Bytes Settings::* field,
                                            std::string_view help);

struct Range {
  int least;
  int most;
};

/// A whole number in `range`, its ends included.
[[nodiscard]] Setting count_setting(std::string_view key, std::string_view environment, int Settings::* field,
                                    Range range, std::string_view help);

/// A silence that clients and proxies are to bear.
[[nodiscard]] Setting silence_setting(std::string_view key, std::string_view environment,
                                      std::chrono::milliseconds Settings::* field, std::string_view help);

/// 0 or 1.
[[nodiscard]] Setting switch_setting(std::string_view key, std::string_view environment, bool Settings::* field,
                                     std::string_view help);

/// Texts separated by commas.
[[nodiscard]] Setting list_setting(std::string_view key, std::string_view environment,
                                   std::vector<std::string> Settings::* field, std::string_view help);

/// One of a few words.
[[nodiscard]] Setting choice_setting(std::string_view key, std::string_view environment, std::string Settings::* field,
                                     std::vector<std::string_view> choices, std::string_view help);

}  // namespace holdfast::app
