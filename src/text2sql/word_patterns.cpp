#include "text2sql/word_patterns.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

namespace holdfast::text2sql {
namespace {

class Patterns {
 public:
  Patterns(const Reading& reading, std::string_view question, const std::vector<Word>& words)
      : spans_(reading.spans), t_(*reading.table), question_(question), words_(words) {}

  [[nodiscard]] std::string problem() const {
    using Check = std::string (Patterns::*)() const;
    constexpr std::array<Check, 8> kChecks{&Patterns::single_words,          &Patterns::two_superlatives,
                                           &Patterns::figure_of_the_largest, &Patterns::superlative_of_a_name,
                                           &Patterns::folded_change,         &Patterns::thing_of_a_thing,
                                           &Patterns::condition_on_a_count,  &Patterns::fold_of_the_top};
    for (const auto check : kChecks) {
      if (auto text = (this->*check)(); !text.empty()) return text;
    }
    return {};
  }

 private:
  [[nodiscard]] std::string text_of(std::size_t at) const {
    const auto begin = words_[spans_[at].first].begin;
    return std::string(question_.substr(begin, words_[spans_[at].last - 1].end - begin));
  }
  [[nodiscard]] bool is_cue(std::size_t at, Cue cue) const {
    return at < spans_.size() && spans_[at].kind == SpanKind::cue && spans_[at].cue == cue;
  }
  [[nodiscard]] std::optional<std::size_t> next(std::size_t at) const {
    do ++at;
    while (is_cue(at, Cue::filler));
    return at < spans_.size() ? std::optional(at) : std::nullopt;
  }
  [[nodiscard]] std::optional<std::size_t> previous(std::size_t at) const {
    while (at > 0) {
      --at;
      if (!is_cue(at, Cue::filler)) return at;
    }
    return std::nullopt;
  }
  [[nodiscard]] bool is_measure(std::size_t at) const {
    return spans_[at].kind == SpanKind::column && t_.is_measure(spans_[at].column);
  }
  [[nodiscard]] bool is_superlative(std::size_t at) const {
    const auto& span = spans_[at];
    if (span.kind == SpanKind::column) return span.extreme != Extreme::none;
    return is_cue(at, Cue::maximum) || is_cue(at, Cue::minimum) || is_cue(at, Cue::best) || is_cue(at, Cue::worst) ||
           is_cue(at, Cue::most_common);
  }
  [[nodiscard]] std::string_view last_word(std::size_t at) const { return words_[spans_[at].last - 1].stem; }
  [[nodiscard]] bool is_top(std::size_t at) const { return last_word(at) == "top" || last_word(at) == "bottom"; }
  // "Most" and "highest number of" count what follows them.
  [[nodiscard]] bool counts(std::size_t at) const {
    constexpr std::array<std::string_view, 4> kCounting{"most", "fewest", "least", "of"};
    return std::ranges::find(kCounting, last_word(at)) != kCounting.end();
  }
  // What rows are about: a table, or a column of names; but no time.
  [[nodiscard]] bool is_thing(std::size_t at) const {
    const auto& span = spans_[at];
    if (span.kind == SpanKind::table || span.also_table) return true;
    return span.kind == SpanKind::column && !is_measure(at) && span.column != t_.year && span.column != t_.month;
  }

  [[nodiscard]] std::string single_words() const {
    bool counted = false;
    for (std::size_t i = 0; i < spans_.size(); ++i) {
      if (spans_[i].kind != SpanKind::cue) continue;
      const auto after = next(i);
      counted = counted || (spans_[i].cue == Cue::count && after && is_thing(*after));
      switch (spans_[i].cue) {
        case Cue::pronoun: {
          // "Did it rain", "how many orders was it": nothing is referred to.
          const bool empty_it =
              text_of(i).size() == 2 && (counted || (after && spans_[*after].kind == SpanKind::value));
          if (!empty_it) return fmt::format("I cannot tell what “{}” refers to; please name it.", text_of(i));
          break;
        }
        case Cue::difference:
          return "I do not work out differences; ask for the two figures, as in “compare … of A and B”.";
        case Cue::relative_time:
          return fmt::format("I cannot tell which time “{}” is; please name the year.", text_of(i));
        default: break;
      }
    }
    return {};
  }

  // "The highest population of the poorest country". One superlative may have several words: "most expensive", "top 5
  // highest".
  [[nodiscard]] std::string two_superlatives() const {
    std::optional<std::size_t> seen;
    for (std::size_t i = 0; i < spans_.size(); ++i) {
      if (!is_superlative(i)) continue;
      if (seen) {
        bool adjacent = true;
        for (auto between = *seen + 1; between < i; ++between)
          adjacent = adjacent && spans_[between].kind == SpanKind::number;
        if (!adjacent && !is_top(*seen)) return "I can answer one superlative at a time.";
      }
      seen = i;
    }
    return {};
  }

