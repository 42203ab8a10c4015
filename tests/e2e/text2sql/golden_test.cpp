// Questions about the demo statistics: their answers are held to SQL written by hand, their refusals to being refusals.
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <sstream>

#include "text2sql/answer_text.hpp"
#include "text2sql/catalogue_reader.hpp"
#include "text2sql/grounding.hpp"
#include "text2sql/offline_planner.hpp"
#include "text2sql/prompts.hpp"
#include "text2sql/suggestions.hpp"

namespace holdfast::text2sql {
namespace {

std::vector<std::vector<std::string>> lines_of(const std::string& name) {
  std::ifstream file(std::string(TEXT2SQL_GOLDEN_DIR) + "/" + name);
  std::vector<std::vector<std::string>> out;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line.starts_with('#')) continue;
    auto& cells = out.emplace_back();
    std::istringstream stream(line);
    for (std::string cell; std::getline(stream, cell, '\t');) cells.push_back(cell);
  }
  return out;
}

bool same_cell(const json::value& a, const json::value& b) {
  const auto number = [](const json::value& v) {
    return v.is_int64() ? static_cast<double>(v.get_int64()) : v.is_double() ? v.get_double() : NAN;
  };
  if (!std::isnan(number(a)) && !std::isnan(number(b)))
    return std::abs(number(a) - number(b)) <= 1e-4 * std::max(1.0, std::abs(number(b)) * 1e-6) + 1e-4;
  return a == b;
}

// Some column of `rows` holds exactly what the only column of `expected` does.
bool has_column(const Rows& rows, const Rows& expected) {
  if (rows.size() != expected.size()) return false;
  for (std::size_t column = 0; column < rows.columns.size(); ++column) {
    bool equal = true;
    for (std::size_t i = 0; i < rows.size(); ++i) equal = equal && same_cell(rows.rows[i][column], expected.rows[i][0]);
    if (equal) return true;
  }
  return false;
}

class GoldenTest : public ::testing::Test {
 protected:
  GoldenTest()
      : database_(Database::open(TEXT2SQL_DEMO_FILE).value()),
        catalogue_(read_catalogue(database_, system_clock(), {.time = std::chrono::minutes(2)}).value()),
        grounding_(catalogue_) {
    EXPECT_TRUE(database_.guard());
  }
  Rows query(const std::string& sql) {
    DeadlineCheck stop(system_clock(), system_clock().steady() + std::chrono::minutes(1));
    auto rows = database_.query(sql, stop);
    EXPECT_TRUE(rows) << sql << ": " << (rows ? "" : rows.error().message());
    return rows.value_or(Rows{});
  }

  Database database_;
  Catalogue catalogue_;
  Grounding grounding_;
};

TEST_F(GoldenTest, AnswersAgreeWithSqlWrittenByHand) {
  const auto lines = lines_of("answered.tsv");
  EXPECT_GE(lines.size(), 40U);
  for (const auto& line : lines) {
    ASSERT_EQ(line.size(), 2U) << line[0];
    const auto interpretation = grounding_.interpret_question(line[0]);
    ASSERT_TRUE(interpretation) << line[0] << ": " << interpretation.error().text;
    const auto sql = render_sql(*interpretation->form);
    const auto rows = query(sql);
    const auto expected = query(line[1]);
    ASSERT_GT(expected.size(), 0U) << line[1];
    EXPECT_TRUE(has_column(rows, expected)) << line[0] << "\n"
                                            << sql << "\n"
                                            << rows.to_text(500) << "expected\n"
                                            << expected.to_text(500);
  }
}

TEST_F(GoldenTest, NoAnswerHoldsANumberThatIsInNeitherRowsNorQuestion) {
  for (const auto& line : lines_of("answered.tsv")) {
    const auto interpretation = grounding_.interpret_question(line[0]);
    const auto rows = query(render_sql(*interpretation->form));
    auto text = answer_text(*interpretation, rows);
    // What the words of a question become (a decade, the newest year) is in the SQL.
    std::string units;
    for (const auto& column : interpretation->form->table->columns) units += column.unit + " ";
    const auto known = units + line[0] + " " + render_sql(*interpretation->form) + " " +
                       cell_text(static_cast<std::int64_t>(rows_used(rows)));
    EXPECT_EQ(numbers_not_in(text, rows, known), std::vector<std::string>{}) << text;
    EXPECT_NE(text.find("Source: table "), std::string::npos) << text;
  }
}

TEST_F(GoldenTest, WhatIsNotUnderstoodIsDeclined) {
  const auto lines = lines_of("declined.txt");
  EXPECT_GE(lines.size(), 20U);
  for (const auto& line : lines) {
    const auto interpretation = grounding_.interpret_question(line[0]);
    EXPECT_FALSE(interpretation) << line[0] << " became " << render_sql(*interpretation->form);
    if (!interpretation) EXPECT_FALSE(interpretation.error().text.empty());
  }
}

