#include "journal/postgres_portable.hpp"

#include <fmt/format.h>

namespace holdfast::journal {
namespace {

constexpr Oid kBytea = 17;
constexpr Oid kBigint = 20;

std::vector<PostgresCommand> commands_of(const PortableSql::Texts& texts) {
  std::vector<PostgresCommand> commands;
  for (const auto& text : texts) {
    auto& command = commands.emplace_back(text.sql);
    for (const auto& value : text.values) {
      if (const auto* number = std::get_if<std::int64_t>(&value)) {
        command.bind(*number);
      } else if (const auto* characters = std::get_if<std::string>(&value)) {
        command.bind(std::string_view(*characters));
      } else if (const auto* any = std::get_if<SqlBytes>(&value)) {
        command.bind_bytes(any->bytes);
      } else {
        command.bind(std::optional<std::int64_t>());
      }
    }
  }
  return commands;
}

SqlValue value_at(const PostgresResult& result, int row, int column) {
  if (PQgetisnull(result.get(), row, column) != 0) return SqlValue();
  if (PQftype(result.get(), column) == kBigint) return result.integer(row, column);
  if (PQftype(result.get(), column) == kBytea) return SqlBytes{result.bytes(row, column)};
  return std::string(result.text(row, column));
}

PortableSql::Rows rows_of(const std::vector<PostgresResult>& results) {
  PortableSql::Rows all;
  for (const auto& result : results) {
    auto& rows = all.emplace_back();
    for (int row = 0; row < result.rows(); ++row) {
      auto& values = rows.emplace_back();
      for (int column = 0; column < PQnfields(result.get()); ++column) values.push_back(value_at(result, row, column));
    }
  }
  return all;
}

}  // namespace

Result<PortableSql::Rows> PostgresPortable::read(const Texts& texts) {
  if (texts.empty()) return Rows();
  auto results = transactions_.run(commands_of(texts));
  if (!results) return fail(std::move(results));
  return rows_of(*results);
}

Result<PortableSql::Rows> PostgresPortable::read_then_write(const Texts& reads, const Decide& decide) {
  const auto decide_commands = [&](const PostgresTransactions::Results& read,
                                   UnixMillis now) -> Result<PostgresTransactions::Commands> {
    auto writes = decide(rows_of(read), now);
    if (!writes) return fail(std::move(writes));
    return commands_of(*writes);
  };
  auto written = transactions_.read_then_write(commands_of(reads), decide_commands);
  if (!written) return fail(std::move(written));
  return rows_of(*written);
}

std::string PostgresPortable::has_members(std::string_view column, std::string_view parameter) const {
  return fmt::format("{}::jsonb @> {}::jsonb", column, parameter);
}

}  // namespace holdfast::journal
