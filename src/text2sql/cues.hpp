/// The words of a question that say what is wanted, as opposed to what it is about. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "text2sql/words.hpp"

namespace holdfast::text2sql {

enum class Cue : unsigned char {
  filler,  ///< Says nothing: "please", "what", "the".
  average,
  sum,
  count,
  maximum,
  minimum,
  most_common,
  higher,
  lower,
  per,  ///< "by", "per", "for each".
  more_than,
  at_least,
  less_than,
  at_most,
  between,
  from,
  until,
  since,
  after,
  before,
  than,
  compare,
  change,
  list,
  latest,
  earliest,
  all_time,
  best,  ///< Which end that is depends on the figure.
  worst,
  difference,
  ranking,  ///< "ranked by".
  when,
  who,
  where,
  how_much,
  pronoun,
  nowadays,
  relative_time,  ///< "last month": depends on the day on which it is said.
  thousand,
  million,
  billion,
};

struct CueMatch {
  Cue cue = Cue::filler;
  std::size_t words = 0;
};

/// The longest cue that `words` begin with.
[[nodiscard]] std::optional<CueMatch> match_cue(std::span<const Word> words);

/// January is 1. "may" is a month here; a table without months never asks.
[[nodiscard]] std::optional<int> month_number(std::string_view stem);

}  // namespace holdfast::text2sql
