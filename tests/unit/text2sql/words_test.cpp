#include "text2sql/words.hpp"

#include <gtest/gtest.h>

namespace holdfast::text2sql {
namespace {

TEST(WordsTest, SingularAndPluralHaveOneStem) {
  for (const auto& [one, many] :
       {std::pair{"country", "countries"}, std::pair{"movie", "movies"}, std::pair{"year", "years"},
        std::pair{"volcano", "volcanoes"}, std::pair{"match", "matches"}, std::pair{"series", "series"}}) {
    EXPECT_EQ(stem(one), stem(many)) << one;
  }
}

TEST(WordsTest, PossessiveAndAcronymAreOneWord) {
  EXPECT_EQ(phrase_of("Japan's U.S. figure"), "japan us figure");
  EXPECT_EQ(phrase_of("the U.S.A. in 1990"), "the usa in 1990");
}

TEST(WordsTest, NumbersAreReadWithSeparatorsDecimalsAndDecades) {
  EXPECT_EQ(split_words("1,000,000").at(0).number, 1'000'000);
  EXPECT_EQ(split_words("7.5").at(0).number, 7.5);
  EXPECT_EQ(split_words("five").at(0).number, 5);
  const auto decade = split_words("1990s").at(0);
  EXPECT_EQ(decade.number, 1990);
  EXPECT_EQ(decade.stem, "1990s");
  EXPECT_FALSE(split_words("4x4").at(0).number);
}

TEST(WordsTest, WordsKnowTheirPlaceAndQuotation) {
  const auto words = split_words("who directed \"Up\"?");
  ASSERT_EQ(words.size(), 3U);
  EXPECT_TRUE(words[2].quoted);
  EXPECT_FALSE(words[1].quoted);
  EXPECT_EQ(words[2].begin, 14U);
  EXPECT_EQ(words[2].end, 16U);
}

TEST(WordsTest, AnyBytesAreSplitWithoutHarm) {
  std::string all;
  for (int c = 0; c < 256; ++c) all += static_cast<char>(c);
  for (const auto& word : split_words(all + all)) EXPECT_LT(word.begin, word.end);
  EXPECT_TRUE(split_words("").empty());
  EXPECT_TRUE(split_words("?!…").empty());
}

}  // namespace
}  // namespace holdfast::text2sql
