// The attacks of docs/text2sql.md, each tried on a real data file.
#include <gtest/gtest.h>

#include "tests/support/text2sql_data_file.hpp"
#include "text2sql/database.hpp"

namespace holdfast::text2sql {
namespace {

using std::chrono::milliseconds;

class SqlGuardTest : public ::testing::Test {
 protected:
  SqlGuardTest() {
    limit_sqlite_memory();
    database_.emplace(Database::open(file_.path()).value());
    EXPECT_TRUE(database_->guard());
  }

  Result<Rows> query(const std::string& sql, milliseconds time = milliseconds(300), QueryLimits limits = {}) {
    DeadlineCheck stop(system_clock(), system_clock().steady() + time);
    return database_->query(sql, stop, limits);
  }
  ErrorCode code(const std::string& sql) {
    const auto result = query(sql);
    EXPECT_FALSE(result) << sql;
    return result ? ErrorCode::internal : result.error().code();
  }

  testing::DataFile file_{"CREATE TABLE t(a INTEGER, b TEXT); INSERT INTO t VALUES (1,'x'),(2,'y'),(3,NULL);"};
  std::optional<Database> database_;
};

TEST_F(SqlGuardTest, APlainSelectIsAnswered) {
  const auto rows = query("SELECT a, upper(b) AS big FROM t ORDER BY a");
  ASSERT_TRUE(rows) << rows.error().message();
  EXPECT_EQ(rows->columns, (std::vector<std::string>{"a", "big"}));
  EXPECT_EQ(rows->rows[1][1], json::value("Y"));
  EXPECT_TRUE(rows->rows[2][1].is_null());
  EXPECT_TRUE(query("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<5) SELECT sum(i) FROM n"));
}

TEST_F(SqlGuardTest, NothingButASingleSelectGetsThrough) {
  for (const auto* sql : {"DELETE FROM t",
                          "WITH x AS (SELECT 1) DELETE FROM t",
                          "INSERT INTO t VALUES (9,'z') RETURNING a",
                          "UPDATE t SET a = 0",
                          "DROP TABLE t",
                          "CREATE TABLE u(x)",
                          "CREATE TEMP TABLE u(x)",
                          "ATTACH ':memory:' AS m",
                          "DETACH main",
                          "PRAGMA user_version",
                          "PRAGMA query_only=0",
                          "VACUUM",
                          "VACUUM INTO '/tmp/holdfast-copy.sqlite'",
                          "BEGIN",
                          "SAVEPOINT s",
                          "REINDEX",
                          "ANALYZE",
                          "EXPLAIN SELECT 1",
                          "EXPLAIN QUERY PLAN DELETE FROM t",
                          "SELECT 1; DROP TABLE t",
                          "SELECT 1; SELECT 2",
                          "",
                          "   ",
                          "-- nothing",
                          "not sql at all",
                          "SELECT * FROM pragma_table_info('t')",
                          "ALTER TABLE t ADD COLUMN c"}) {
    EXPECT_EQ(code(sql), ErrorCode::invalid_argument) << sql;
  }
  EXPECT_FALSE(std::filesystem::exists("/tmp/holdfast-copy.sqlite"));
  EXPECT_EQ(query("SELECT count(*) FROM t")->rows[0][0], json::value(3));
}

TEST_F(SqlGuardTest, TheSchemaIsNotReadable) {
  for (const auto* sql : {"SELECT * FROM sqlite_master", "SELECT sql FROM sqlite_schema",
                          "SELECT (SELECT group_concat(sql) FROM sqlite_master)", "SELECT * FROM main.sqlite_master",
                          "SELECT * FROM sqlite_temp_master"}) {
    EXPECT_EQ(code(sql), ErrorCode::invalid_argument) << sql;
  }
}

TEST_F(SqlGuardTest, DeniedFunctionsAreRefusedAndNamed) {
  for (const auto* sql :
       {"SELECT printf('%.*c', 900000000, 'x')", "SELECT format('%.*c', 900000000, 'x')", "SELECT load_extension('x')",
        "SELECT randomblob(1000000000)", "SELECT zeroblob(1000000000)", "SELECT PRINTF('%d', 1)",
        "SELECT sqlite_compileoption_get(0)", "SELECT fts3_tokenizer('x')"}) {
    EXPECT_EQ(code(sql), ErrorCode::invalid_argument) << sql;
  }
  EXPECT_NE(query("SELECT printf('x')").error().message().find("printf"), std::string::npos);
}

TEST_F(SqlGuardTest, EndlessQueriesEndAtTheirDeadline) {
  const auto begin = system_clock().steady();
  const auto endless =
      query("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n) SELECT count(*) FROM n", milliseconds(50));
  ASSERT_FALSE(endless);
  EXPECT_EQ(endless.error().code(), ErrorCode::deadline_exceeded);
  EXPECT_LT(system_clock().steady() - begin, std::chrono::seconds(5));
  // Work goes on afterwards.
  EXPECT_TRUE(query("SELECT 1"));
}

TEST_F(SqlGuardTest, AGiantSortOrTextEndsWithinItsMemoryOrTime) {
  const auto sort = query(
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < 3000000) SELECT i FROM n ORDER BY -i",
      milliseconds(200));
  EXPECT_FALSE(sort);
  const auto text = query(
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < 3000000) SELECT "
      "length(group_concat('0123456789')) FROM n");
  EXPECT_FALSE(text);
  const auto replaced = query("SELECT replace(replace(hex(t.a), '1', 'aaaaaaaaaa'), 'a', 'bbbbbbbbbb') FROM t");
  EXPECT_TRUE(replaced);
}

