/// A table of the built-in worker's data file, as people look at it before they ask. Plain values.
#pragma once

#include <string>

namespace holdfast::gateway {

struct DataTable {
  std::string name;
  std::string title;
  std::string description;  ///< What the table is about, its source and its columns.
  std::string content;      ///< JSON: columns, rows (the first ones), row_count, truncated.
};

}  // namespace holdfast::gateway
