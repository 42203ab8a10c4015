// The result cache as a rung of the ladder.
#include "governor/result_cache_relief.hpp"

#include "tests/contract/governor/relief_contract.hpp"

namespace holdfast::governor::testing {
namespace {

class CacheUnderTest final : public ReliefUnderTest {
 public:
  ReliefAction& action() override { return relief_; }
  void make_work() override {
    cache_.set_level(memory::Level::normal);
    cache_.put(ResultKey::make({"question", "/analyze", "v1", "ada", ""}), "answer");
  }
  bool hang(bool) override { return false; }

 private:
  ResultCache cache_;
  ResultCacheRelief relief_{cache_};
};

std::unique_ptr<ReliefUnderTest> make_cache(const asio::any_io_executor&) { return std::make_unique<CacheUnderTest>(); }

TEST(ResultCacheReliefTest, ItGivesBackWhatIsTooMuchAtTheLevelAskedForAndTheBudgetStays) {
  ResultCache cache({Bytes(64 * 1024), Bytes(4 * 1024)});
  ResultCacheRelief relief(cache);
  const auto apply = [&](memory::Level level) {
    asio::io_context io;
    Bytes given_back;
    spawn(io.get_executor(), "relief", [&]() -> awaitable<void> {
      auto outcome = co_await relief.apply(level);
      given_back = outcome->given_back().value_or(Bytes());
    });
    io.run();
    return given_back;
  };
  const auto fill = [&] {
    for (int i = 0; i < 100; ++i)
      cache.put(ResultKey::make({std::to_string(i), "", "", "", ""}), std::string(1024, 'a'));
  };
  fill();
  const auto full = cache.bytes();
  const auto half = apply(memory::Level::warning);
  EXPECT_EQ(cache.bytes().count(), full.count() - half.count());
  EXPECT_LE(cache.bytes(), Bytes(32 * 1024));
  apply(memory::Level::critical);
  EXPECT_EQ(cache.bytes(), Bytes());
  fill();
  EXPECT_GT(cache.bytes(), Bytes(48 * 1024)) << "the level of now allows it";
  apply(memory::Level::normal);
  EXPECT_EQ(cache.bytes(), Bytes()) << "by hand everything goes";
}

INSTANTIATE_TEST_SUITE_P(ResultCache, ReliefContract, ::testing::Values(ReliefCase{"result_cache", make_cache}),
                         name_of_case);

}  // namespace
}  // namespace holdfast::governor::testing