TEST_F(SqlGuardTest, ASearchInGiantTextsIsBoundedByTheirLength) {
  const std::string giant =
      "replace(replace('" + std::string(900, 'a') + "', 'a', '" + std::string(900, 'a') + "'), 'x', 'x')";
  const auto refused = query("SELECT instr(" + giant + ", " + giant + " || 'b')", milliseconds(5000));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::invalid_argument);
  const std::string large = "replace('" + std::string(500, 'a') + "', 'a', '" + std::string(500, 'a') + "')";
  const auto begin = system_clock().steady();
  (void)query("SELECT instr(" + large + ", substr(" + large + ", 125000) || 'b')", milliseconds(300));
  EXPECT_LT(system_clock().steady() - begin, std::chrono::seconds(10));
}

TEST_F(SqlGuardTest, RowsAndBytesAreCappedAndSaidToBe) {
  const auto many =
      query("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < 1000) SELECT i FROM n");
  ASSERT_TRUE(many);
  EXPECT_EQ(many->size(), 200U);
  EXPECT_TRUE(many->truncated);
  const auto exact =
      query("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < 200) SELECT i FROM n");
  EXPECT_EQ(exact->size(), 200U);
  EXPECT_FALSE(exact->truncated);
  const auto wide = query(
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < 150) SELECT replace(hex(zero), '0', "
      "'xxxxxxxxxx') FROM n, "
      "(SELECT '0000000000000000000000000000000000000000000000000000000000' AS zero)");
  ASSERT_TRUE(wide);
  EXPECT_TRUE(wide->truncated);
  EXPECT_LT(wide->size(), 150U);
}

TEST_F(SqlGuardTest, ALongCellIsCut) {
  const auto rows = query("SELECT replace('" + std::string(500, 'a') + "', 'a', '" + std::string(500, 'b') + "')");
  ASSERT_TRUE(rows) << rows.error().message();
  EXPECT_LT(rows->rows[0][0].get_string().size(), 5000U);
}

TEST_F(SqlGuardTest, StrangeSqlTextIsRefused) {
  EXPECT_EQ(code(std::string("SELECT 1\0 DROP", 14)), ErrorCode::invalid_argument);
  EXPECT_EQ(code(std::string(200'000, ' ') + "SELECT 1"), ErrorCode::invalid_argument);
  EXPECT_EQ(code("SELECT " + std::string(2000, '(') + "1" + std::string(2000, ')')), ErrorCode::invalid_argument);
  EXPECT_EQ(code("SELECT \"Japan\" FROM t"), ErrorCode::invalid_argument)
      << "a text in double quotes is a misspelt column";
}

TEST(DatabaseTest, AFileThatCannotBeUsedIsNamedTogetherWithTheFlag) {
  testing::DataFile good("CREATE TABLE t(a);");
  const auto empty = good.directory() + "/empty.sqlite";
  const auto garbage = good.directory() + "/garbage.sqlite";
  std::fclose(std::fopen(empty.c_str(), "w"));
  FILE* file = std::fopen(garbage.c_str(), "w");
  for (int i = 0; i < 5000; ++i) std::fputs("garbage ", file);
  std::fclose(file);
  for (const auto& path : {std::string("/nonexistent/x.sqlite"), empty, garbage, good.directory()}) {
    const auto opened = Database::open(path);
    ASSERT_FALSE(opened) << path;
    EXPECT_NE(opened.error().message().find(path), std::string::npos);
    EXPECT_NE(opened.error().message().find("--data-file"), std::string::npos);
  }
}

TEST(DatabaseTest, AFileWithUriCharactersInItsNameOpens) {
  testing::DataFile file("CREATE TABLE t(a);");
  const auto odd = file.directory() + "/a b%3F?#.sqlite";
  std::filesystem::copy(file.path(), odd);
  EXPECT_TRUE(Database::open(odd));
}

TEST(QuoteTest, NamesAndTextsCannotEndTheirQuotes) {
  EXPECT_EQ(quote_identifier("a\"b"), "\"a\"\"b\"");
  EXPECT_EQ(quote_text("O'Brien'; --"), "'O''Brien''; --'");
}

}  // namespace
}  // namespace holdfast::text2sql
