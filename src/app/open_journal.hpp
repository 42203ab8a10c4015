/// The journal that the settings name.
#pragma once

#include <memory>
#include <string>

#include "app/file_lock.hpp"
#include "app/settings.hpp"
#include "journal/store.hpp"

namespace holdfast::app {

/// Locks the journal's file against a second server; a database needs no lock. Hold it while the journal is open.
/// Errors, which name the setting, as lock_journal().
[[nodiscard]] Result<std::optional<FileLock>> lock_journal_of(const Settings& settings,
                                                              const std::string& default_path);

/// One file, or a PostgreSQL database with a local journal in `data_dir` that stands in while the database is away.
/// A database that cannot be reached now is no error. Errors, which name the setting: invalid_argument: no such kind
/// of database; else as the store's.
[[nodiscard]] Result<std::unique_ptr<journal::Store>> open_journal(const Settings& settings,
                                                                   const std::string& data_dir,
                                                                   const std::string& default_path);

}  // namespace holdfast::app
