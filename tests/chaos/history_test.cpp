// The checker itself: it must find what it is there for.
#include "tests/chaos/history.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace holdfast::testing {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class HistoryTest : public ::testing::Test {
 protected:
  HistoryTest() { history_.confirmed("r1", "42"); }
  void see(const std::string& status, const std::string& answer = "", int instance = 0) {
    history_.observed({"r1", instance, status, answer});
  }
  History history_;
};

TEST_F(HistoryTest, AnOrdinaryLifeBreaksNothing) {
  see("queued");
  see("running");
  see("completed", "42");
  see("completed", "42", 1);
  EXPECT_THAT(history_.check(), IsEmpty());
}

TEST_F(HistoryTest, ALostRunIsFound) {
  see("running");
  EXPECT_THAT(history_.check(), Contains(HasSubstr("lost")));
}

TEST_F(HistoryTest, TwoDifferentAnswersAreFound) {
  see("completed", "42");
  see("completed", "43", 1);
  EXPECT_THAT(history_.check(), Contains(HasSubstr("ended twice")));
}

TEST_F(HistoryTest, TwoDifferentEndsAreFound) {
  history_.cancel_tried("r1");
  see("completed", "42");
  see("cancelled", "", 1);
  EXPECT_THAT(history_.check(), Contains(HasSubstr("ended twice")));
}

TEST_F(HistoryTest, AWrongAnswerIsFound) {
  see("completed", "41");
  EXPECT_THAT(history_.check(), Contains(HasSubstr("wrong answer")));
}

TEST_F(HistoryTest, AnEndThatComesUndoneIsFound) {
  see("completed", "42");
  see("running");
  EXPECT_THAT(history_.check(), Contains(HasSubstr("had shown its end")));
}

TEST_F(HistoryTest, AFailureNobodyAskedForIsFound) {
  see("failed", "given up");
  EXPECT_THAT(history_.check(), Contains(HasSubstr("ended as failed")));
}

TEST_F(HistoryTest, ACancellationIsAnEndWhenSomebodyAskedForIt) {
  history_.cancel_tried("r1");
  see("cancelled");
  EXPECT_THAT(history_.check(), IsEmpty());
}

}  // namespace
}  // namespace holdfast::testing
