/// Statements that SQLite and PostgreSQL both understand, so that what is kept without the speed of a run's own rows is
/// written once. Parameters are $1, $2, … in the order of their first appearance.
///
/// Runs on: the thread of the Store, may block.
#pragma once

#include <functional>
#include <string>
#include <variant>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"

namespace holdfast::journal {

/// Bytes of any kind, where a string is a text.
struct SqlBytes {
  std::string bytes;
};

/// A parameter or a column. monostate: NULL.
using SqlValue = std::variant<std::monostate, std::int64_t, std::string, SqlBytes>;

struct SqlText {
  std::string sql;
  std::vector<SqlValue> values;
};

using SqlRows = std::vector<std::vector<SqlValue>>;

/// 0 when it is NULL.
[[nodiscard]] std::int64_t integer_of(const SqlValue& value) noexcept;

/// Empty when it is NULL.
[[nodiscard]] std::string text_of(SqlValue value);
[[nodiscard]] std::string bytes_of(SqlValue value);

class PortableSql {
 public:
  using Texts = std::vector<SqlText>;
  using Rows = std::vector<SqlRows>;

  /// What to write, given what was read, at `now` of the store. An error ends the transaction: nothing is written.
  using Decide = std::function<Result<Texts>(const Rows& read, UnixMillis now)>;

  virtual ~PortableSql() = default;

  /// The rows of each statement. Errors as Store.
  virtual Result<Rows> read(const Texts& texts) = 0;

  /// In one durable transaction. `decide` may be called again. Returns the rows of what was written.
  virtual Result<Rows> read_then_write(const Texts& reads, const Decide& decide) = 0;

  /// A condition: the JSON object in `column` has every member of the one in `parameter`, whose values are no objects
  /// and no arrays.
  [[nodiscard]] virtual std::string has_members(std::string_view column, std::string_view parameter) const = 0;
};

}  // namespace holdfast::journal
