// Queues in order of time, and retries a little out of it.
#include "common-linux/turn_queue.hpp"

#include <gtest/gtest.h>

namespace sonde::net {
namespace {

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

TEST(ShuffledTurns, AFewStayInOrder) {
  ShuffledTurns turns;
  const auto nothing_void = [](TurnQueue&) {};
  for (uint32_t i = 0; i < 64; ++i) turns.push({int64_t{i}, i, 0}, 1, 64);
  for (uint32_t i = 0; i < 64; ++i) {
    TurnQueue& q = turns.first(nothing_void);
    ASSERT_EQ(q.front().slot, i);
    q.pop();
  }
  EXPECT_TRUE(turns.first(nothing_void).empty());
}

TEST(ShuffledTurns, TheEarliestIsFirstAndTheNextTryIsShuffledAnew) {
  ShuffledTurns turns;
  const auto nothing_void = [](TurnQueue&) {};
  std::vector<std::vector<uint32_t>> orders;
  for (uint32_t attempt : {1u, 2u}) {
    for (uint32_t i = 0; i < 200; ++i) turns.push({int64_t{i} * 1000, i, 0}, attempt, 200);
    int64_t last = 0;
    orders.emplace_back();
    for (TurnQueue* q = &turns.first(nothing_void); !q->empty(); q = &turns.first(nothing_void)) {
      ASSERT_GE(q->front().due, last);
      last = q->front().due;
      orders.back().push_back(q->front().slot);
      q->pop();
    }
    ASSERT_EQ(orders.back().size(), 200u);
  }
  EXPECT_NE(orders[0], orders[1]);
}

}  // namespace
}  // namespace sonde::net
