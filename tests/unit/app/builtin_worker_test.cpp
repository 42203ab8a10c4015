// What the built-in worker says of its data, read line by line.
#include "app/builtin_worker.hpp"

#include <gmock/gmock.h>

namespace holdfast::app {
namespace {

TEST(BuiltinWorkerDataTest, QuestionsAndTablesAreRead) {
  const auto data = parse_builtin_worker_data(
      "{\"data_file\":\"/data/d.sqlite\"}\n"
      "{\"example\":\"How \\\"many\\\"?\"}\n"
      "\n"
      R"({"table":"a","title":"A","description":"About a","content":{"columns":["x"],"rows":[[1e-3]]}})");
  ASSERT_TRUE(data) << data.error().message();
  EXPECT_EQ(data->data_file, "/data/d.sqlite");
  EXPECT_THAT(data->examples, ::testing::ElementsAre("How \"many\"?"));
  ASSERT_EQ(data->tables.size(), 1U);
  EXPECT_EQ(data->tables[0].name, "a");
  EXPECT_EQ(data->tables[0].title, "A");
  EXPECT_EQ(data->tables[0].description, "About a");
  EXPECT_EQ(data->tables[0].content, R"({"columns":["x"],"rows":[[1e-3]]})") << "sent on as it came";
}

TEST(BuiltinWorkerDataTest, AnythingElseIsRefusedWithTheLine) {
  const auto data = parse_builtin_worker_data("Segmentation fault\n");
  ASSERT_FALSE(data);
  EXPECT_EQ(data.error().code(), ErrorCode::failed_precondition);
  EXPECT_THAT(data.error().message(), ::testing::HasSubstr("Segmentation fault"));
  EXPECT_TRUE(parse_builtin_worker_data("").value().tables.empty());
}

}  // namespace
}  // namespace holdfast::app
