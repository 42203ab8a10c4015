/// Words that together ask for more than one query form can hold: they are found here, before anything is chosen. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "text2sql/reading.hpp"

namespace holdfast::text2sql {

/// Why the question cannot be put into a form, as a sentence: a pronoun that refers to nothing, a difference, two
/// superlatives, "the life expectancy of the largest country" … Empty when there is no such thing.
[[nodiscard]] std::string pattern_problem(const Reading& reading, std::string_view question,
                                          const std::vector<Word>& words);

}  // namespace holdfast::text2sql
