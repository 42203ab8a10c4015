/// The rows that a statement returned, freed by scope. Not thread-safe.
#pragma once

#include <libpq-fe.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace holdfast::journal {

class PostgresResult {
 public:
  /// Takes ownership.
  explicit PostgresResult(PGresult* result) : result_(result) {}

  [[nodiscard]] int rows() const noexcept { return PQntuples(result_.get()); }

  /// Rows that an INSERT, UPDATE or DELETE touched.
  [[nodiscard]] std::int64_t affected() const;

  /// Valid as long as the result. Empty for NULL.
  [[nodiscard]] std::string_view text(int row, int column) const;
  /// Of a BYTEA.
  [[nodiscard]] std::string bytes(int row, int column) const;
  [[nodiscard]] std::int64_t integer(int row, int column) const;
  [[nodiscard]] std::optional<std::int64_t> optional_integer(int row, int column) const;

  [[nodiscard]] PGresult* get() const noexcept { return result_.get(); }

 private:
  struct Clear {
    void operator()(PGresult* result) const noexcept { PQclear(result); }
  };
  std::unique_ptr<PGresult, Clear> result_;
};

}  // namespace holdfast::journal
