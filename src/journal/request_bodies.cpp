#include "journal/request_bodies.hpp"

#include <fmt/format.h>

namespace holdfast::journal {
namespace {

using Texts = PortableSql::Texts;
using Rows = PortableSql::Rows;

SqlText find_body(const std::string& id) { return {"SELECT id FROM request_bodies WHERE id = $1", {id}}; }

// Up to `limit` pieces, oldest first, and the body itself with the last of them.
Texts removal_of(const std::string& id, int limit) {
  return {{"DELETE FROM request_pieces WHERE body_id = $1 AND number IN (SELECT number FROM request_pieces "
           "WHERE body_id = $1 ORDER BY number LIMIT $2) RETURNING number",
           {id, std::int64_t{limit}}},
          {"DELETE FROM request_bodies WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM request_pieces WHERE body_id = $1) "
           "RETURNING id",
           {id}}};
}

std::int64_t removed_by(const Result<Rows>& rows) {
  std::size_t count = 0;
  for (const auto& each : *rows) count += each.size();
  return static_cast<std::int64_t>(count);
}

}  // namespace

Result<void> RequestBodies::put(const BodyPiece& piece) {
  const auto decide = [&piece](const Rows& read, UnixMillis now) -> Result<Texts> {
    if (piece.number > 0 && read.front().empty()) {
      return fail(ErrorCode::not_found, "what came before of the body is gone; send the request again");
    }
    return Texts{{"INSERT INTO request_bodies (id, run_id, touched_at) VALUES ($1, $2, $3) "
                  "ON CONFLICT (id) DO UPDATE SET touched_at = excluded.touched_at",
                  {piece.body_id, piece.run.text(), now}},
                 {"INSERT INTO request_pieces (body_id, number, bytes) VALUES ($1, $2, $3) "
                  "ON CONFLICT (body_id, number) DO NOTHING",
                  {piece.body_id, piece.number, SqlBytes{piece.bytes}}}};
  };
  auto written = sql_.read_then_write({find_body(piece.body_id)}, decide);
  if (!written) return fail(std::move(written));
  return {};
}

Result<std::string> RequestBodies::piece(const std::string& body_id, std::int64_t number) {
  auto read = sql_.read({{"SELECT bytes FROM request_pieces WHERE body_id = $1 AND number = $2", {body_id, number}}});
  if (!read) return fail(std::move(read));
  auto& rows = read->front();
  if (rows.empty()) {
    return fail(ErrorCode::not_found, fmt::format("piece {} of the request's body is not there", number));
  }
  return bytes_of(std::move(rows.front().front()));
}

Result<std::int64_t> RequestBodies::drop(const std::string& body_id, int limit) {
  const auto decide = [&](const Rows&, UnixMillis) -> Result<Texts> { return removal_of(body_id, limit); };
  auto removed = sql_.read_then_write({find_body(body_id)}, decide);
  if (!removed) return fail(std::move(removed));
  return removed_by(removed);
}

Result<std::int64_t> RequestBodies::trim(std::chrono::milliseconds age, int limit) {
  // Those of ended runs first: their age does not matter.
  const SqlText oldest{
      "SELECT request_bodies.id, touched_at, runs.finished_at FROM request_bodies LEFT JOIN runs "
      "ON runs.id = request_bodies.run_id WHERE runs.id IS NULL OR runs.finished_at IS NOT NULL "
      "ORDER BY CASE WHEN runs.id IS NULL THEN 1 ELSE 0 END, touched_at LIMIT 1",
      {}};
  const auto decide = [&](const Rows& read, UnixMillis now) -> Result<Texts> {
    if (read.front().empty()) return Texts();
    const auto& body = read.front().front();
    const bool ended = !std::holds_alternative<std::monostate>(body.at(2));
    const bool too_young = integer_of(body.at(1)) + age.count() > now;
    if (!ended && too_young) return Texts();
    return removal_of(text_of(body.at(0)), limit);
  };
  auto removed = sql_.read_then_write({oldest}, decide);
  if (!removed) return fail(std::move(removed));
  return removed_by(removed);
}

Result<bool> RequestBodies::contains(const std::string& body_id) {
  auto read = sql_.read({find_body(body_id)});
  if (!read) return fail(std::move(read));
  return !read->front().empty();
}

Result<bool> RequestBodies::any() {
  auto read = sql_.read({{"SELECT id FROM request_bodies LIMIT 1", {}}});
  if (!read) return fail(std::move(read));
  return !read->front().empty();
}

Result<std::vector<std::string>> RequestBodies::of_run(const RunId& run) {
  auto read = sql_.read({{"SELECT id FROM request_bodies WHERE run_id = $1 ORDER BY id", {run.text()}}});
  if (!read) return fail(std::move(read));
  std::vector<std::string> ids;
  for (auto& row : read->front()) ids.push_back(text_of(std::move(row.front())));
  return ids;
}

}  // namespace holdfast::journal