TEST_F(GoldenTest, AYearThatIsNotThereIsNeverReplacedInSilence) {
  Suggestions suggestions(grounding_, database_, system_clock());
  for (const auto& line : lines_of("missing_year.tsv")) {
    const auto interpretation = grounding_.interpret_question(line[0]);
    ASSERT_TRUE(interpretation && interpretation->missing_year) << line[0];
    EXPECT_EQ(std::to_string(interpretation->missing_year->asked), line[1]);
    const auto text = answer_text(*interpretation, query(render_sql(*interpretation->form)));
    EXPECT_NE(text.find("no figures for " + line[1]), std::string::npos) << text;
    const auto offered = questions_near(line[0], *interpretation);
    std::istringstream nearest(line[2]);
    for (std::string year; nearest >> year;) {
      EXPECT_TRUE(std::ranges::any_of(offered, [&](const auto& q) { return q.find(year) != std::string::npos; }))
          << line[0] << " " << year;
    }
  }
}

TEST_F(GoldenTest, FollowUpsAreAnsweredFromTheFrameBefore) {
  const std::string first = "What was the life expectancy in Japan in 1995?";
  EXPECT_EQ(grounding_.complete("and in France?", first), "What was the life expectancy in France in 1995?");
  EXPECT_EQ(grounding_.complete("what about 2000?", first), "What was the life expectancy in Japan in 2000?");
  EXPECT_EQ(grounding_.complete("and fertility?", first), "What was the fertility in Japan in 1995?");
  EXPECT_EQ(grounding_.complete("France and Spain in 1990?", first),
            "What was the life expectancy in France and Spain in 1990?");
  EXPECT_EQ(grounding_.complete("How many movies were released in 2005?", first),
            "How many movies were released in 2005?");
}

TEST_F(GoldenTest, AFollowUpIsPutIntoTheFrameBeforeItOrDeclined) {
  OfflinePlanner planner(grounding_);
  DeadlineCheck stop(system_clock(), system_clock().steady() + std::chrono::minutes(1));
  for (const auto& line : lines_of("followups.tsv")) {
    ASSERT_EQ(line.size(), 3U) << line[0];
    std::vector<PastRun> history;
    std::string_view earlier = line[0];
    for (auto at = earlier.find(" | "); at != std::string_view::npos; at = earlier.find(" | ")) {
      history.push_back({std::string(earlier.substr(0, at)), ""});
      earlier.remove_prefix(at + 3);
    }
    history.push_back({std::string(earlier), ""});
    AgentState state;
    state.prompt = line[1];
    const auto question = planner.rewrite(state, history, stop).value();
    if (line[2] == "-") {
      const auto interpretation = grounding_.interpret_question(question);
      EXPECT_FALSE(interpretation) << line[0] << " → " << question << "\n" << render_sql(*interpretation->form);
    } else {
      EXPECT_EQ(question, line[2]) << line[0];
      const auto interpretation = grounding_.interpret_question(question);
      EXPECT_TRUE(interpretation) << question << ": " << interpretation.error().text;
    }
  }
}

TEST_F(GoldenTest, WhatIsMissingOrDoubtfulIsSaid) {
  auto answer = [&](const std::string& question) {
    const auto interpretation = grounding_.interpret_question(question);
    EXPECT_TRUE(interpretation) << question;
    return interpretation ? answer_text(*interpretation, query(render_sql(*interpretation->form))) : "";
  };
  EXPECT_NE(answer("Is Titanic longer than Avatar?").find("There is no value for Avatar."), std::string::npos);
  EXPECT_NE(answer("What is the population of Japan today?").find("The latest in the data is 2005"), std::string::npos);
  const auto lowest = answer("lowest grossing movie");
  EXPECT_NE(lowest.find("(47 rows in the table below)"), std::string::npos) << lowest;
  EXPECT_NE(lowest.find("may mean that it is not known"), std::string::npos);
}

TEST_F(GoldenTest, EverySuggestionOfEveryAnswerCanBeAnswered) {
  Suggestions suggestions(grounding_, database_, system_clock());
  DeadlineCheck stop(system_clock(), system_clock().steady() + std::chrono::minutes(2));
  for (const auto& line : lines_of("answered.tsv")) {
    const auto picked = suggestions.pick(line[0], {}, {}, stop);
    for (const auto& question : picked) EXPECT_TRUE(grounding_.interpret_question(question)) << question;
  }
  EXPECT_EQ(suggestions.examples(stop).at(0), "What was the life expectancy in Japan in 1995?");
  EXPECT_EQ(suggestions.examples(stop).size(), 3U);
}

}  // namespace
}  // namespace holdfast::text2sql