  // "Life expectancy in the largest country": first one query finds the country, then another its figure.
  [[nodiscard]] std::string figure_of_the_largest() const {
    for (std::size_t i = 0; i < spans_.size(); ++i) {
      if (!is_superlative(i) || spans_[i].kind != SpanKind::cue || counts(i) || is_top(i)) continue;
      if (spans_[i].cue == Cue::most_common) continue;
      auto after = next(i);
      while (after && spans_[*after].kind == SpanKind::number) after = next(*after);
      if (!after || !is_thing(*after) || is_measure(*after)) continue;
      for (std::size_t m = 0; m < spans_.size(); ++m) {
        if (!is_measure(m) || spans_[m].extreme != Extreme::none) continue;
        const auto before = previous(m);
        if (before && is_cue(*before, Cue::per)) continue;
        return fmt::format("I cannot first find the {} {} and then look up its {}; ask for one after the other.",
                           text_of(i), text_of(*after), t_.columns[spans_[m].column].label);
      }
    }
    return {};
  }

  // "The movie with the longest title" is not about its running time.
  [[nodiscard]] std::string superlative_of_a_name() const {
    for (std::size_t i = 0; i + 1 < spans_.size(); ++i) {
      const auto& name = spans_[i + 1];
      if (!is_superlative(i) || name.kind != SpanKind::column || name.also_table || is_measure(i + 1)) continue;
      const auto same = std::ranges::find_if(spans_, [&](const Span& s) {
        return &s != &name && s.kind == SpanKind::column && s.also_table && s.column == name.column;
      });
      if (same != spans_.end()) return fmt::format("I cannot rank by {} {}.", text_of(i), text_of(i + 1));
    }
    return {};
  }

  // "The average increase", "the largest decline".
  [[nodiscard]] std::string folded_change() const {
    for (std::size_t i = 0; i < spans_.size(); ++i) {
      if (!is_cue(i, Cue::average) && !is_cue(i, Cue::sum) && !is_superlative(i)) continue;
      const auto after = next(i);
      if (after && is_cue(*after, Cue::change)) {
        return "I can show a figure over the years, but not work out how much it changed.";
      }
    }
    return {};
  }

  // "The movies of the director of Titanic". "The movie Titanic" is one thing: word and name stand together.
  [[nodiscard]] std::string thing_of_a_thing() const {
    for (std::size_t i = 0; i < spans_.size(); ++i) {
      const auto& span = spans_[i];
      if (span.kind != SpanKind::column || is_measure(i) || !t_.columns[span.column].is_key) continue;
      if (t_.columns[span.column].type != ColumnType::text) continue;
      auto names_it = [&](std::optional<std::size_t> at) {
        return at && spans_[*at].kind == SpanKind::value && spans_[*at].column == span.column;
      };
      if (names_it(next(i)) || names_it(previous(i))) continue;
      const auto values = std::ranges::count_if(
          spans_, [&](const Span& s) { return s.kind == SpanKind::value && s.column == span.column; });
      if (values == 1) {
        return fmt::format("I cannot tell how “{}” belongs to the {} that is named.", text_of(i),
                           t_.columns[span.column].label);
      }
    }
    return {};
  }

  // "Directors with more than 10 movies".
  [[nodiscard]] std::string condition_on_a_count() const {
    for (std::size_t i = 0; i < spans_.size(); ++i) {
      if (!is_cue(i, Cue::more_than) && !is_cue(i, Cue::at_least) && !is_cue(i, Cue::less_than) &&
          !is_cue(i, Cue::at_most)) {
        continue;
      }
      const auto number = next(i);
      if (!number || spans_[*number].kind != SpanKind::number) continue;
      const auto after = *number + 1;
      if (after < spans_.size() && is_thing(after)) {
        return fmt::format("I cannot apply a condition on how many {} there are.", text_of(after));
      }
    }
    return {};
  }

  // "The average life expectancy of the top 5 countries": they are found first, and folded after.
  [[nodiscard]] std::string fold_of_the_top() const {
    bool folded = false;
    for (std::size_t i = 0; i < spans_.size(); ++i) {
      folded = folded || is_cue(i, Cue::average) || is_cue(i, Cue::sum);
      if (folded && is_superlative(i) && is_top(i)) return "I cannot work out a total or an average of the first few.";
    }
    return {};
  }

  const std::vector<Span>& spans_;
  const Table& t_;
  std::string_view question_;
  const std::vector<Word>& words_;
};

}  // namespace

std::string pattern_problem(const Reading& reading, std::string_view question, const std::vector<Word>& words) {
  return Patterns(reading, question, words).problem();
}

}  // namespace holdfast::text2sql
