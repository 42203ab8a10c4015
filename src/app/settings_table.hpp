/// The rows of the settings table, by what they are about (app/settings.hpp). Pure.
#pragma once

#include <vector>

#include "app/settings.hpp"

namespace holdfast::app {

[[nodiscard]] std::vector<Setting> server_settings();
[[nodiscard]] std::vector<Setting> worker_settings();
[[nodiscard]] std::vector<Setting> guaranteed_settings();
[[nodiscard]] std::vector<Setting> run_settings();
[[nodiscard]] std::vector<Setting> memory_settings();
[[nodiscard]] std::vector<Setting> auth_settings();

}  // namespace holdfast::app
