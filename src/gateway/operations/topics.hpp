/// What consoles are told about, topic by topic: each a JSON text that is sent again when it has changed.
///
/// Runs on: supervisor strand. What each holds is in docs/openapi.yaml (OperationsTopics).
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/call.hpp"
#include "journal/backlog.hpp"

namespace holdfast::gateway {

/// In the order of TopicTexts.
inline constexpr std::array<std::string_view, 13> kTopics{"server",   "level",   "runs",       "ended",     "answers",
                                                          "routes",   "workers", "supervisor", "admission", "relief",
                                                          "database", "cache",   "passing"};

using TopicTexts = std::array<std::string, kTopics.size()>;

/// What the board knows and nobody else.
struct BoardFacts {
  std::optional<journal::Backlog> backlog;  ///< None: not read yet, or the database is away.
  std::size_t consoles = 0;                 ///< That are open.
  UnixMillis level_since = 0;               ///< 0: the level never changed.
};

/// Every topic as it is now, of everybody's runs.
[[nodiscard]] TopicTexts topic_texts(const Services& services, const BoardFacts& facts);

/// The settings in force as a JSON array; never a password or a secret.
[[nodiscard]] std::string settings_json(const std::vector<ShownSetting>& settings);

}  // namespace holdfast::gateway
