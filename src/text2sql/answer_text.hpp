/// The rows of an offline query as sentences. Pure.
///
/// Invariant: every number in the text is in the rows, in the question, or counts the rows.
#pragma once

#include <string>
#include <vector>

#include "text2sql/interpretation.hpp"
#include "text2sql/rows.hpp"

namespace holdfast::text2sql {

[[nodiscard]] std::string answer_text(const Interpretation& interpretation, const Rows& rows);

/// How many rows of the table the figures come from.
[[nodiscard]] std::size_t rows_used(const Rows& rows);

/// "Source: table gapminder, 1 row."
[[nodiscard]] std::string source_sentence(std::string_view table, std::size_t rows, bool truncated);

/// "1 row", "the first 200 rows": of the result, whatever it was made from.
[[nodiscard]] std::string rows_text(const Rows& rows);

/// "Source: tables movies, jobs; result of 3 rows.": what a query that is not ours has read, and no claim about how
/// many rows its figures come from.
[[nodiscard]] std::string result_sentence(const Rows& rows, const std::vector<std::string>& tables);

/// The same for an answer whose query is not ours: the rows as they are.
[[nodiscard]] std::string plain_answer_text(const Rows& rows, const std::vector<std::string>& tables);

}  // namespace holdfast::text2sql
