// Offline planning on a data file without a catalogue of its own: descriptions come from names alone.
#include <gtest/gtest.h>

#include "tests/support/text2sql_data_file.hpp"
#include "text2sql/answer_text.hpp"
#include "text2sql/catalogue_reader.hpp"
#include "text2sql/grounding.hpp"
#include "text2sql/suggestions.hpp"

namespace holdfast::text2sql {
namespace {

constexpr const char* kShop =
    "CREATE TABLE orders(id INTEGER PRIMARY KEY, customer TEXT, city TEXT, product TEXT, order_year INT, price REAL, "
    "quantity INT);"
    "INSERT INTO orders VALUES (1,'Ann Lee','Brno','tea',2020,2.5,4),(2,'Bob Fox','Praha','tea',2021,3.0,1),"
    "(3,'Ann Lee','Brno','coffee',2021,8.0,2),(4,'Cyd O''Hara','Praha','it',2021,1.0,10),(5,'Zoe \"Z\" "
    "Hall',NULL,'tea',2022,2.0,NULL);"
    "CREATE TABLE \"odd \"\"name\"\"\"(x TEXT);";

class OfflineTest : public ::testing::Test {
 protected:
  OfflineTest()
      : database_(Database::open(file_.path()).value()),
        catalogue_(read_catalogue(database_, system_clock()).value()),
        grounding_(catalogue_) {
    EXPECT_TRUE(database_.guard());
  }
  Result<Rows> ask(const std::string& question) {
    const auto interpretation = grounding_.interpret_question(question);
    if (!interpretation) return fail(ErrorCode::not_found, interpretation.error().text);
    DeadlineCheck stop(system_clock(), system_clock().steady() + std::chrono::seconds(10));
    return database_.query(render_sql(*interpretation->form), stop);
  }
  json::value first(const std::string& question) {
    const auto rows = ask(question);
    EXPECT_TRUE(rows) << question << ": " << (rows ? "" : rows.error().message());
    return rows && !rows->rows.empty() ? rows->rows[0][0] : json::value("nothing");
  }

  testing::DataFile file_{kShop};
  Database database_;
  Catalogue catalogue_;
  Grounding grounding_;
};

TEST_F(OfflineTest, NamesAloneAreEnoughToAsk) {
  EXPECT_EQ(first("How many orders are there?"), json::value(5));
  EXPECT_EQ(first("How many orders were there in 2021?"), json::value(3));
  EXPECT_EQ(first("average price by product"), json::value("coffee"));
  EXPECT_EQ(first("Which product has the highest total quantity?"), json::value("it"));
  EXPECT_EQ(first("total quantity of tea"), json::value(5));
  EXPECT_EQ(first("how many different customers are there"), json::value(4));
  EXPECT_EQ(first("how many orders by Ann Lee"), json::value(2));
  EXPECT_EQ(first("how many orders by Lee"), json::value(2)) << "the last name of a customer is enough";
}

TEST_F(OfflineTest, AValueWithAQuoteIsOnlyAValue) { EXPECT_EQ(first("how many orders by Cyd O'Hara"), json::value(1)); }

TEST_F(OfflineTest, ASmallWordIsAValueOnlyInQuotationMarks) {
  EXPECT_EQ(first("how many orders of \"it\""), json::value(1));
  EXPECT_EQ(first("how many orders is it in 2021"), json::value(3));
}

TEST_F(OfflineTest, AWordThatIsNotUnderstoodStopsTheAnswer) {
  for (const auto* question :
       {"average discount by product", "how many orders without tea", "how many orders were not tea",
        "why is tea cheap", "median price", "total price except tea", "price per unicorn"}) {
    EXPECT_FALSE(ask(question)) << question;
  }
}

TEST_F(OfflineTest, ANumberWithoutAPlaceStopsTheAnswer) {
  EXPECT_FALSE(ask("how many orders 17"));
  EXPECT_FALSE(ask("total quantity of tea over 5"));
}

TEST_F(OfflineTest, AMissingYearIsToldWithTheYearsThereAre) {
  const auto interpretation = grounding_.interpret_question("total quantity in 2019");
  ASSERT_TRUE(interpretation);
  ASSERT_TRUE(interpretation->missing_year);
  EXPECT_EQ(interpretation->missing_year->nearest, std::vector<std::int64_t>{2020});
}

TEST_F(OfflineTest, SuggestionsHaveBeenTried) {
  Suggestions suggestions(grounding_, database_, system_clock());
  DeadlineCheck stop(system_clock(), system_clock().steady() + std::chrono::seconds(10));
  const auto picked = suggestions.examples(stop);
  EXPECT_EQ(picked.size(), 3U);
  for (const auto& question : picked) EXPECT_TRUE(ask(question)) << question;
}

TEST_F(OfflineTest, FollowUpsTakeTheFrameOfTheQuestionBefore) {
  EXPECT_EQ(grounding_.complete("and coffee?", "total quantity of tea in 2021"), "total quantity of coffee in 2021");
  EXPECT_EQ(grounding_.complete("what about 2022?", "total quantity of tea in 2021"), "total quantity of tea in 2022");
  EXPECT_EQ(grounding_.complete("and in Brno?", "total quantity of tea"), "total quantity of tea for Brno");
  EXPECT_EQ(grounding_.complete("how many orders", "total quantity of tea"), "how many orders");
  EXPECT_EQ(grounding_.complete("and the moon?", "total quantity of tea"), "and the moon?");
}

TEST(CatalogueReaderTest, ReadingIsBounded) {
  testing::DataFile file(
      "CREATE TABLE t(name TEXT, n INT); WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM c WHERE i<9000) "
      "INSERT INTO t SELECT 'name ' || i, i FROM c;");
  auto database = Database::open(file.path()).value();
  const auto catalogue = read_catalogue(database, system_clock());
  ASSERT_TRUE(catalogue);
  EXPECT_TRUE(catalogue->tables[0].columns[0].values.empty());
  EXPECT_FALSE(catalogue->complete);
  testing::DataFile empty("CREATE TABLE x(a); DROP TABLE x;");
  auto nothing = Database::open(empty.path()).value();
  EXPECT_EQ(read_catalogue(nothing, system_clock()).error().code(), ErrorCode::failed_precondition);
}

TEST(AnswerTextTest, CellsReadLikeNumbersAndNames) {
  EXPECT_EQ(cell_text(1842879955), "1,842,879,955");
  EXPECT_EQ(cell_text(-1234.5), "-1,234.5");
  EXPECT_EQ(cell_text(80.24), "80.24");
  EXPECT_EQ(cell_text(4.0), "4");
  EXPECT_EQ(cell_text(nullptr), "no value");
  EXPECT_EQ(cell_text("x"), "x");
}

}  // namespace
}  // namespace holdfast::text2sql
