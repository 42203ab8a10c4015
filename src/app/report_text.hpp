/// The daily look as people and programs read it. Pure.
#pragma once

#include "app/commands.hpp"
#include "app/daily_look.hpp"

namespace holdfast::app {

/// A question that the figures raise, and the one command that goes after it.
struct NextStep {
  std::string question;
  std::string command;
};

/// High memory, timeouts, errors, performance; in this order. `server` is who was asked, and how.
[[nodiscard]] std::vector<NextStep> next_steps(const DailyLook& look, const ServerAccess& server);

/// One screen of plain words.
[[nodiscard]] std::string report_text(const Seen& seen, const DailyLook& look, const ServerAccess& server);

/// The same as one JSON object.
[[nodiscard]] json::object report_json(const Seen& seen, const DailyLook& look, const ServerAccess& server);

/// "850 ms", "12.3 s", "4 min 10 s", "24 h", "2 d 5 h".
[[nodiscard]] std::string short_time(std::int64_t milliseconds);

}  // namespace holdfast::app
