/// Rows of the journal's tables as records. Runs on: the thread of the Store.
#pragma once

#include <vector>

#include "journal/record.hpp"
#include "journal/run_columns.hpp"
#include "journal/sqlite_connection.hpp"

namespace holdfast::journal {

/// data_loss: an id or a status that no journal holds.
[[nodiscard]] Result<Run> read_run(const Query& query);

/// All rows of `query`, whose columns are kRunColumns.
[[nodiscard]] Result<std::vector<Run>> read_runs(Query& query);

/// Columns: seq, at, attempt, kind, body. data_loss: a kind that no journal holds.
[[nodiscard]] Result<Entry> read_entry(const Query& query);

}  // namespace holdfast::journal
