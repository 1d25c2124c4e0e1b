// Times of attempts: those of one question do not touch another's, and a place is used again.
#include "common-linux/attempt_times.hpp"

#include <gtest/gtest.h>

#include "common-linux/tests/units.hpp"

namespace sonde::net {
namespace {

TEST(AttemptTimes, EachAttemptAtEachQuestionHasItsOwn) {
  AttemptTimes<int64_t> times;
  for (const uint32_t slot : {5u, 0u, 3u})
    for (unsigned attempt = 0; attempt < 8; ++attempt) times.note(slot, attempt, int64_t{slot} * 100 + attempt);
  for (const uint32_t slot : {0u, 3u, 5u})
    for (unsigned attempt = 0; attempt < 8; ++attempt)
      ASSERT_EQ(times.at(slot, attempt), int64_t{slot} * 100 + attempt);
}
TEST(AttemptTimes, TheNextQuestionInAPlaceWritesOver) {
  AttemptTimes<int64_t> times;
  times.note(0, 0, 10);
  times.note(0, 0, 5000);
  EXPECT_EQ(times.at(0, 0), 5000);
}
TEST(AttemptMilliseconds, AreOfTheCallersClock) {
  AttemptMilliseconds times;
  times.note(1, 0, 70'000 * ms);
  times.note(0, 0, 70'003 * ms + 999'999);
  times.note(1, 1, 70'000 * ms + 3600'000 * ms);
  EXPECT_EQ(times.at(1, 0), 70'000 * ms);
  EXPECT_EQ(times.at(0, 0), 70'003 * ms) << "never later than it was";
  EXPECT_EQ(times.at(1, 1), 3'670'000 * ms);
}
TEST(AttemptMilliseconds, ReachTo49Days) {
  AttemptMilliseconds times;
  constexpr int64_t day = 86'400'000 * ms;
  times.note(0, 0, ms);
  times.note(0, 1, ms + 49 * day);
  EXPECT_EQ(times.at(0, 1), ms + 49 * day);
}

}  // namespace
}  // namespace sonde::net
