// The scripted action keeps the contract, so unit tests of the ladder may use it.
#include "tests/contract/governor/scripted_relief.hpp"

#include "tests/contract/governor/relief_contract.hpp"

namespace holdfast::governor::testing {
namespace {

class ScriptedUnderTest final : public ReliefUnderTest {
 public:
  ReliefAction& action() override { return relief_; }
  void make_work() override {
    script_.held = plus(script_.held, kMegabyte);
    memory_.used = plus(memory_.used, kMegabyte);
  }
  bool hang(bool hangs) override {
    script_.hangs = hangs;
    return true;
  }

 private:
  ReliefScript script_;
  ScriptedMemory memory_;
  ScriptedRelief relief_{script_, memory_};
};

std::unique_ptr<ReliefUnderTest> make_scripted(const asio::any_io_executor&) {
  return std::make_unique<ScriptedUnderTest>();
}

INSTANTIATE_TEST_SUITE_P(Scripted, ReliefContract, ::testing::Values(ReliefCase{"scripted", make_scripted}),
                         name_of_case);

}  // namespace
}  // namespace holdfast::governor::testing
