/// Which answers `holdfast serve` shares, and what it watches to share no old one.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/builtin_worker.hpp"
#include "app/settings.hpp"
#include "runs/answer_cache.hpp"

namespace holdfast::app {

/// Changes when one of the files is written to or replaced, also by one of the same size and time of change.
/// Absent: one of them cannot be read.
[[nodiscard]] std::optional<std::string> version_of(const std::vector<std::string>& files);

/// `builtin`: absent when the worker is another program.
[[nodiscard]] runs::AnswerCacheConfig cache_config(const Settings& settings,
                                                   const std::optional<BuiltinWorkerData>& builtin);

}  // namespace holdfast::app
