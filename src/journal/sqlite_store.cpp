#include "journal/sqlite_store.hpp"

#include <algorithm>
#include <limits>

#include "journal/fold.hpp"
#include "journal/spare_room.hpp"
#include "journal/sqlite_file.hpp"
#include "journal/text_rules.hpp"

namespace holdfast::journal {
namespace {

// 4 MB. Half of it would copy 3 % more bytes, twice as much would save 2 % (docs/decisions/0003-sqlite-journal.md).
constexpr int kSettlePages = 1000;

// 16 MB, for a Store whose user never settles, and for times when settling could not keep up.
constexpr int kMostPages = 4000;

Append start_of(const Claim& claim, const RunId& id, int attempt, std::size_t number) {
  Append append{.id = id, .from = RunStatus::queued, .attempt = attempt, .kind = EntryKind::started};
  append.body = claim.bodies[number];
  append.starts_attempt = true;
  append.lease_owner = claim.instance;
  return append;
}

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
      leases_(connection_),
      ratings_(connection_),
      import_(connection_),
      incidents_(connection_),
      portable_(connection_, clock_),
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
    auto storable = check_texts(write);
    auto result = storable ? writes_.apply(write, now) : fail(std::move(storable));
    if (!result && !refuses_one_write(result.error().code())) return fail(std::move(result));
    results.push_back(std::move(result));
  }
  if (auto committed = execute(commit_); !committed) return fail(std::move(committed));
  return results;
}

void SqliteStore::settle() { wal_.shorten_past(kSettlePages); }

template <class Body>
auto SqliteStore::transaction(Body body) -> decltype(body()) {
  if (auto begun = execute(begin_); !begun) return std::unexpected(std::move(begun).error());
  auto result = body();
  if (result) {
    if (auto committed = execute(commit_); !committed) result = std::unexpected(std::move(committed).error());
  }
  if (!result) connection_.roll_back();
  return result;
}

Result<void> SqliteStore::probe() {
  return transaction([this] { return execute(probe_); });
}

Result<std::optional<Run>> SqliteStore::find(const RunId& id) {
  const auto asked = clock_.steady();
  auto run = reads_.find(id);
  const auto took = std::chrono::ceil<std::chrono::microseconds>(clock_.steady() - asked);
  // 0 stands for "nothing was read yet".
  read_latency_us_ = std::max<std::int64_t>(took.count(), 1);
  return run;
}

StoreHealth SqliteStore::health() const {
  StoreHealth health;
  health.type = "sqlite";
  health.read_latency = std::chrono::microseconds(read_latency_us_.load());
  return health;
}

Result<int> SqliteStore::renew_lease(const std::string& instance, std::chrono::milliseconds ttl) {
  return transaction([&] { return leases_.renew(instance, clock_.wall(), ttl); });
}

Result<std::vector<Run>> SqliteStore::claim(const Claim& claim) {
  return transaction([&]() -> Result<std::vector<Run>> {
    const auto now = clock_.wall();
    auto ids = leases_.claimable(now, static_cast<int>(claim.bodies.size()));
    if (!ids) return fail(std::move(ids));
    std::vector<Run> started;
    for (const auto& [id, attempt] : *ids) {
      auto written = writes_.apply(start_of(claim, id, attempt, started.size()), now);
      if (!written) return fail(std::move(written));
      started.push_back(std::move(written->run));
    }
    return started;
  });
}

Result<ReplayVerdict> SqliteStore::import(const Import& local) {
  return transaction([&]() -> Result<ReplayVerdict> {
    auto there = reads_.find(local.run.id);
    if (!there) return fail(std::move(there));
    auto tail = reads_.entries(local.run.id, local.base_seq, std::numeric_limits<int>::max());
    if (!tail) return fail(std::move(tail));
    return import_.apply(*there, *tail, local);
  });
}

Result<Rating> SqliteStore::rate(const RunId& id, const RatingChange& change) {
  if (change.comment && !is_storable_text(*change.comment)) return fail(ErrorCode::invalid_argument, kUnstorableText);
  return transaction([&] { return ratings_.change(id, change, clock_.wall()); });
}

Result<Deleted> SqliteStore::delete_thread(const std::string& owner, const std::string& thread_id) {
  return transaction([&] { return ratings_.delete_thread(owner, thread_id); });
}

Result<std::int64_t> SqliteStore::retire(std::chrono::milliseconds age, int limit) {
  return transaction([&] { return ratings_.retire(clock_.wall(), age, limit); });
}

Result<void> SqliteStore::note_incidents(std::span<const Incident> incidents) {
  for (const auto& incident : incidents) {
    if (auto valid = check_incident(incident); !valid) return valid;
  }
  return transaction([&] { return incidents_.note(incidents); });
}

Result<IncidentPage> SqliteStore::incidents(const IncidentFilter& filter) {
  auto found = incidents_.list(filter);
  if (!found) return fail(std::move(found));
  return IncidentPage{std::move(*found)};
}

Result<void> SqliteStore::put_body_piece(const BodyPiece& piece) {
  if (auto room = check_spare_room(connection_.path(), piece.bytes.size()); !room) return room;
  return bodies_.put(piece);
}

Result<std::int64_t> SqliteStore::trim_incidents(std::chrono::milliseconds age, std::int64_t keep, int limit) {
  return transaction([&] { return incidents_.trim(clock_.wall() - age.count(), keep, limit); });
}

}  // namespace holdfast::journal
