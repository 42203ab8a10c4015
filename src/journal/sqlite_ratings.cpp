#include "journal/sqlite_ratings.hpp"

#include <fmt/format.h>

namespace holdfast::journal {
namespace {

std::optional<bool> read_bool(const Query& query, int column) {
  const auto number = query.optional_integer(column);
  return number ? std::optional(*number != 0) : std::nullopt;
}

std::optional<std::int64_t> as_integer(const std::optional<bool>& value) {
  return value ? std::optional<std::int64_t>(*value ? 1 : 0) : std::nullopt;
}

std::string delete_of_thread(std::string_view table) {
  return fmt::format("DELETE FROM {} WHERE run_id IN (SELECT id FROM runs WHERE owner = ? AND thread_id = ?)", table);
}

}  // namespace

SqliteRatings::SqliteRatings(const Connection& connection)
    : connection_(connection),
      exists_(connection, "SELECT 1 FROM runs WHERE id = ?"),
      find_(connection, "SELECT feedback, comment, sentiment FROM ratings WHERE run_id = ?"),
      put_(connection,
           "INSERT INTO ratings (run_id, feedback, comment, sentiment, at) VALUES (?, ?, ?, ?, ?) "
           "ON CONFLICT (run_id) DO UPDATE SET feedback = excluded.feedback, comment = excluded.comment, "
           "sentiment = excluded.sentiment, at = excluded.at"),
      of_thread_(connection,
                 "SELECT run_id, feedback, comment, sentiment FROM ratings WHERE run_id IN "
                 "(SELECT id FROM runs WHERE owner = ? AND thread_id = ?) ORDER BY run_id"),
      unfinished_(connection, "SELECT count(*) FROM runs WHERE owner = ? AND thread_id = ? AND finished_at IS NULL"),
      delete_entries_(connection, delete_of_thread("entries")),
      delete_checkpoints_(connection, delete_of_thread("checkpoints")),
      delete_ratings_(connection, delete_of_thread("ratings")),
      delete_runs_(connection, "DELETE FROM runs WHERE owner = ? AND thread_id = ?"),
      retirable_(connection,
                 "SELECT id FROM runs WHERE delivered_at IS NOT NULL AND retired_at IS NULL AND delivered_at < ? "
                 "ORDER BY delivered_at LIMIT ?"),
      empty_run_(connection,
                 "UPDATE runs SET retired_at = ?, prompt = '', request = '', result = '', error = '', usage = '', "
                 "traceparent = '' WHERE id = ?"),
      empty_entries_(connection, "DELETE FROM entries WHERE run_id = ?"),
      empty_checkpoint_(connection, "DELETE FROM checkpoints WHERE run_id = ?"),
      empty_rating_(connection, "DELETE FROM ratings WHERE run_id = ?") {}

Result<Rating> SqliteRatings::change(const RunId& id, const RatingChange& change, UnixMillis now) {
  {
    Query query(exists_);
    auto row = query.bind(id.text()).step();
    if (!row) return fail(std::move(row));
    if (!*row) return fail(ErrorCode::not_found, fmt::format("there is no run {}", id.text()));
  }
  Rating rating{.id = id, .feedback = {}, .comment = {}, .sentiment = {}};
  {
    Query query(find_);
    auto row = query.bind(id.text()).step();
    if (!row) return fail(std::move(row));
    if (*row) {
      rating.feedback = read_bool(query, 0);
      rating.comment = query.text(1);
      rating.sentiment = read_bool(query, 2);
    }
  }
  if (change.feedback) rating.feedback = change.feedback;
  if (change.comment) rating.comment = *change.comment;
  if (change.sets_sentiment) rating.sentiment = change.sentiment;

  Query query(put_);
  query.bind(id.text()).bind(as_integer(rating.feedback)).bind(rating.comment);
  auto put = query.bind(as_integer(rating.sentiment)).bind(now).finish();
  if (!put) return fail(std::move(put));
  return rating;
}

Result<std::vector<Rating>> SqliteRatings::of_thread(const std::string& owner, const std::string& thread_id) {
  Query query(of_thread_);
  query.bind(owner).bind(thread_id);
  std::vector<Rating> ratings;
  while (true) {
    auto row = query.step();
    if (!row) return fail(std::move(row));
    if (!*row) return ratings;
    auto id = RunId::parse(query.text(0));
    if (!id) return fail(ErrorCode::data_loss, "journal: a rating without a valid run id: the file is damaged");
    ratings.push_back(Rating{std::move(*id), read_bool(query, 1), std::string(query.text(2)), read_bool(query, 3)});
  }
}

Result<std::int64_t> SqliteRatings::remove(Statement& statement, const std::string& owner,
                                           const std::string& thread_id) {
  Query query(statement);
  auto removed = query.bind(owner).bind(thread_id).finish();
  if (!removed) return fail(std::move(removed));
  return sqlite3_changes64(connection_.get());
}

Result<Deleted> SqliteRatings::delete_thread(const std::string& owner, const std::string& thread_id) {
  {
    Query query(unfinished_);
    auto row = query.bind(owner).bind(thread_id).step();
    if (!row) return fail(std::move(row));
    if (query.integer(0) > 0) {
      return fail(ErrorCode::failed_precondition, "a run of this thread has not finished; cancel it first");
    }
  }
  auto entries = remove(delete_entries_, owner, thread_id);
  if (!entries) return fail(std::move(entries));
  auto checkpoints = remove(delete_checkpoints_, owner, thread_id);
  if (!checkpoints) return fail(std::move(checkpoints));
  auto ratings = remove(delete_ratings_, owner, thread_id);
  if (!ratings) return fail(std::move(ratings));
  auto runs = remove(delete_runs_, owner, thread_id);
  if (!runs) return fail(std::move(runs));
  return Deleted{*runs, *entries, *checkpoints, *ratings};
}

Result<std::int64_t> SqliteRatings::retire(UnixMillis now, std::chrono::milliseconds age, int limit) {
  std::vector<std::string> ids;
  {
    Query query(retirable_);
    query.bind(now - age.count()).bind(std::int64_t{limit});
    while (true) {
      auto row = query.step();
      if (!row) return fail(std::move(row));
      if (!*row) break;
      ids.emplace_back(query.text(0));
    }
  }
  for (const auto& id : ids) {
    Query query(empty_run_);
    if (auto emptied = query.bind(now).bind(id).finish(); !emptied) return fail(std::move(emptied));
    for (auto* statement : {&empty_entries_, &empty_checkpoint_, &empty_rating_}) {
      Query remove(*statement);
      if (auto removed = remove.bind(id).finish(); !removed) return fail(std::move(removed));
    }
  }
  return static_cast<std::int64_t>(ids.size());
}

}  // namespace holdfast::journal
