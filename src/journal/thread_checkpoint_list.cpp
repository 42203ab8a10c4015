// Lists of thread checkpoints: first which ones, then what they hold.
#include <fmt/format.h>

#include <algorithm>

#include "journal/thread_checkpoint_key.hpp"
#include "journal/thread_checkpoints.hpp"
#include "journal/thread_parts.hpp"

namespace holdfast::journal {
namespace {

using Texts = PortableSql::Texts;

ThreadCheckpoint read_row(const ThreadCheckpointFilter& filter, std::vector<SqlValue> row) {
  ThreadCheckpoint checkpoint;
  checkpoint.place =
      CheckpointPlace{filter.owner, text_of(std::move(row[0])), text_of(std::move(row[1])), text_of(std::move(row[2]))};
  checkpoint.parent_id = text_of(std::move(row[3]));
  checkpoint.created_at = integer_of(row[4]);
  checkpoint.metadata = text_of(std::move(row[5]));
  checkpoint.parts = parse_part_names(text_of(std::move(row[7])));
  return checkpoint;
}

// Only what the filter names is in the condition, so that the key finds the rows.
SqlText list_of(const ThreadCheckpointFilter& filter, const PortableSql& sql) {
  SqlText text{
      fmt::format("SELECT thread_id, space, id, parent_id, created_at, metadata, whole + (SELECT CAST(coalesce("
                  "sum(w.bytes), 0) AS BIGINT) FROM thread_writes AS w WHERE w.owner = c.owner AND w.thread_id = "
                  "c.thread_id AND w.space = c.space AND w.checkpoint_id = c.id), parts "
                  "FROM thread_checkpoints AS c WHERE owner = $1"),
      {filter.owner}};
  const auto parameter = [&text](SqlValue value) {
    text.values.push_back(std::move(value));
    return fmt::format("${}", text.values.size());
  };
  if (filter.thread_id) text.sql += " AND thread_id = " + parameter(*filter.thread_id);
  if (filter.space) text.sql += " AND space = " + parameter(*filter.space);
  if (filter.id) text.sql += " AND id = " + parameter(*filter.id);
  if (!filter.before.empty()) text.sql += " AND id < " + parameter(filter.before);
  if (filter.after) {
    const auto id = parameter(filter.after->id);
    const auto thread_id = parameter(filter.after->thread_id);
    text.sql +=
        fmt::format(" AND (id, thread_id, space) < ({}, {}, {})", id, thread_id, parameter(filter.after->space));
  }
  if (!filter.members.empty()) text.sql += " AND " + sql.has_members("metadata", parameter(filter.members));
  text.sql +=
      " ORDER BY id DESC, thread_id DESC, space DESC LIMIT " + parameter(std::int64_t{std::max(filter.limit, 0)} + 1);
  return text;
}

// How many of the rows make a page.
std::size_t page_of(const SqlRows& rows, int limit) {
  std::size_t count = 0;
  std::int64_t bytes = 0;
  for (const auto& row : rows) {
    bytes += integer_of(row.at(6));
    if (std::cmp_equal(count, limit) || (count > 0 && bytes > ThreadCheckpointLimits::kPageBytes)) break;
    ++count;
  }
  return count;
}

}  // namespace

Result<ThreadCheckpointPage> ThreadCheckpoints::list(const ThreadCheckpointFilter& filter) {
  auto found = sql_.read({list_of(filter, sql_)});
  if (!found) return fail(std::move(found));
  auto& rows = found->front();
  const auto count = page_of(rows, filter.limit);
  ThreadCheckpointPage page;
  page.more = rows.size() > count;
  Texts wanted;
  for (std::size_t i = 0; i < count; ++i) {
    auto checkpoint = read_row(filter, std::move(rows[i]));
    wanted.push_back(
        {"SELECT state FROM thread_checkpoints WHERE owner = $1 AND thread_id = $2 AND space = $3 AND id = $4",
         key_of(checkpoint.place)});
    wanted.push_back(
        {fmt::format("SELECT task, idx, value {} ORDER BY task, idx", kWritesOf), key_of(checkpoint.place)});
    wanted.push_back(stored_parts(checkpoint.place, checkpoint.parts, PartColumn::value));
    page.checkpoints.push_back(std::move(checkpoint));
  }
  auto read = sql_.read(wanted);
  if (!read) return fail(std::move(read));
  for (std::size_t i = 0; i < count; ++i) {
    auto& checkpoint = page.checkpoints[i];
    checkpoint.parts = read_parts(std::move((*read)[3 * i + 2]));
    auto& state = (*read)[3 * i];
    if (!state.empty()) checkpoint.state = text_of(std::move(state[0].at(0)));
    for (auto& row : (*read)[3 * i + 1]) {
      checkpoint.writes.push_back(
          ThreadWrite{text_of(std::move(row.at(0))), integer_of(row.at(1)), text_of(std::move(row.at(2)))});
    }
  }
  // Somebody may have deleted one between the two looks.
  std::erase_if(page.checkpoints, [](const ThreadCheckpoint& one) { return one.state.empty(); });
  return page;
}

}  // namespace holdfast::journal
