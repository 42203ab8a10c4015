/// The configuration of the worker pool, from the settings.
#pragma once

#include "app/data_dir.hpp"
#include "app/settings.hpp"
#include "workers/pool.hpp"

namespace holdfast::app {

/// Makes the socket directory ready. invalid_argument, failed_precondition, unavailable: workers cannot be started so;
/// the message names the setting.
[[nodiscard]] Result<workers::PoolConfig> worker_config(const Settings& settings, const DataDir& data);

}  // namespace holdfast::app
