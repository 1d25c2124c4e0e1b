// Where a source is cut, and what is said: raising a limit helps against one of the two reasons alone.
#include "plan/source_quota.hpp"

#include <gtest/gtest.h>

namespace sonde::core {
namespace {

constexpr uint64_t sixteen_million = 16'777'216;

TEST(SourceQuota, WhatIsKeptCountsTowardsTheLimit) {
  SourceQuota quota(3);
  EXPECT_FALSE(quota.add(2, 0));
  EXPECT_FALSE(quota.add(5, 4));
  const auto excess = quota.add(1, 0);
  ASSERT_TRUE(excess);
  EXPECT_EQ(excess->text, "has more than 3 targets");
  EXPECT_EQ(excess->hint, "scan fewer, or raise limits.max_targets");
}
TEST(SourceQuota, WhatIsLeftOutHasABoundAndATextOfItsOwn) {
  SourceQuota quota(3);
  EXPECT_FALSE(quota.add(sixteen_million, sixteen_million));
  const auto excess = quota.add(1, 1);
  ASSERT_TRUE(excess);
  EXPECT_EQ(excess->text, "has more than 16777216 targets outside the allowed networks");
  EXPECT_EQ(excess->hint, "let it list fewer, or allow their network");
}
TEST(SourceQuota, AHigherLimitRaisesThatBound) {
  SourceQuota quota(20'000'000);
  EXPECT_FALSE(quota.add(20'000'000, 20'000'000));
  const auto excess = quota.add(1, 1);
  ASSERT_TRUE(excess);
  EXPECT_EQ(excess->text, "has more than 20000000 targets outside the allowed networks");
}
TEST(SourceQuota, WithoutALimitNothingIsTooMuch) {
  SourceQuota quota(0);
  EXPECT_FALSE(quota.add(100 * sixteen_million, 0));
  EXPECT_FALSE(quota.add(100 * sixteen_million, 100 * sixteen_million));
}

}  // namespace
}  // namespace sonde::core
