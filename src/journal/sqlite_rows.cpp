#include "journal/sqlite_rows.hpp"

#include <fmt/format.h>

namespace holdfast::journal {

Result<Run> read_run(const Query& query) {
  auto id = RunId::parse(query.text(0));
  const auto status = parse_run_status(query.text(1));
  if (!id || !status) {
    return fail(ErrorCode::data_loss,
                fmt::format("journal: a run has the id \"{}\" and the status \"{}\": the file is damaged",
                            query.text(0), query.text(1)));
  }
  return Run{.id = std::move(*id),
             .owner = std::string(query.text(9)),
             .thread_id = std::string(query.text(10)),
             .prompt = std::string(query.text(15)),
             .route = std::string(query.text(11)),
             .request = std::string(query.text(16)),
             .traceparent = std::string(query.text(12)),
             .status = *status,
             .attempt = static_cast<int>(query.integer(2)),
             .crashes = static_cast<int>(query.integer(3)),
             .last_seq = query.integer(4),
             .created_at = query.integer(5),
             .started_at = query.optional_integer(6),
             .finished_at = query.optional_integer(7),
             .delivered_at = query.optional_integer(8),
             .retired_at = query.optional_integer(18),
             .available_at = query.integer(19),
             .lease_owner = std::string(query.text(20)),
             .result = std::string(query.text(17)),
             .error = std::string(query.text(14)),
             .usage = std::string(query.text(13))};
}

Result<std::vector<Run>> read_runs(Query& query) {
  std::vector<Run> runs;
  while (true) {
    auto row = query.step();
    if (!row) return fail(std::move(row));
    if (!*row) return runs;
    auto run = read_run(query);
    if (!run) return fail(std::move(run));
    runs.push_back(std::move(*run));
  }
}

Result<Entry> read_entry(const Query& query) {
  const auto kind = parse_entry_kind(query.text(3));
  if (!kind) {
    return fail(ErrorCode::data_loss,
                fmt::format("journal: an entry of kind \"{}\": the file is damaged", query.text(3)));
  }
  return Entry{query.integer(0), query.integer(1), static_cast<int>(query.integer(2)), *kind,
               std::string(query.text(4))};
}

}  // namespace holdfast::journal
