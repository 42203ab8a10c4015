#include "journal/postgres_ratings.hpp"

#include <fmt/format.h>

#include "journal/postgres_rows.hpp"
#include "journal/text_rules.hpp"

namespace holdfast::journal {
namespace {

using Commands = PostgresTransactions::Commands;
using Results = PostgresTransactions::Results;

std::optional<std::int64_t> as_integer(const std::optional<bool>& value) {
  return value ? std::optional<std::int64_t>(*value ? 1 : 0) : std::nullopt;
}

PostgresCommand put_of(const Rating& rating, UnixMillis now) {
  PostgresCommand command(
      "INSERT INTO ratings (run_id, feedback, comment, sentiment, at) VALUES ($1, $2, $3, $4, $5) "
      "ON CONFLICT (run_id) DO UPDATE SET feedback = excluded.feedback, comment = excluded.comment, "
      "sentiment = excluded.sentiment, at = excluded.at");
  command.bind(rating.id.text()).bind(as_integer(rating.feedback)).bind(rating.comment);
  command.bind(as_integer(rating.sentiment)).bind(now);
  return command;
}

PostgresCommand for_ids(std::string sql, const std::vector<RunId>& ids) {
  PostgresCommand command(std::move(sql));
  command.bind(texts_of(ids));
  return command;
}

}  // namespace

Result<Rating> PostgresRatings::rate(const RunId& id, const RatingChange& change) {
  if (change.comment && !is_storable_text(*change.comment)) return fail(ErrorCode::invalid_argument, kUnstorableText);
  PostgresCommand lock("SELECT id FROM runs WHERE id = $1 FOR UPDATE");
  lock.bind(id.text());
  PostgresCommand find("SELECT run_id, feedback, comment, sentiment FROM ratings WHERE run_id = $1");
  find.bind(id.text());
  Rating rating{.id = id, .feedback = {}, .comment = {}, .sentiment = {}};
  const auto decide = [&](const Results& read, UnixMillis now) -> Result<Commands> {
    if (read.at(0).rows() == 0) return fail(ErrorCode::not_found, fmt::format("there is no run {}", id.text()));
    auto before = read_ratings(read.at(1));
    if (!before) return fail(std::move(before));
    if (!before->empty()) rating = before->front();
    if (change.feedback) rating.feedback = change.feedback;
    if (change.comment) rating.comment = *change.comment;
    if (change.sets_sentiment) rating.sentiment = change.sentiment;
    return Commands{put_of(rating, now)};
  };
  auto written = transactions_.read_then_write({std::move(lock), std::move(find)}, decide);
  if (!written) return fail(std::move(written));
  return rating;
}

Result<Deleted> PostgresRatings::delete_thread(const std::string& owner, const std::string& thread_id) {
  PostgresCommand lock("SELECT id, finished_at FROM runs WHERE owner = $1 AND thread_id = $2 ORDER BY id FOR UPDATE");
  lock.bind(owner).bind(thread_id);
  const auto decide = [](const Results& read, UnixMillis) -> Result<Commands> {
    auto ids = read_ids(read.front());
    if (!ids) return fail(std::move(ids));
    for (int row = 0; row < read.front().rows(); ++row) {
      if (read.front().optional_integer(row, 1)) continue;
      return fail(ErrorCode::failed_precondition, "a run of this thread has not finished; cancel it first");
    }
    return Commands{for_ids("DELETE FROM entries WHERE run_id = ANY ($1)", *ids),
                    for_ids("DELETE FROM checkpoints WHERE run_id = ANY ($1)", *ids),
                    for_ids("DELETE FROM ratings WHERE run_id = ANY ($1)", *ids),
                    for_ids("DELETE FROM runs WHERE id = ANY ($1)", *ids)};
  };
  auto written = transactions_.read_then_write({std::move(lock)}, decide);
  if (!written) return fail(std::move(written));
  return Deleted{written->at(3).affected(), written->at(0).affected(), written->at(1).affected(),
                 written->at(2).affected()};
}

// Runs that another instance empties at the same moment are left to it.
Result<std::int64_t> PostgresRatings::retire(std::chrono::milliseconds age, int limit) {
  PostgresCommand lock(
      "SELECT id FROM runs WHERE delivered_at IS NOT NULL AND retired_at IS NULL AND delivered_at < "
      "floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint - $1 ORDER BY delivered_at LIMIT $2 "
      "FOR UPDATE SKIP LOCKED");
  lock.bind(std::int64_t{age.count()}).bind(std::int64_t{std::max(limit, 0)});
  std::int64_t count = 0;
  const auto decide = [&count](const Results& read, UnixMillis now) -> Result<Commands> {
    auto ids = read_ids(read.front());
    if (!ids) return fail(std::move(ids));
    count = static_cast<std::int64_t>(ids->size());
    if (count == 0) return Commands();
    auto empty_runs = for_ids(
        "UPDATE runs SET retired_at = $2, prompt = '', request = '', result = '', error = '', usage = '', "
        "traceparent = '' WHERE id = ANY ($1)",
        *ids);
    empty_runs.bind(now);
    return Commands{std::move(empty_runs), for_ids("DELETE FROM entries WHERE run_id = ANY ($1)", *ids),
                    for_ids("DELETE FROM checkpoints WHERE run_id = ANY ($1)", *ids),
                    for_ids("DELETE FROM ratings WHERE run_id = ANY ($1)", *ids)};
  };
  auto written = transactions_.read_then_write({std::move(lock)}, decide);
  if (!written) return fail(std::move(written));
  return count;
}

}  // namespace holdfast::journal
