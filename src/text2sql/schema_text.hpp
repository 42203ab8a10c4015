/// Tables described in text, for the model and for the checkpoint. Pure.
#pragma once

#include <string>
#include <vector>

#include "text2sql/catalogue.hpp"

namespace holdfast::text2sql {

/// The columns of the named tables with types, units, descriptions and some values; at most 16 KB.
[[nodiscard]] std::string schema_text(const Catalogue& catalogue, const std::vector<std::string>& tables);

/// One line per table; at most 16 KB.
[[nodiscard]] std::string table_list_text(const Catalogue& catalogue);

}  // namespace holdfast::text2sql
