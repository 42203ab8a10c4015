#include "workers/worker_environment.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace holdfast::workers {
namespace {

using testing::IsEmpty;
using testing::UnorderedElementsAre;

using Views = std::vector<std::string_view>;
using Texts = std::vector<std::string>;

TEST(WorkerEnvironmentTest, SecretsOfTheServerAreNotHandedOn) {
  const Views ours{"PATH=/bin",
                   "HOLDFAST_TEST_TOKEN_SECRET=s",
                   "DATABASE_URL=postgresql://u:p@h/d",
                   "PGPASSWORD=p",
                   "PGUSER=holdfast",
                   "HOLDFASTER=1",
                   "HOLDFAST_WORKER=serve"};
  EXPECT_THAT(worker_environment(ours, Texts(), Texts()),
              UnorderedElementsAre("PATH=/bin", "PGUSER=holdfast", "HOLDFASTER=1"));
}

TEST(WorkerEnvironmentTest, WhatIsNamedIsHandedOnAllTheSame) {
  const Views ours{"DATABASE_URL=postgresql://h/d", "PGPASSWORD=p"};
  EXPECT_THAT(worker_environment(ours, Texts{"DATABASE_URL"}, Texts()),
              UnorderedElementsAre("DATABASE_URL=postgresql://h/d"));
  EXPECT_THAT(worker_environment(ours, Texts{"ABSENT"}, Texts()), IsEmpty());
}

TEST(WorkerEnvironmentTest, ThePoolsWinOverTheSettingsAndTheyOverOurs) {
  const Views ours{"PORT=1", "MODE=ours", "EMPTY=x"};
  const Texts chosen{"PORT=2", "MODE=chosen", "EMPTY=", "DATABASE_URL=sqlite:x", "MODE=later"};
  EXPECT_THAT(worker_environment(ours, chosen, Texts{"PORT=3"}),
              UnorderedElementsAre("PORT=3", "MODE=chosen", "EMPTY=", "DATABASE_URL=sqlite:x"));
}

TEST(WorkerEnvironmentTest, AValueIsFoundByItsWholeName) {
  const Views entries{"PATHS=a", "PATH=b=c", "PATH=d"};
  EXPECT_EQ(value_of(entries, "PATH"), "b=c");
  EXPECT_EQ(value_of(entries, "PAT"), "");
}

}  // namespace
}  // namespace holdfast::workers
