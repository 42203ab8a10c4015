#include "journal/sqlite_store.hpp"

#include "journal/sqlite_file.hpp"

namespace holdfast::journal {
namespace {

// 4 MB. Half of it would copy 3 % more bytes, twice as much would save 2 % (docs/decisions/0003-sqlite-journal.md).
constexpr int kSettlePages = 1000;

// 16 MB, for a Store whose user never settles, and for times when settling could not keep up.
constexpr int kMostPages = 4000;

bool refuses_one_write(ErrorCode code) { return code == ErrorCode::not_found || code == ErrorCode::conflict; }

Result<void> execute(Statement& statement) {
  Query query(statement);
  return query.finish();
}

}  // namespace

Result<std::unique_ptr<Store>> open_sqlite_store(const std::string& path, const Clock& clock) {
  auto connection = open_journal_file(path);
  if (!connection) return fail(std::move(connection));
  return std::make_unique<SqliteStore>(std::move(*connection), clock);
}

SqliteStore::SqliteStore(Connection connection, const Clock& clock)
    : connection_(std::move(connection)),
      clock_(clock),
      wal_(connection_),
      writes_(connection_),
      reads_(connection_),
      begin_(connection_, "BEGIN IMMEDIATE"),
      commit_(connection_, "COMMIT"),
      // 64 KB that differ each time: less would fit into what is left of a full disk, and SQLite writes no
      // page that stays the same.
      probe_(connection_, "UPDATE probe SET filler = hex(randomblob(32768))") {}

std::vector<Result<Written>> SqliteStore::commit(std::span<const Write> writes) {
  if (writes.empty()) return {};
  wal_.shorten_past(kMostPages);
  auto results = write_all(writes);
  if (results) return std::move(*results);
  connection_.roll_back();
  return std::vector<Result<Written>>(writes.size(), std::unexpected(std::move(results).error()));
}

Result<std::vector<Result<Written>>> SqliteStore::write_all(std::span<const Write> writes) {
  if (auto begun = execute(begin_); !begun) return fail(std::move(begun));
  const auto now = clock_.wall();
  std::vector<Result<Written>> results;
  results.reserve(writes.size());
  for (const auto& write : writes) {
    auto result = writes_.apply(write, now);
    if (!result && !refuses_one_write(result.error().code())) return fail(std::move(result));
    results.push_back(std::move(result));
  }
  if (auto committed = execute(commit_); !committed) return fail(std::move(committed));
  return results;
}

void SqliteStore::settle() { wal_.shorten_past(kSettlePages); }

Result<void> SqliteStore::probe() {
  auto written = write_filler();
  if (!written) connection_.roll_back();
  return written;
}

Result<void> SqliteStore::write_filler() {
  if (auto begun = execute(begin_); !begun) return begun;
  if (auto updated = execute(probe_); !updated) return updated;
  return execute(commit_);
}

}  // namespace holdfast::journal
