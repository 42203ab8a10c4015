#include "text2sql/accounting.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "text2sql/lexicon.hpp"

namespace holdfast::text2sql {
namespace {

bool contains(const std::vector<std::size_t>& list, std::size_t column) {
  return std::ranges::find(list, column) != list.end();
}

class Accounts {
 public:
  Accounts(const Mentions& mentions, const QueryForm& form) : m_(mentions), f_(form), t_(*form.table) {}

  [[nodiscard]] std::string left_out() const {
    for (const auto& text : {columns(), operations(), order(), time(), question_words(), conditions()}) {
      if (!text.empty()) return text;
    }
    return {};
  }

 private:
  [[nodiscard]] const std::string& label(std::size_t column) const { return t_.columns[column].label; }
  [[nodiscard]] bool shown(std::size_t column) const { return contains(f_.columns, column) || f_.measure == column; }
  // By words of the question, not by a rule of ours.
  [[nodiscard]] bool narrowed(std::size_t column) const { return m_.filter_on(column) != nullptr; }
  [[nodiscard]] bool counts() const {
    return f_.function == Function::count_rows || f_.function == Function::count_distinct;
  }
  [[nodiscard]] bool lists() const { return f_.shape != Shape::figure; }

  [[nodiscard]] std::string columns() const {
    auto missing = [&](std::size_t column) {
      return fmt::format("I cannot fit {} into one answer with the rest of the question.", label(column));
    };
    for (const auto column : m_.measures) {
      if (!shown(column) && !narrowed(column)) return missing(column);
    }
    // "Made the most movies" is no matter of money.
    for (const auto column : m_.weak_measures) {
      if (!shown(column) && !narrowed(column) && !counts()) return missing(column);
    }
    for (const auto column : m_.per) {
      if (!shown(column)) return missing(column);
    }
    for (const auto column : m_.asked) {
      const bool row_itself =
          m_.row_word == column && t_.has_things() && (f_.function != Function::none || m_.measure_is_asked());
      const bool time_end = column == t_.year && m_.time_end == TimeEnd::year;
      if (!shown(column) && !narrowed(column) && !row_itself && !time_end) return missing(column);
    }
    for (const auto column : m_.weak_asked) {
      if (!shown(column) && !narrowed(column) && !counts() && column != t_.date()) return missing(column);
    }
    return {};
  }

  [[nodiscard]] std::string operations() const {
    if (m_.average && f_.function != Function::avg) return "I cannot tell what the average is to be taken over.";
    if (m_.sum && f_.function != Function::sum && !counts() && f_.shape != Shape::rows)
      return "I cannot tell what is to be added up.";
    if (m_.count && f_.function == Function::none && !f_.measure) return "I cannot tell what is to be counted.";
    if (m_.change && !(t_.year && contains(f_.columns, *t_.year))) return "I cannot follow that change over the years.";
    if (m_.list && !lists()) return "I cannot tell what is to be listed.";
    return {};
  }

  [[nodiscard]] std::string order() const {
    const bool by_date = m_.time_end == TimeEnd::date;
    if ((m_.extreme != Extreme::none || by_date) && !f_.by_measure) return "I cannot tell what is to be ranked.";
    if (m_.top && f_.limit != m_.top) return fmt::format("I cannot tell what the number {} counts.", *m_.top);
    if (m_.by_measure && !f_.by_measure) return "I cannot tell what is to be ordered by a figure.";
    if (m_.ranking && (!f_.by_measure || f_.extreme_only || f_.limit == 1)) return "I cannot work out a rank.";
    for (const auto& filter : m_.filters) {
      const bool several = filter.comparison == Comparison::in && filter.operands.size() > 1;
      if (m_.compare && several && !contains(f_.columns, filter.column))
        return fmt::format("I cannot compare by {} here.", label(filter.column));
    }
    return {};
  }

  [[nodiscard]] std::string time() const {
    if (m_.time_end == TimeEnd::none && !m_.nowadays) return {};
    if (m_.time_end == TimeEnd::date) return {};
    const bool settled = t_.year && f_.pins(*t_.year) && !narrowed(*t_.year);
    if (settled && !m_.has_measure_filter()) return {};
    if (m_.nowadays && !t_.years.empty())
      return fmt::format("I do not know how it is now: the table {} ends in {}.", t_.name, t_.years.back());
    return "I cannot tell which year is meant; please name it.";
  }

  [[nodiscard]] std::string question_words() const {
    auto shows = [&](auto fits) { return std::ranges::any_of(f_.columns, [&](auto column) { return fits(column); }); };
    if (m_.when) {
      const bool told = shows([&](auto c) { return (c == t_.year || c == t_.date()) && !f_.pins(c); });
      if (!told) return "I cannot tell when that was from this data.";
    }
    if (m_.who && !shows([&](auto c) { return names_people(t_.columns[c]); })) {
      return "I cannot tell who is asked for.";
    }
    if (m_.where) {
      constexpr std::array<std::string_view, 6> kPlaces{"country", "region", "city", "state", "place", "location"};
      if (!shows([&](auto c) { return std::ranges::find(kPlaces, label(c)) != kPlaces.end(); }))
        return "I cannot tell which place is asked for.";
    }
    if (m_.how_much && !m_.measure_is_asked()) return "I cannot tell of which figure “how much” is asked.";
    return {};
  }

  // A condition on a figure holds for single rows; it must not be read as one on groups of them.
  [[nodiscard]] std::string conditions() const {
    for (const auto& filter : f_.filters) {
      if (!t_.is_measure(filter.column) || !t_.has_key) continue;
      if (t_.has_things() && holds_for_things(filter)) continue;
      if (f_.shape == Shape::rows || f_.shape == Shape::distinct ? every_row_told() : counts_rows_one_by_one())
        continue;
      return fmt::format("I cannot apply a condition on {} to several rows taken together.", label(filter.column));
    }
    return {};
  }

  [[nodiscard]] bool holds_for_things(const Filter& filter) const {
    if (f_.function == Function::count_rows) return true;
    const bool folded = f_.function == Function::sum || f_.function == Function::avg;
    return folded && f_.measure != filter.column;
  }

  // Nothing of what tells rows apart is left open but what is shown.
  [[nodiscard]] bool every_row_told() const {
    for (std::size_t i = 0; i < t_.columns.size(); ++i) {
      if (t_.columns[i].is_key && !f_.pins(i) && !contains(f_.columns, i)) return false;
    }
    return true;
  }

  [[nodiscard]] bool counts_rows_one_by_one() const {
    if (f_.function != Function::count_distinct) return false;
    for (std::size_t i = 0; i < t_.columns.size(); ++i) {
      if (t_.columns[i].is_key && !f_.pins(i) && !contains(f_.columns, i) && f_.measure != i) return false;
    }
    return true;
  }

  const Mentions& m_;
  const QueryForm& f_;
  const Table& t_;
};

}  // namespace

std::string left_out(const Mentions& mentions, const QueryForm& form) { return Accounts(mentions, form).left_out(); }

}  // namespace holdfast::text2sql
