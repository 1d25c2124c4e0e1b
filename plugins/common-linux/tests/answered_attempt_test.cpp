// Which of several packets was answered.
#include "common-linux/answered_attempt.hpp"

#include <gtest/gtest.h>

#include <array>

#include "common-linux/tests/units.hpp"

namespace sonde::net {
namespace {

constexpr std::array<int64_t, 3> asked = {100 * ms, 350 * ms, 600 * ms};
constexpr int64_t longest = 40 * ms;

TEST(AttemptAnswered, TheOnlyOneThatHadLeft) {
  const auto one = std::span(asked).first(1);
  EXPECT_EQ(attempt_answered(one, 101 * ms, longest), 0u);
  EXPECT_EQ(attempt_answered(one, 900 * ms, longest), 0u) << "however late";
  EXPECT_EQ(attempt_answered(one, 101 * ms, 0), 0u) << "whatever is known of round trips";
  EXPECT_EQ(attempt_answered(asked, 349 * ms, longest), 0u) << "read late, behind the next one";
}

TEST(AttemptAnswered, TheLastWhenTheOthersWereTooLongAgo) {
  EXPECT_EQ(attempt_answered(std::span(asked).first(2), 360 * ms, longest), 1u);
  EXPECT_EQ(attempt_answered(asked, 640 * ms, longest), 2u);
  EXPECT_EQ(attempt_answered(asked, 360 * ms, longest), 1u) << "the third left behind the answer";
}

TEST(AttemptAnswered, WhatMayBeTheAnswerToTwoShowsNoLoss) {
  EXPECT_EQ(attempt_answered(asked, 640 * ms, 300 * ms), std::nullopt);
}

TEST(AttemptAnswered, NorDoesWhatIsTooLateForTheLast) {
  EXPECT_EQ(attempt_answered(std::span(asked).first(2), 500 * ms, longest), std::nullopt)
      << "a far host among near ones: 400 ms from the first, 150 from the second";
  EXPECT_EQ(attempt_answered(asked, 610 * ms, 0), std::nullopt) << "round trips are not known yet";
}

TEST(AttemptAnswered, NothingAnswersWhatHasNotLeft) {
  EXPECT_EQ(attempt_answered(asked, 99 * ms, longest), std::nullopt);
  EXPECT_EQ(attempt_answered({}, 99 * ms, longest), std::nullopt);
}

}  // namespace
}  // namespace sonde::net
