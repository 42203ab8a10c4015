#include "journal/postgres_rows.hpp"

#include <fmt/format.h>

namespace holdfast::journal {
namespace {

std::unexpected<Error> damaged(std::string_view what, std::string_view value) {
  return fail(ErrorCode::data_loss,
              fmt::format("database: {} \"{}\": the table was changed by another program", what, value));
}

std::optional<bool> optional_bool(const PostgresResult& result, int row, int column) {
  const auto number = result.optional_integer(row, column);
  return number ? std::optional(*number != 0) : std::nullopt;
}

template <class Record, class Read>
Result<std::vector<Record>> read_all(const PostgresResult& result, Read read) {
  std::vector<Record> records;
  records.reserve(static_cast<std::size_t>(result.rows()));
  for (int row = 0; row < result.rows(); ++row) {
    auto record = read(row);
    if (!record) return fail(std::move(record));
    records.push_back(std::move(*record));
  }
  return records;
}

}  // namespace

Result<Run> read_run(const PostgresResult& result, int row) {
  const auto text = [&](int column) { return std::string(result.text(row, column)); };
  auto id = RunId::parse(result.text(row, 0));
  const auto status = parse_run_status(result.text(row, 1));
  if (!id) return damaged("a run with the id", text(0));
  if (!status) return damaged("a run with the status", text(1));
  return Run{.id = std::move(*id),
             .owner = text(9),
             .thread_id = text(10),
             .prompt = text(15),
             .route = text(11),
             .request = text(16),
             .traceparent = text(12),
             .status = *status,
             .attempt = static_cast<int>(result.integer(row, 2)),
             .crashes = static_cast<int>(result.integer(row, 3)),
             .last_seq = result.integer(row, 4),
             .created_at = result.integer(row, 5),
             .started_at = result.optional_integer(row, 6),
             .finished_at = result.optional_integer(row, 7),
             .delivered_at = result.optional_integer(row, 8),
             .retired_at = result.optional_integer(row, 18),
             .available_at = result.integer(row, 19),
             .lease_owner = text(20),
             .result = text(17),
             .error = text(14),
             .usage = text(13)};
}

Result<std::vector<Run>> read_runs(const PostgresResult& result) {
  return read_all<Run>(result, [&](int row) { return read_run(result, row); });
}

Result<std::optional<Run>> read_optional_run(const PostgresResult& result) {
  if (result.rows() == 0) return std::optional<Run>();
  auto run = read_run(result, 0);
  if (!run) return fail(std::move(run));
  return std::optional<Run>(std::move(*run));
}

Result<std::vector<Entry>> read_entries(const PostgresResult& result) {
  return read_all<Entry>(result, [&](int row) -> Result<Entry> {
    const auto kind = parse_entry_kind(result.text(row, 3));
    if (!kind) return damaged("an entry of the kind", result.text(row, 3));
    return Entry{result.integer(row, 0), result.integer(row, 1), static_cast<int>(result.integer(row, 2)), *kind,
                 std::string(result.text(row, 4))};
  });
}

Result<std::vector<Rating>> read_ratings(const PostgresResult& result) {
  return read_all<Rating>(result, [&](int row) -> Result<Rating> {
    auto id = RunId::parse(result.text(row, 0));
    if (!id) return damaged("a rating with the run id", result.text(row, 0));
    return Rating{std::move(*id), optional_bool(result, row, 1), std::string(result.text(row, 2)),
                  optional_bool(result, row, 3)};
  });
}

Result<std::vector<RunId>> read_ids(const PostgresResult& result) {
  return read_all<RunId>(result, [&](int row) -> Result<RunId> {
    auto id = RunId::parse(result.text(row, 0));
    if (!id) return damaged("a run with the id", result.text(row, 0));
    return id;
  });
}

}  // namespace holdfast::journal
