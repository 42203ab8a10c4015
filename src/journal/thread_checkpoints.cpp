#include "journal/thread_checkpoints.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "journal/thread_checkpoint_key.hpp"
#include "journal/thread_parts.hpp"

namespace holdfast::journal {
namespace {

using Texts = PortableSql::Texts;
using Rows = PortableSql::Rows;

constexpr std::string_view kSum = "CAST(coalesce(sum(bytes), 0) AS BIGINT)";
std::int64_t size_of(std::string_view text) { return static_cast<std::int64_t>(text.size()); }

std::vector<SqlValue> joined(std::vector<SqlValue> values, std::vector<SqlValue> more) {
  std::ranges::move(more, std::back_inserter(values));
  return values;
}

// Whoever writes in a thread has its row first, so that counts are kept one after another. `checkpoints` is a BIGINT.
Texts reads_of(const CheckpointPlace& place) {
  const SqlText lock{
      "INSERT INTO kept_threads (owner, thread_id, checkpoints, bytes, updated_at) VALUES ($1, $2, 0, 0, 0) "
      "ON CONFLICT (owner, thread_id) DO UPDATE SET updated_at = kept_threads.updated_at",
      {place.owner, place.thread_id}};
  const SqlText counts{
      fmt::format(
          "SELECT (SELECT {0} FROM kept_threads WHERE owner = $1), "
          "(SELECT checkpoints FROM kept_threads WHERE owner = $1 AND thread_id = $2), "
          "(SELECT bytes FROM thread_checkpoints WHERE owner = $1 AND thread_id = $2 AND space = $3 AND id = $4), "
          "(SELECT {0} {1})",
          kSum, kWritesOf),
      key_of(place)};
  return {lock, counts};
}

struct Counts {
  std::int64_t user_bytes = 0;
  std::int64_t checkpoints = 0;
  bool is_there = false;
  std::int64_t bytes = 0;  ///< Of the checkpoint as it is there.
  std::int64_t writes_bytes = 0;
};

Counts counts_in(const Rows& read) {
  const auto& row = read.at(1).at(0);
  return Counts{integer_of(row.at(0)), integer_of(row.at(1)), !std::holds_alternative<std::monostate>(row.at(2)),
                integer_of(row.at(2)), integer_of(row.at(3))};
}

std::unexpected<Error> too_much(std::string what) { return fail(ErrorCode::failed_precondition, std::move(what)); }

Result<void> check_user(const Counts& counts, std::int64_t added, const ThreadCheckpointLimits& limits) {
  if (added <= 0 || counts.user_bytes + added <= limits.user_bytes) return {};
  return too_much(
      fmt::format("the thread checkpoints of this user would take {} bytes of {}; delete threads that are "
                  "not needed, or raise checkpoints.user_size",
                  counts.user_bytes + added, limits.user_bytes));
}

}  // namespace

Result<void> ThreadCheckpoints::put(const ThreadCheckpoint& checkpoint, const ThreadCheckpointLimits& limits) {
  if (auto valid = check_thread_checkpoint(checkpoint); !valid) return valid;
  const auto& place = checkpoint.place;
  const auto names = part_names(checkpoint.parts);
  const auto bytes = size_of(checkpoint.metadata) + size_of(checkpoint.state) + size_of(names);
  const auto decide = [&](const Rows& read, UnixMillis now) -> Result<Texts> {
    const auto counts = counts_in(read);
    auto parts = change_parts(place, checkpoint.parts, read.at(2));
    const auto added = bytes - counts.bytes + parts.added;
    if (auto fits = check_user(counts, added, limits); !fits) return fail(std::move(fits));
    if (!counts.is_there && counts.checkpoints >= limits.per_thread) {
      return too_much(
          fmt::format("this thread has {} checkpoints already; delete the thread, or its checkpoints, and go "
                      "on in another",
                      counts.checkpoints));
    }
    auto texts = std::move(parts.writes);
    texts.push_back(
        {"INSERT INTO thread_checkpoints (owner, thread_id, space, id, parent_id, created_at, bytes, whole, metadata, "
         "parts, state) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) "
         "ON CONFLICT (owner, thread_id, space, id) DO UPDATE SET parent_id = excluded.parent_id, bytes = "
         "excluded.bytes, whole = excluded.whole, metadata = excluded.metadata, parts = excluded.parts, state = "
         "excluded.state",
         joined(key_of(place), {checkpoint.parent_id, now, bytes, bytes + parts.whole, checkpoint.metadata, names,
                                checkpoint.state})});
    texts.push_back(
        {"UPDATE kept_threads SET checkpoints = checkpoints + $1, bytes = bytes + $2, updated_at = $3 "
         "WHERE owner = $4 AND thread_id = $5",
         {std::int64_t{counts.is_there ? 0 : 1}, added, now, place.owner, place.thread_id}});
    return texts;
  };
  auto reads = reads_of(place);
  reads.push_back(stored_parts(place, checkpoint.parts, PartColumn::bytes));
  auto written = sql_.read_then_write(reads, decide);
  if (!written) return fail(std::move(written));
  return {};
}

Result<void> ThreadCheckpoints::put_writes(const CheckpointPlace& place, const std::vector<ThreadWrite>& writes,
                                           const ThreadCheckpointLimits& limits) {
  if (auto valid = check_thread_writes(place, writes); !valid) return valid;
  std::int64_t most = 0;
  for (const auto& write : writes) most += size_of(write.value);
  const auto decide = [&](const Rows& read, UnixMillis now) -> Result<Texts> {
    const auto counts = counts_in(read);
    if (auto fits = check_user(counts, most, limits); !fits) return fail(std::move(fits));
    if (counts.writes_bytes + most > limits.writes_bytes) {
      return too_much(
          fmt::format("the writes towards one checkpoint would take {} bytes of {}; keep large values elsewhere "
                      "and write their names",
                      counts.writes_bytes + most, limits.writes_bytes));
    }
    Texts texts;
    for (const auto& write : writes) {
      // The first word of a step stays; what has a negative index is a note about the task, and the last one counts.
      const std::string_view again =
          write.index < 0 ? "DO UPDATE SET bytes = excluded.bytes, value = excluded.value" : "DO NOTHING";
      texts.push_back(
          {fmt::format("INSERT INTO thread_writes (owner, thread_id, space, checkpoint_id, task, idx, bytes, value) "
                       "VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (owner, thread_id, space, checkpoint_id, "
                       "task, idx) {}",
                       again),
           joined(key_of(place), {write.task, write.index, size_of(write.value), write.value})});
    }
    texts.push_back({fmt::format("UPDATE kept_threads SET bytes = bytes + (SELECT {} {}) - $5, updated_at = $6 "
                                 "WHERE owner = $1 AND thread_id = $2",
                                 kSum, kWritesOf),
                     joined(key_of(place), {counts.writes_bytes, now})});
    return texts;
  };
  auto written = sql_.read_then_write(reads_of(place), decide);
  if (!written) return fail(std::move(written));
  return {};
}

Result<std::int64_t> ThreadCheckpoints::remove(const std::string& owner, const std::string& thread_id) {
  return remove_older(owner, thread_id, std::numeric_limits<UnixMillis>::max());
}

Result<std::int64_t> ThreadCheckpoints::remove_older(const std::string& owner, const std::string& thread_id,
                                                     UnixMillis than) {
  std::int64_t count = 0;
  const SqlText lock{
      "UPDATE kept_threads SET updated_at = updated_at WHERE owner = $1 AND thread_id = $2 AND updated_at < $3 "
      "RETURNING checkpoints",
      {owner, thread_id, than}};
  const auto decide = [&](const Rows& read, UnixMillis) -> Result<Texts> {
    Texts texts;
    if (read.front().empty()) return texts;
    count = integer_of(read.front().front().front());
    for (const auto* table : {"thread_writes", "thread_parts", "thread_checkpoints", "kept_threads"}) {
      texts.push_back({fmt::format("DELETE FROM {} WHERE owner = $1 AND thread_id = $2", table), {owner, thread_id}});
    }
    return texts;
  };
  auto written = sql_.read_then_write({lock}, decide);
  if (!written) return fail(std::move(written));
  return count;
}

// A thread that was left alone and of which no run has its content any more.
Result<std::int64_t> ThreadCheckpoints::retire(std::chrono::milliseconds age, int limit) {
  UnixMillis before = 0;
  auto old = sql_.read_then_write({}, [&](const Rows&, UnixMillis now) -> Result<Texts> {
    before = now - age.count();
    return Texts{SqlText{
        "SELECT owner, thread_id FROM kept_threads AS k WHERE updated_at < $1 AND NOT EXISTS (SELECT 1 FROM runs AS r "
        "WHERE r.owner = k.owner AND r.thread_id = k.thread_id AND r.retired_at IS NULL) ORDER BY updated_at LIMIT $2",
        {before, std::int64_t{std::max(limit, 0)}}}};
  });
  if (!old) return fail(std::move(old));
  std::int64_t threads = 0;
  for (auto& row : old->front()) {
    auto removed = remove_older(text_of(std::move(row.at(0))), text_of(std::move(row.at(1))), before);
    if (!removed) return removed;
    ++threads;
  }
  return threads;
}

}  // namespace holdfast::journal
