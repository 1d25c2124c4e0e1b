// Whose turn it is: retries spaced, only for those without an answer, and an end after the last one's timeout.
#include "common-linux/attempts.hpp"

#include <gtest/gtest.h>

namespace sonde::net {
namespace {

using Questions = Attempts<int>;
constexpr int64_t spacing = 250, timeout = 800;

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

TEST(TurnQueue, KeepsItsOrderWhileTheRingGrowsAndWraps) {
  TurnQueue queue;
  uint32_t put = 0, got = 0;
  for (int round = 0; round < 200; ++round) {
    for (int i = 0; i < 5; ++i) queue.push({put, put, 0}), ++put;
    for (int i = 0; i < 3; ++i, queue.pop()) ASSERT_EQ(queue.front().slot, got++);
  }
  while (!queue.empty()) {
    ASSERT_EQ(queue.front().slot, got++);
    queue.pop();
  }
  EXPECT_EQ(got, put);
}

}  // namespace
}  // namespace sonde::net
