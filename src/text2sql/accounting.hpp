/// Whether a query form answers all of a question. Pure.
///
/// The interpreter chooses by the words that decide; this looks at the outcome from the other side: everything the
/// question mentions must be seen in the form. What is not there was dropped, and then the form answers another
/// question, so there is none.
#pragma once

#include <string>

#include "text2sql/mentions.hpp"
#include "text2sql/query_form.hpp"

namespace holdfast::text2sql {

/// What of the question the form leaves out, as a sentence; empty when it leaves out nothing.
[[nodiscard]] std::string left_out(const Mentions& mentions, const QueryForm& form);

}  // namespace holdfast::text2sql
