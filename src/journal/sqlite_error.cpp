#include "journal/sqlite_error.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <cerrno>
#include <string_view>

namespace holdfast::journal {
namespace {

struct Meaning {
  ErrorCode code;
  std::string_view what_to_do;
};

bool is_out_of_space(int system_errno) {
  return system_errno == ENOSPC || system_errno == EDQUOT || system_errno == EFBIG;
}

// For the others errno is whatever an earlier call left there.
bool comes_from_the_system(int code) {
  switch (code & 0xFF) {
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_CANTOPEN:
    case SQLITE_AUTH: return true;
    default: return false;
  }
}

Meaning meaning_of(int code, int system_errno) {
  if ((code & 0xFF) == SQLITE_IOERR && is_out_of_space(system_errno)) code = SQLITE_FULL;
  switch (code & 0xFF) {
    case SQLITE_FULL:
      return {ErrorCode::unavailable, "disk full: free space on the volume of this file; nothing was changed"};
    case SQLITE_IOERR:
      return {ErrorCode::unavailable,
              "the disk refused a read or write: look at the kernel log and the volume of this file; nothing was "
              "changed"};
    case SQLITE_READONLY:
    case SQLITE_PERM:
      return {ErrorCode::unavailable,
              "read-only: make the file and its directory writable for the user that runs Holdfast; nothing was "
              "changed"};
    case SQLITE_CANTOPEN:
    case SQLITE_AUTH:
      return {ErrorCode::unavailable,
              "cannot be opened: the directory must exist and be writable for the user that runs Holdfast"};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL:
      return {ErrorCode::unavailable,
              "locked by another program for too long: end the program that has this file open; nothing was changed"};
    case SQLITE_NOMEM: return {ErrorCode::unavailable, "not enough memory; nothing was changed"};
    case SQLITE_CORRUPT:
      return {ErrorCode::data_loss,
              "the file is damaged: stop Holdfast, keep a copy, and restore it from a backup or with `sqlite3 FILE "
              ".recover`"};
    case SQLITE_NOTADB:
      return {ErrorCode::data_loss, "not a Holdfast journal: name another file or move this one away"};
    default: return {ErrorCode::internal, "SQLite refused a statement of ours; nothing was changed"};
  }
}

}  // namespace

Error sqlite_error(sqlite3* db, int code, const std::string& path) {
  const int system_errno = errno;
  const auto meaning = meaning_of(code, system_errno);
  std::string detail = db == nullptr ? sqlite3_errstr(code) : sqlite3_errmsg(db);
  if (system_errno != 0 && comes_from_the_system(code))
    detail += ", " + std::error_code(system_errno, std::system_category()).message();
  return Error(meaning.code, fmt::format("journal {}: {} (SQLite {}: {})", path, meaning.what_to_do, code, detail));
}

}  // namespace holdfast::journal
