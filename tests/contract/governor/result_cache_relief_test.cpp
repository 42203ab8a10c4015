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

INSTANTIATE_TEST_SUITE_P(ResultCache, ReliefContract, ::testing::Values(ReliefCase{"result_cache", make_cache}),
                         name_of_case);

}  // namespace
}  // namespace holdfast::governor::testing
