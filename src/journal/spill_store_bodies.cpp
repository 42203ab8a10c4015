// The request bodies of a SpillStore: each is where it was begun. One that is local makes its run local.
#include "journal/spill_store.hpp"

namespace holdfast::journal {

Result<bool> SpillStore::has_local_body(const RunId& run) {
  if (!has_local_bodies_) return false;
  auto bodies = file_->bodies().of_run(run);
  if (!bodies) return fail(std::move(bodies));
  return !bodies->empty();
}

Result<void> SpillStore::put_body_piece(const BodyPiece& piece) {
  if (has_local_bodies_) {
    auto here = file_->bodies().contains(piece.body_id);
    if (!here) return fail(std::move(here));
    if (*here) return file_->put_body_piece(piece);
  }
  auto written = database_.write([&](Store& store) { return store.put_body_piece(piece); });
  const bool begins_here = !written && written.error().code() == ErrorCode::unavailable && piece.number == 0;
  if (!begins_here) return written;
  has_local_bodies_ = true;
  return file_->put_body_piece(piece);
}

Result<std::string> SpillStore::body_piece(const std::string& body_id, std::int64_t number) {
  if (has_local_bodies_) {
    auto here = file_->bodies().piece(body_id, number);
    if (here || here.error().code() != ErrorCode::not_found) return here;
  }
  return database_.read([&](Store& store) { return store.body_piece(body_id, number); });
}

Result<std::int64_t> SpillStore::drop_body(const std::string& body_id, int limit) {
  if (has_local_bodies_) {
    auto here = file_->bodies().drop(body_id, limit);
    if (!here || *here > 0) return here;
  }
  return database_.write([&](Store& store) { return store.drop_body(body_id, limit); });
}

// Locally a run is there until it was moved into the database, and its body with it.
Result<std::int64_t> SpillStore::trim_bodies(std::chrono::milliseconds age, int limit) {
  if (has_local_bodies_) {
    auto here = file_->bodies().trim(age, limit);
    if (!here || *here > 0) return here;
    auto left = file_->bodies().any();
    if (!left) return fail(std::move(left));
    has_local_bodies_ = *left;
  }
  return database_.write([&](Store& store) { return store.trim_bodies(age, limit); });
}

}  // namespace holdfast::journal
