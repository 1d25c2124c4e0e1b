// What measured round trips may and may not change.
#include "common-linux/rtt.hpp"

#include <gtest/gtest.h>

#include "common-linux/tests/units.hpp"

namespace sonde::net {
namespace {

RttEstimate after(int replies, int64_t each) {
  RttEstimate e;
  for (int i = 0; i < replies; ++i) e.add(each);
  return e;
}

TEST(Rtt, FewRepliesChangeNothing) {
  const auto e = after(15, 600 * ms);
  EXPECT_EQ(e.spacing(250 * ms, 800 * ms), 250 * ms);
  EXPECT_EQ(e.adaptive_wait(800 * ms), 800 * ms);
}

TEST(Rtt, TheLongestIsKnownAfterSomeRepliesAndNeverShorterThanThisMachineIsBusy) {
  EXPECT_EQ(after(15, 600 * ms).longest(), 0);
  EXPECT_EQ(after(100, ms / 10).longest(), 10 * ms);
  EXPECT_GE(after(100, 400 * ms).longest(), 400 * ms);
  EXPECT_LT(after(100, 400 * ms).longest(), 500 * ms);
}

TEST(Rtt, OneReplyIsAFirstEstimate) {
  EXPECT_EQ(after(0, 0).longest_so_far(), 0);
  EXPECT_EQ(after(1, 50 * ms).longest_so_far(), 150 * ms);
  EXPECT_EQ(after(1, ms / 10).longest_so_far(), 10 * ms);
  EXPECT_EQ(after(100, 400 * ms).longest_so_far(), after(100, 400 * ms).longest());
}

TEST(Rtt, FastRepliesDoNotShortenTheInterval) {
  EXPECT_EQ(after(100, 1 * ms).spacing(250 * ms, 800 * ms), 250 * ms);
}

TEST(Rtt, SlowRepliesStretchTheIntervalUpToTheTimeout) {
  EXPECT_GE(after(100, 400 * ms).spacing(250 * ms, 800 * ms), 400 * ms);
  EXPECT_EQ(after(100, 5000 * ms).spacing(250 * ms, 800 * ms), 800 * ms);
  EXPECT_EQ(after(100, 5000 * ms).spacing(2000 * ms, 800 * ms), 2000 * ms);
}

TEST(Rtt, AdaptiveWaitHasAFloorAndACeiling) {
  EXPECT_EQ(after(100, ms / 10).adaptive_wait(800 * ms), 100 * ms);
  EXPECT_EQ(after(100, 5000 * ms).adaptive_wait(800 * ms), 800 * ms);
  EXPECT_EQ(after(100, ms / 10).adaptive_wait(50 * ms), 50 * ms);
}

}  // namespace
}  // namespace sonde::net
