/// Rows of the journal's tables as records. Runs on: the thread of the Store.
#pragma once

#include <string_view>
#include <vector>

#include "journal/record.hpp"
#include "journal/sqlite_connection.hpp"

namespace holdfast::journal {

/// The columns that read_run expects, in its order.
inline constexpr std::string_view kRunColumns =
    "id, status, attempt, crashes, last_seq, created_at, started_at, finished_at, delivered_at, owner, thread_id, "
    "route, traceparent, usage, error, prompt, request, result, retired_at, available_at, lease_owner";

/// The columns after those of a run begin here.
inline constexpr int kRunColumnCount = 21;

/// data_loss: an id or a status that no journal holds.
[[nodiscard]] Result<Run> read_run(const Query& query);

/// All rows of `query`, whose columns are kRunColumns.
[[nodiscard]] Result<std::vector<Run>> read_runs(Query& query);

/// Columns: seq, at, attempt, kind, body. data_loss: a kind that no journal holds.
[[nodiscard]] Result<Entry> read_entry(const Query& query);

}  // namespace holdfast::journal
