/// Incidents in SQLite. Functions as in Store; those that write are called inside a transaction, with incidents that
/// were checked. Runs on: the thread of the Store, may block.
#pragma once

#include <span>

#include "journal/incident.hpp"
#include "journal/sqlite_connection.hpp"

namespace holdfast::journal {

class SqliteIncidents {
 public:
  explicit SqliteIncidents(const Connection& connection);

  Result<void> note(std::span<const Incident> incidents);
  Result<std::vector<Incident>> list(const IncidentFilter& filter);

  /// `before`: those older than this moment go.
  Result<std::int64_t> trim(UnixMillis before, std::int64_t keep, int limit);

  // For a journal from which they move on.

  Result<std::vector<Incident>> oldest(int limit);
  Result<void> remove(std::span<const Incident> incidents);

 private:
  const Connection& connection_;
  Statement insert_;
  Statement list_;
  Statement oldest_;
  Statement delete_;
  Statement delete_old_;
  Statement delete_surplus_;
};

}  // namespace holdfast::journal
