#include "journal/postgres_error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "base/text.hpp"

namespace holdfast::journal {
namespace {

struct Meaning {
  std::string_view sqlstate;  ///< The whole code, or the two characters of its class.
  ErrorCode code;
  std::string_view what_to_do;
};

// The first that fits. Codes: https://www.postgresql.org/docs/15/errcodes-appendix.html
constexpr std::array kMeanings{
    Meaning{"53100", ErrorCode::unavailable, "disk full: free space on the volume of the database"},
    Meaning{"53200", ErrorCode::unavailable, "the server is out of memory: give it more or fewer connections"},
    Meaning{"53300", ErrorCode::unavailable,
            "too many connections: raise max_connections, put PgBouncer in front, or lower database.pool_size"},
    Meaning{"53", ErrorCode::unavailable, "the server is out of a resource: look at its log"},
    Meaning{"25006", ErrorCode::unavailable,
            "read-only: this server is a standby or default_transaction_read_only is set: name the primary"},
    Meaning{"25P03", ErrorCode::unavailable, "this program stood still within a transaction; nothing was changed"},
    Meaning{"57014", ErrorCode::unavailable, "too slow: the statement took longer than the limit of an operation"},
    Meaning{"57P", ErrorCode::unavailable, "the server stops, starts or was told to close this connection"},
    Meaning{"55P03", ErrorCode::unavailable, "a lock was held by another session for too long"},
    Meaning{"40", ErrorCode::unavailable, "transactions collided several times in a row"},
    Meaning{"23505", ErrorCode::unavailable, "another instance inserted the same rows several times in a row"},
    Meaning{"08", ErrorCode::unavailable, "the connection was lost"},
    Meaning{"58", ErrorCode::unavailable, "the system of the server refused a read or write: look at its log"},
    Meaning{"XX001", ErrorCode::data_loss, "the storage of the database is damaged: restore it from a backup"},
    Meaning{"XX002", ErrorCode::data_loss, "an index of the database is damaged: REINDEX it"},
    Meaning{"22021", ErrorCode::invalid_argument, "a text is not UTF-8 or holds a NUL"},
    Meaning{
        "42501", ErrorCode::failed_precondition,
        "rights are missing: make the role of Holdfast the owner of the database, or grant it CREATE on the schema"},
    Meaning{"42P01", ErrorCode::unavailable,
            "a table of Holdfast is missing: was the database replaced? restart Holdfast"},
};

// No chance that another try helps.
constexpr std::array kRefusals{
    Meaning{"28", ErrorCode::failed_precondition, "the server refuses the user or the password: correct the URL"},
    Meaning{"3D000", ErrorCode::failed_precondition, "no such database: create it, or correct the URL"},
    Meaning{"42501", ErrorCode::failed_precondition, "the role may not connect to this database: grant it CONNECT"},
};

std::string one_line(std::string_view message) {
  std::string line(trim(message));
  std::ranges::replace(line, '\n', ' ');
  return line;
}

bool is_sqlstate(std::string_view text) {
  return text.size() == 5 &&
         std::ranges::all_of(text, [](unsigned char c) { return std::isdigit(c) != 0 || std::isupper(c) != 0; });
}

// "…FATAL:  3D000: database "x" does not exist": the code behind the severity, whatever the language.
std::string_view sqlstate_in(std::string_view verbose) {
  for (std::size_t at = verbose.find(":  "); at != std::string_view::npos; at = verbose.find(":  ", at + 1)) {
    const auto code = verbose.substr(at + 3, 5);
    if (is_sqlstate(code) && verbose.substr(at + 8, 1) == ":") return code;
  }
  return {};
}

}  // namespace

Error postgres_error(std::string_view sqlstate, std::string_view message) {
  const auto line = one_line(message);
  if (sqlstate.empty()) {
    return {ErrorCode::unavailable, fmt::format("database: the connection was lost ({})", line)};
  }
  for (const auto& meaning : kMeanings) {
    if (!sqlstate.starts_with(meaning.sqlstate)) continue;
    return {meaning.code, fmt::format("database: {} (PostgreSQL {}: {})", meaning.what_to_do, sqlstate, line)};
  }
  return {ErrorCode::internal,
          fmt::format("database: refused a statement of ours (PostgreSQL {}: {})", sqlstate, line)};
}

Error postgres_connect_error(std::string_view message) {
  const auto sqlstate = sqlstate_in(message);
  const auto line = one_line(message.substr(0, message.find("\nLOCATION:")));
  if (!sqlstate.empty()) {
    for (const auto& refusal : kRefusals) {
      if (!sqlstate.starts_with(refusal.sqlstate)) continue;
      return {refusal.code, fmt::format("database: {} ({})", refusal.what_to_do, line)};
    }
  }
  return {ErrorCode::unavailable,
          fmt::format("database: cannot be reached: is it running, and is the URL right? ({})", line)};
}

bool lost_a_race(std::string_view sqlstate) noexcept {
  return sqlstate == "40001" || sqlstate == "40P01" || sqlstate == "23505";
}

}  // namespace holdfast::journal
