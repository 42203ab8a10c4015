#include "journal/migrations.hpp"

#include <array>

namespace holdfast::journal {
namespace {

// In `runs` the columns that change come first and the long texts last: SQLite then rewrites one page of
// a row with a long request when an entry is appended, not all of them (docs/reference/journal.md).
constexpr std::string_view kRunsEntriesCheckpoints = R"sql(
CREATE TABLE runs (
  id            TEXT PRIMARY KEY NOT NULL,
  status        TEXT NOT NULL,
  attempt       INTEGER NOT NULL,
  crashes       INTEGER NOT NULL,
  last_seq      BIGINT NOT NULL,
  created_at    BIGINT NOT NULL,
  started_at    BIGINT,
  finished_at   BIGINT,
  delivered_at  BIGINT,
  owner         TEXT NOT NULL,
  thread_id     TEXT NOT NULL,
  route         TEXT NOT NULL,
  traceparent   TEXT NOT NULL,
  usage         TEXT NOT NULL,
  error         TEXT NOT NULL,
  prompt        TEXT NOT NULL,
  request       TEXT NOT NULL,
  result        TEXT NOT NULL
);
CREATE INDEX runs_by_owner ON runs (owner, created_at, id);
CREATE INDEX runs_by_thread ON runs (owner, thread_id, created_at, id);
CREATE INDEX runs_unfinished ON runs (created_at, id) WHERE finished_at IS NULL;
CREATE INDEX runs_undelivered ON runs (owner, created_at, id) WHERE finished_at IS NOT NULL AND delivered_at IS NULL;

CREATE TABLE entries (
  run_id   TEXT NOT NULL,
  seq      BIGINT NOT NULL,
  at       BIGINT NOT NULL,
  attempt  INTEGER NOT NULL,
  kind     TEXT NOT NULL,
  body     TEXT NOT NULL,
  PRIMARY KEY (run_id, seq)
);

CREATE TABLE checkpoints (
  run_id  TEXT PRIMARY KEY NOT NULL,
  step    TEXT NOT NULL,
  state   TEXT NOT NULL
);

CREATE TABLE probe (filler TEXT NOT NULL);
INSERT INTO probe (filler) VALUES ('');
)sql";

constexpr std::string_view kInstancesAndRatings = R"sql(
ALTER TABLE runs ADD COLUMN retired_at BIGINT;
ALTER TABLE runs ADD COLUMN available_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN lease_owner TEXT NOT NULL DEFAULT '';
CREATE INDEX runs_running ON runs (lease_owner) WHERE status = 'running';
CREATE INDEX runs_delivered ON runs (delivered_at) WHERE delivered_at IS NOT NULL AND retired_at IS NULL;

CREATE TABLE instances (
  id           TEXT PRIMARY KEY NOT NULL,
  lease_until  BIGINT NOT NULL
);

CREATE TABLE ratings (
  run_id     TEXT PRIMARY KEY NOT NULL,
  feedback   INTEGER,
  comment    TEXT NOT NULL,
  sentiment  INTEGER,
  at         BIGINT NOT NULL
);
)sql";

constexpr std::string_view kIncidents = R"sql(
CREATE TABLE incidents (
  id        TEXT PRIMARY KEY NOT NULL,
  at        BIGINT NOT NULL,
  instance  TEXT NOT NULL,
  kind      TEXT NOT NULL,
  body      TEXT NOT NULL
);
CREATE INDEX incidents_by_time ON incidents (at, id);
)sql";

// Entries of the kinds `response` and `piece`, which an older Holdfast does not know: it is not to open the journal.
constexpr std::string_view kKeptResponses = "SELECT 1;\n";

// For the age of the oldest answer that nobody has acknowledged: Store::backlog().
constexpr std::string_view kOldestUndelivered = R"sql(
CREATE INDEX runs_not_acknowledged ON runs (finished_at) WHERE finished_at IS NOT NULL AND delivered_at IS NULL;
)sql";

constexpr std::string_view kThreadCheckpoints = R"sql(
CREATE TABLE kept_threads (
  owner        TEXT NOT NULL,
  thread_id    TEXT NOT NULL,
  checkpoints  BIGINT NOT NULL,
  bytes        BIGINT NOT NULL,
  updated_at   BIGINT NOT NULL,
  PRIMARY KEY (owner, thread_id)
);
CREATE INDEX kept_threads_by_age ON kept_threads (updated_at);

CREATE TABLE thread_checkpoints (
  owner       TEXT NOT NULL,
  thread_id   TEXT NOT NULL,
  space       TEXT NOT NULL,
  id          TEXT NOT NULL,
  parent_id   TEXT NOT NULL,
  created_at  BIGINT NOT NULL,
  bytes       BIGINT NOT NULL,
  whole       BIGINT NOT NULL,
  metadata    TEXT NOT NULL,
  parts       TEXT NOT NULL,
  state       TEXT NOT NULL,
  PRIMARY KEY (owner, thread_id, space, id)
);

CREATE TABLE thread_parts (
  owner      TEXT NOT NULL,
  thread_id  TEXT NOT NULL,
  space      TEXT NOT NULL,
  name       TEXT NOT NULL,
  version    TEXT NOT NULL,
  bytes      BIGINT NOT NULL,
  value      TEXT NOT NULL,
  PRIMARY KEY (owner, thread_id, space, name, version)
);

CREATE TABLE thread_writes (
  owner          TEXT NOT NULL,
  thread_id      TEXT NOT NULL,
  space          TEXT NOT NULL,
  checkpoint_id  TEXT NOT NULL,
  task           TEXT NOT NULL,
  idx            BIGINT NOT NULL,
  bytes          BIGINT NOT NULL,
  value          TEXT NOT NULL,
  PRIMARY KEY (owner, thread_id, space, checkpoint_id, task, idx)
);
)sql";

// Large bodies of requests on guaranteed routes. BYTEA is the word of PostgreSQL; SQLite knows no such type and keeps
// what it is given.
constexpr std::string_view kRequestBodies = R"sql(
CREATE TABLE request_bodies (
  id          TEXT PRIMARY KEY NOT NULL,
  run_id      TEXT NOT NULL,
  touched_at  BIGINT NOT NULL
);
CREATE INDEX request_bodies_by_run ON request_bodies (run_id);

CREATE TABLE request_pieces (
  body_id  TEXT NOT NULL,
  number   BIGINT NOT NULL,
  bytes    BYTEA NOT NULL,
  PRIMARY KEY (body_id, number)
);
)sql";

constexpr std::array kMigrations{kRunsEntriesCheckpoints, kInstancesAndRatings, kIncidents,    kKeptResponses,
                                 kOldestUndelivered,      kThreadCheckpoints,   kRequestBodies};
static_assert(kMigrations.size() == kSchemaVersion);

}  // namespace

std::span<const std::string_view> migrations() noexcept { return kMigrations; }

}  // namespace holdfast::journal
