/// Reads the catalogue of a data file, within bounds of time and size. May block.
#pragma once

#include <chrono>

#include "base/clock.hpp"
#include "text2sql/catalogue.hpp"
#include "text2sql/database.hpp"

namespace holdfast::text2sql {

struct CatalogueBounds {
  std::size_t tables = 200;
  /// Distinct texts kept per column: a column with more is free text, not a list of names.
  std::size_t values_per_column = 5'000;
  std::size_t values = 50'000;
  /// Longer texts are not something a question names.
  std::size_t value_bytes = 80;
  /// A large file must not keep the worker from becoming ready; what is not read by then is not indexed.
  std::chrono::milliseconds time{3'000};
};

/// Call before Database::guard(), which closes the schema to queries.
/// failed_precondition: the file has no table to ask about.
Result<Catalogue> read_catalogue(Database& database, const Clock& clock, const CatalogueBounds& bounds = {});

}  // namespace holdfast::text2sql
