#include "journal/spill_file.hpp"

#include <fmt/format.h>

#include <limits>

#include "journal/spare_room.hpp"
#include "journal/sqlite_file.hpp"

namespace holdfast::journal {
namespace {

// As for the journal itself: 4 MB.
constexpr int kSettlePages = 1000;

Result<void> execute(Statement& statement) {
  Query query(statement);
  return query.finish();
}

}  // namespace

Result<std::unique_ptr<SpillFile>> open_spill_file(const std::string& path, const Clock& clock) {
  auto connection = open_journal_file(path);
  if (!connection) return fail(std::move(connection), "open the local journal");
  if (auto made = make_spill_tables(*connection); !made) return fail(std::move(made), "make the local journal");
  return std::make_unique<SpillFile>(std::move(*connection), clock);
}

SpillFile::SpillFile(Connection connection, const Clock& clock)
    : connection_(std::move(connection)),
      wal_(connection_),
      writes_(connection_),
      reads_(connection_),
      rows_(connection_),
      incidents_(connection_),
      portable_(connection_, clock),
      begin_(connection_, "BEGIN IMMEDIATE"),
      commit_(connection_, "COMMIT"),
      probe_(connection_, "UPDATE probe SET filler = hex(randomblob(32768))") {}

Result<void> SpillFile::transaction(const std::function<Result<void>()>& body) {
  if (auto begun = execute(begin_); !begun) return begun;
  auto done = body();
  if (done) done = execute(commit_);
  if (!done) connection_.roll_back();
  return done;
}

Result<Import> SpillFile::load(const RunId& id) {
  auto run = reads_.find(id);
  if (!run) return fail(std::move(run));
  auto spilled = rows_.find(id);
  if (!spilled) return fail(std::move(spilled));
  if (!*run || !*spilled)
    return fail(ErrorCode::not_found, fmt::format("run {} is not in the local journal", id.text()));
  auto entries = reads_.entries(id, 0, std::numeric_limits<int>::max());
  if (!entries) return fail(std::move(entries));
  auto checkpoint = reads_.checkpoint(id);
  if (!checkpoint) return fail(std::move(checkpoint));
  return Import{.run = std::move(**run),
                .entries = std::move(*entries),
                .checkpoint = std::move(*checkpoint),
                .base_seq = (*spilled)->base_seq,
                .base_status = (*spilled)->base_status,
                .base_attempt = (*spilled)->base_attempt,
                .accepted_here = (*spilled)->accepted_here};
}

Result<void> SpillFile::put_body_piece(const BodyPiece& piece) {
  if (auto room = check_spare_room(connection_.path(), piece.bytes.size()); !room) return room;
  return bodies_.put(piece);
}

Result<void> SpillFile::remove(const RunId& id) {
  return transaction([&] { return rows_.remove(id); });
}

Result<void> SpillFile::set_aside(const RunId& id, UnixMillis now) {
  return transaction([&]() -> Result<void> {
    if (auto kept = rows_.set_aside(id, now); !kept) return kept;
    return rows_.remove(id);
  });
}

void SpillFile::settle() { wal_.shorten_past(kSettlePages); }

Result<void> SpillFile::probe() {
  return transaction([this] { return execute(probe_); });
}

}  // namespace holdfast::journal
