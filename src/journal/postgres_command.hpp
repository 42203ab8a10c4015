/// One statement for PostgreSQL with its parameters, in the binary format: no text needs escaping. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/run_id.hpp"

namespace holdfast::journal {

/// An array parameter, for `unnest` and `= ANY`. Elements of one kind only.
class PostgresArray {
 public:
  enum class Element : unsigned char { text, integer };

  explicit PostgresArray(Element element);

  void add(std::string_view text);
  void add(std::int64_t number);
  void add(const std::optional<std::int64_t>& number);
  void add_null();

  [[nodiscard]] bool empty() const noexcept { return count_ == 0; }
  [[nodiscard]] Element element() const noexcept { return element_; }

  /// In the form that PostgreSQL receives.
  [[nodiscard]] std::string bytes() &&;

 private:
  Element element_;
  std::string bytes_;
  std::uint32_t count_ = 0;
  bool has_null_ = false;
};

[[nodiscard]] PostgresArray texts_of(const std::vector<RunId>& ids);

class PostgresCommand {
 public:
  /// `sql` with $1, $2, … for the parameters.
  explicit PostgresCommand(std::string sql) : sql_(std::move(sql)) {}

  PostgresCommand& bind(std::string_view text);
  PostgresCommand& bind(std::int64_t number);
  PostgresCommand& bind(const std::optional<std::int64_t>& number);
  PostgresCommand& bind(PostgresArray array);
  PostgresCommand& bind_bytes(std::string_view bytes);

  [[nodiscard]] const std::string& sql() const noexcept { return sql_; }

  struct Parameter {
    unsigned type = 0;                 ///< PostgreSQL's number of the type.
    std::optional<std::string> bytes;  ///< Absent: NULL.
  };
  [[nodiscard]] const std::vector<Parameter>& parameters() const noexcept { return parameters_; }

 private:
  std::string sql_;
  std::vector<Parameter> parameters_;
};

}  // namespace holdfast::journal
