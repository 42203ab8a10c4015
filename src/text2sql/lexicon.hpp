/// The names of one table in the form in which questions use them. Pure.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "text2sql/catalogue.hpp"
#include "text2sql/words.hpp"

namespace holdfast::text2sql {

enum class MeaningKind : unsigned char { table, column, value };

struct Meaning {
  MeaningKind kind = MeaningKind::table;
  std::size_t column = 0;
  std::string value;
  Extreme extreme = Extreme::none;
};

struct NameMatch {
  const std::vector<Meaning>* meanings = nullptr;
  std::size_t words = 0;
};

/// The column holds names of people, as "director" does.
[[nodiscard]] bool names_people(const Column& column);

/// Finds table, column and value names in a question. Parts of a value name it too when no other value
/// of the column has that part: "Lawyer" for "Lawyer / Judge", "biology professor" for "Professor - Biology",
/// and the last name alone in columns of people.
class Lexicon {
 public:
  explicit Lexicon(const Table& table);

  /// The longest name that `words` begin with.
  [[nodiscard]] std::optional<NameMatch> match(std::span<const Word> words) const;

 private:
  void add(const std::string& phrase, Meaning meaning);
  void add_values(std::size_t index, const Column& column);

  std::unordered_map<std::string, std::vector<Meaning>> phrases_;
  std::size_t longest_ = 1;
};

}  // namespace holdfast::text2sql
