/// Brings the tables of a PostgreSQL database to the version of this program.
#pragma once

#include "journal/postgres_connection.hpp"

namespace holdfast::journal {

/// Several instances may call it at once: one does the work, the others wait for it.
/// failed_precondition: another encoding than UTF-8, missing rights, or the tables of a newer Holdfast.
Result<void> migrate_postgres(PostgresConnection& connection, Deadline deadline);

}  // namespace holdfast::journal
