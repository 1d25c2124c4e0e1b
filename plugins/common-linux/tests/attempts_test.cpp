// Whose turn it is: retries spaced, only for those without an answer, and an end after the last one's timeout.
#include "common-linux/attempts.hpp"

#include <gtest/gtest.h>

#include "common-linux/tests/units.hpp"

namespace sonde::net {
namespace {

using Questions = Attempts<int>;
constexpr int64_t spacing = 250, timeout = 800;

TEST(Attempts, WhoHasNoSourceHoldsUpNobody) {
  Attempts<char> q(1);
  const uint32_t a = q.open(1, 'a'), b = q.open(2, 'b');
  q.has_no_source(a, 500);
  EXPECT_FALSE(q.has_postponed()) << "nor new targets";
  q.not_sent(b, 100);
  EXPECT_EQ(q.send_due(), 100);
  EXPECT_EQ(q.next_send(100).slot, b);
  EXPECT_EQ(q.send_due(), 500);
  EXPECT_EQ(q.next_send(499).what, Attempts<char>::Due::nothing);
  EXPECT_EQ(q.next_send(500).slot, a);
}

TEST(Attempts, RetryAfterTheSpacingThenEndAfterTheTimeout) {
  Questions q(2);
  const uint32_t slot = q.open(11, 0);
  q.sent(slot, 1000, spacing, timeout);
  EXPECT_EQ(q.send_due(), 1250);
  EXPECT_EQ(q.end_due(), never);
  EXPECT_EQ(q.next_send(1249).what, Questions::Due::nothing);
  const auto next = q.next_send(1250);
  EXPECT_EQ(next.what, Questions::Due::send);
  EXPECT_EQ(next.slot, slot);
  q.sent(slot, 1300, spacing, timeout);
  EXPECT_EQ(q.send_due(), never);
  EXPECT_EQ(q.end_due(), 2100);  // the whole timeout after the last attempt
  EXPECT_EQ(q.next_end(2099).what, Questions::Due::nothing);
  EXPECT_EQ(q.next_end(2100).what, Questions::Due::give_up);
}

TEST(Attempts, WhoHasAnsweredIsNotAskedAgain) {
  Questions q(2);
  const uint32_t a = q.open(1, 0), b = q.open(2, 0);
  q.sent(a, 0, spacing, timeout);
  q.sent(b, 10, spacing, timeout);
  q.close(a);
  EXPECT_EQ(q.send_due(), 260);
  EXPECT_EQ(q.next_send(300).slot, b);
  EXPECT_EQ(q.next_send(300).what, Questions::Due::nothing);
}

TEST(Attempts, AReusedSlotHasNothingOfTheOldQuestion) {
  Questions q(1);
  const uint32_t old_slot = q.open(1, 7);
  const uint32_t old_generation = q[old_slot].generation;
  q.sent(old_slot, 0, spacing, timeout);
  q.close(old_slot);
  const uint32_t slot = q.open(2, 8);
  ASSERT_EQ(slot, old_slot);
  EXPECT_EQ(q.find(slot, old_generation), nullptr);
  EXPECT_EQ(q[slot].sent, 0);
  EXPECT_EQ(q.next_end(10'000).what, Questions::Due::nothing);
}

TEST(Attempts, WhatCouldNotLeaveComesFirstAndDoesNotCount) {
  Questions q(2);
  const uint32_t a = q.open(1, 0), b = q.open(2, 0);
  q.sent(a, 0, spacing, timeout);
  q.not_sent(b, 100);
  EXPECT_TRUE(q.has_postponed());
  EXPECT_EQ(q.send_due(), 100);
  EXPECT_EQ(q.next_send(400).slot, b);
  EXPECT_EQ(q[b].sent, 0);
  EXPECT_EQ(q.next_send(400).slot, a);
  EXPECT_FALSE(q.has_postponed());
}

TEST(Attempts, AShorterDelayDoesNotOvertake) {
  Questions q(1);
  const uint32_t a = q.open(1, 0), b = q.open(2, 0);
  q.sent(a, 0, spacing, 800);
  q.sent(b, 10, spacing, 100);
  EXPECT_EQ(q.next_end(500).what, Questions::Due::nothing);
  EXPECT_EQ(q.next_end(800).slot, a);
  EXPECT_EQ(q.next_end(800).slot, b);
}

TEST(Attempts, ClosingTwiceIsHarmless) {
  Questions q(1);
  const uint32_t slot = q.open(1, 0);
  q.close(slot);
  q.close(slot);
  EXPECT_EQ(q.live(), 0u);
  q.open(2, 0);
  q.open(3, 0);
  EXPECT_EQ(q.capacity(), 2u);
}

TEST(Attempts, UnknownSlotsAreNotFound) {
  Questions q(1);
  EXPECT_EQ(q.find(0), nullptr);
  EXPECT_EQ(q.find(0xffffffff, 3), nullptr);
}

constexpr auto all_hold = [](int64_t) { return Silence::holds; };
constexpr auto all_doubtful = [](int64_t) { return Silence::doubtful; };

TEST(Attempts, WithoutExtraOnesSilenceIsNeverJudged) {
  Questions q(1);
  const uint32_t slot = q.open(1, 0);
  q.sent(slot, ms, 250 * ms, 800 * ms);
  EXPECT_EQ(q.judge(slot, 900 * ms, all_doubtful), Verdict::ends);
}

TEST(Attempts, WhatProvesNothingIsAskedAgainAtOnceAndWaitedForInFull) {
  Questions q(2, 3);
  const uint32_t slot = q.open(1, 0);
  q.sent(slot, 10 * ms, 250 * ms, 800 * ms);
  q.next_send(260 * ms);
  q.sent(slot, 260 * ms, 250 * ms, 800 * ms);
  ASSERT_EQ(q.next_end(1060 * ms).what, Questions::Due::give_up);
  const auto first_was_lost = [](int64_t sent_at) { return sent_at < 100 * ms ? Silence::doubtful : Silence::holds; };
  EXPECT_EQ(q.judge(slot, 1060 * ms, first_was_lost), Verdict::asked_again);
  ASSERT_EQ(q.next_send(1060 * ms).slot, slot);
  q.sent(slot, 1060 * ms, 250 * ms, 800 * ms);
  EXPECT_EQ(q.send_due(), never) << "two attempts of three count, as many as there should be";
  EXPECT_EQ(q.end_due(), 1860 * ms);
  EXPECT_EQ(q.judge(slot, 1860 * ms, first_was_lost), Verdict::ends);
}

TEST(Attempts, DoubtHasAnEnd) {
  Questions q(1, 2);
  const uint32_t slot = q.open(1, 0);
  int64_t now = 0;
  for (int attempt = 0; attempt < 3; ++attempt) {
    q.sent(slot, now, 250 * ms, 800 * ms);
    now += 800 * ms;
    ASSERT_EQ(q.next_end(now).slot, slot);
    const auto verdict = q.judge(slot, now, all_doubtful);
    EXPECT_EQ(verdict, attempt < 2 ? Verdict::asked_again : Verdict::ends_in_doubt) << attempt;
    if (attempt < 2) {
      ASSERT_EQ(q.next_send(now).slot, slot);
    }
  }
}

TEST(Attempts, WhoIsStillInDoubtAfterOneMoreWaitsForThePathToRecover) {
  Questions q(1, 4);
  const uint32_t slot = q.open(1, 0);
  std::vector<int64_t> pauses;
  int64_t now = 0;
  for (int attempt = 0; attempt < 4; ++attempt) {
    q.sent(slot, now, 250 * ms, 800 * ms);
    now += 800 * ms;
    ASSERT_EQ(q.next_end(now).slot, slot);
    ASSERT_EQ(q.judge(slot, now, all_doubtful), Verdict::asked_again);
    pauses.push_back((q.send_due() - now) / ms);
    now = q.send_due();
    ASSERT_EQ(q.next_send(now).slot, slot);
  }
  EXPECT_EQ(pauses, (std::vector<int64_t>{0, 1350, 1350, 1350}));
  EXPECT_EQ(q.send_due(), never);
}

TEST(Attempts, ALastAttemptThatHoldsDoesNotMakeUpForAllThatDoNot) {
  Questions q(2, 2);
  const uint32_t slot = q.open(1, 0);
  for (int attempt = 0; attempt < 4; ++attempt) q.sent(slot, attempt * 1000 * ms, 250 * ms, 800 * ms);
  const auto but_for_the_last = [](int64_t sent_at) {
    return sent_at < 2500 * ms ? Silence::doubtful : Silence::holds;
  };
  EXPECT_EQ(q.judge(slot, 3800 * ms, but_for_the_last), Verdict::ends_in_doubt) << "one of two tries proves something";
  const auto but_for_two = [](int64_t sent_at) { return sent_at < 1500 * ms ? Silence::doubtful : Silence::holds; };
  EXPECT_EQ(q.judge(slot, 3800 * ms, but_for_two), Verdict::ends);
}

TEST(Attempts, WhoIsCutShortWithTooFewAttemptsStandsInDoubt) {
  Questions q(2, 2);
  const uint32_t slot = q.open(1, 0);
  q.sent(slot, ms, 250 * ms, 800 * ms);
  EXPECT_NE(q.standing(slot, all_hold), Verdict::ends) << "one of two has left";
  q.sent(slot, 251 * ms, 250 * ms, 800 * ms);
  EXPECT_EQ(q.standing(slot, all_hold), Verdict::ends);
  EXPECT_NE(q.standing(slot, all_doubtful), Verdict::ends);
  EXPECT_FALSE(q.has_postponed()) << "and nothing comes of it";
}

TEST(Attempts, ANewQuestionInTheSameSlotHasNothingOfTheOldDoubt) {
  Questions q(1, 2);
  const uint32_t slot = q.open(1, 0);
  q.sent(slot, 0, 250 * ms, 800 * ms);
  ASSERT_EQ(q.judge(slot, 800 * ms, all_doubtful), Verdict::asked_again);
  q.restart(slot);
  q.sent(slot, 900 * ms, 250 * ms, 800 * ms);
  EXPECT_EQ(q.send_due(), never) << "one try is enough again";
  EXPECT_EQ(q.end_due(), 1700 * ms);
}

TEST(Attempts, WhoWeighsByItselfGetsAsManyAttemptsAsItNamesSpaced) {
  Questions q(2, 3);
  const uint32_t slot = q.open(1, 0);
  q.sent(slot, 0, 250 * ms, 800 * ms);
  ASSERT_EQ(q.next_send(250 * ms).slot, slot);
  q.sent(slot, 250 * ms, 250 * ms, 800 * ms);
  ASSERT_EQ(q.next_end(1050 * ms).slot, slot);
  q.ask_again(slot, 1050 * ms, 2);
  ASSERT_EQ(q.next_send(1050 * ms).slot, slot);
  q.sent(slot, 1050 * ms, 250 * ms, 800 * ms);
  EXPECT_EQ(q.send_due(), 1300 * ms);
  ASSERT_EQ(q.next_send(1300 * ms).slot, slot);
  q.sent(slot, 1300 * ms, 250 * ms, 800 * ms);
  EXPECT_EQ(q.send_due(), never);
  EXPECT_EQ(q.end_due(), 2100 * ms);
}

TEST(Attempts, WhoWaitsForAVerdictDoesNotWaitForTheTimeoutsOfOthers) {
  Questions q(1, 2);
  const uint32_t slot = q.open(1, 0), other = q.open(2, 0);
  q.sent(slot, ms, 250 * ms, 800 * ms);
  q.sent(other, 800 * ms, 250 * ms, 5000 * ms);
  ASSERT_EQ(q.next_end(801 * ms).slot, slot);
  ASSERT_EQ(q.judge(slot, 801 * ms, [](int64_t) { return Silence::open; }), Verdict::waits);
  EXPECT_EQ(q.end_due(), 1051 * ms);
  EXPECT_EQ(q.next_end(1051 * ms).slot, slot);
  EXPECT_EQ(q.end_due(), 5800 * ms);
}

TEST(Attempts, RetriesOfManyComeInAnotherOrderAndNoneTooEarlyOrMuchTooLate) {
  Questions q(2);
  constexpr uint32_t many = 1000;
  for (uint32_t i = 0; i < many; ++i) q.sent(q.open(i + 1, 0), i * (ms / 10), 250 * ms, 800 * ms);
  std::vector<uint32_t> order;
  for (int64_t now = 0; now < 400 * ms; now += ms / 10)
    for (auto next = q.next_send(now); next.what == Questions::Due::send; next = q.next_send(now)) {
      const int64_t due = 250 * ms + next.slot * (ms / 10);
      ASSERT_GE(now, due);
      ASSERT_LE(now, due + 10 * ms);
      order.push_back(next.slot);
    }
  ASSERT_EQ(order.size(), many);
  // Of a path that lets each tenth packet through: chance would have it that a tenth passes twice.
  int passes_twice = 0;
  for (uint32_t i = 0; i < many; i += 10) passes_twice += order[i] % 10 == 0;
  EXPECT_LT(passes_twice, 25);
}

TEST(Attempts, WhatIsNotKnownYetWaits) {
  Questions q(1, 2);
  const uint32_t slot = q.open(1, 0);
  q.sent(slot, ms, 250 * ms, 800 * ms);
  ASSERT_EQ(q.next_end(801 * ms).slot, slot);
  EXPECT_EQ(q.judge(slot, 801 * ms, [](int64_t) { return Silence::open; }), Verdict::waits);
  EXPECT_EQ(q.send_due(), never);
  ASSERT_GT(q.end_due(), 801 * ms);
  EXPECT_EQ(q.judge(slot, q.end_due(), all_hold), Verdict::ends);
}

}  // namespace
}  // namespace sonde::net
