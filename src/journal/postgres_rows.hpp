/// Rows that PostgreSQL returned as records. Pure.
#pragma once

#include "journal/postgres_result.hpp"
#include "journal/run_columns.hpp"
#include "journal/store.hpp"

namespace holdfast::journal {

/// Columns: kRunColumns. data_loss: an id or a status that no journal holds.
[[nodiscard]] Result<Run> read_run(const PostgresResult& result, int row);
[[nodiscard]] Result<std::vector<Run>> read_runs(const PostgresResult& result);

/// Of the only row, if there is one.
[[nodiscard]] Result<std::optional<Run>> read_optional_run(const PostgresResult& result);

/// Columns: seq, at, attempt, kind, body.
[[nodiscard]] Result<std::vector<Entry>> read_entries(const PostgresResult& result);

/// Columns: run_id, feedback, comment, sentiment.
[[nodiscard]] Result<std::vector<Rating>> read_ratings(const PostgresResult& result);

/// The first column.
[[nodiscard]] Result<std::vector<RunId>> read_ids(const PostgresResult& result);

}  // namespace holdfast::journal
