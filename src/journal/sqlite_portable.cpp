#include "journal/sqlite_portable.hpp"

#include <fmt/format.h>

namespace holdfast::journal {

Result<SqlRows> SqlitePortable::run(const SqlText& text) {
  Statement statement(connection_, text.sql);
  Query query(statement);
  for (const auto& value : text.values) {
    if (const auto* number = std::get_if<std::int64_t>(&value)) {
      query.bind(*number);
    } else if (const auto* characters = std::get_if<std::string>(&value)) {
      query.bind(std::string_view(*characters));
    } else if (const auto* any = std::get_if<SqlBytes>(&value)) {
      query.bind_bytes(any->bytes);
    } else {
      query.bind(std::optional<std::int64_t>());
    }
  }
  SqlRows rows;
  while (true) {
    auto row = query.step();
    if (!row) return fail(std::move(row));
    if (!*row) return rows;
    rows.push_back(query.values());
  }
}

Result<PortableSql::Rows> SqlitePortable::read(const Texts& texts) {
  Rows all;
  for (const auto& text : texts) {
    auto rows = run(text);
    if (!rows) return fail(std::move(rows));
    all.push_back(std::move(*rows));
  }
  return all;
}

Result<PortableSql::Rows> SqlitePortable::in_transaction(const Texts& reads, const Decide& decide) {
  auto seen = read(reads);
  if (!seen) return seen;
  auto writes = decide(*seen, clock_.wall());
  if (!writes) return fail(std::move(writes));
  auto written = read(*writes);
  if (!written) return written;
  if (auto committed = connection_.run("COMMIT"); !committed) return fail(std::move(committed));
  return written;
}

Result<PortableSql::Rows> SqlitePortable::read_then_write(const Texts& reads, const Decide& decide) {
  if (auto begun = connection_.run("BEGIN IMMEDIATE"); !begun) return fail(std::move(begun));
  auto written = in_transaction(reads, decide);
  if (!written) connection_.roll_back();
  return written;
}

// Numbers are equal when their values are, whatever their notation; true is not 1.
std::string SqlitePortable::has_members(std::string_view column, std::string_view parameter) const {
  return fmt::format(
      "NOT EXISTS (SELECT 1 FROM json_each({1}) AS f WHERE NOT EXISTS (SELECT 1 FROM json_each({0}) AS m "
      "WHERE m.key = f.key AND m.value IS f.value AND replace(m.type, 'real', 'integer') = "
      "replace(f.type, 'real', 'integer')))",
      column, parameter);
}

}  // namespace holdfast::journal
