#include "engine/timer_heap.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace sonde::core {
namespace {

int owner_a, owner_b;

TEST(TimerHeap, FiresInOrderAndOnce) {
  TimerHeap heap;
  heap.add(30, &owner_a, 3);
  heap.add(10, &owner_a, 1);
  heap.add(20, &owner_a, 2);
  TimerHeap::Timer t;
  EXPECT_FALSE(heap.pop_due(9, &t));
  EXPECT_TRUE(heap.pop_due(25, &t));
  EXPECT_EQ(t.user, 1u);
  EXPECT_TRUE(heap.pop_due(25, &t));
  EXPECT_EQ(t.user, 2u);
  EXPECT_FALSE(heap.pop_due(25, &t));
  EXPECT_EQ(heap.next(), 30);
}

TEST(TimerHeap, AFiredIdIsDead) {
  TimerHeap heap;
  const uint64_t id = heap.add(10, &owner_a, 1);
  TimerHeap::Timer t;
  ASSERT_TRUE(heap.pop_due(10, &t));
  const uint64_t second = heap.add(20, &owner_a, 2);  // takes the same place
  EXPECT_NE(id, second);
  EXPECT_FALSE(heap.cancel(id, &owner_a));
  EXPECT_FALSE(heap.move(id, 5, &owner_a, 9));
  EXPECT_EQ(heap.next(), 20);
}

TEST(TimerHeap, AnotherOwnersTimerIsOutOfReach) {
  TimerHeap heap;
  const uint64_t id = heap.add(10, &owner_a, 1);
  EXPECT_FALSE(heap.cancel(id, &owner_b));
  heap.add(5, &owner_b, 2);
  heap.cancel_all(&owner_a);
  EXPECT_EQ(heap.size(), 1u);
  EXPECT_EQ(heap.next(), 5);
}

TEST(TimerHeap, BehavesAsASortedMapUnderRandomUse) {
  std::mt19937_64 random(42);
  TimerHeap heap;
  std::map<uint64_t, int64_t> live;  // id -> at
  for (int step = 0; step < 20'000; ++step) {
    const uint64_t what = random() % 4;
    if (what <= 1 || live.empty()) {
      const auto at = static_cast<int64_t>(random() % 1000);
      live[heap.add(at, &owner_a, 0)] = at;
      continue;
    }
    auto it = live.lower_bound(random() % (live.rbegin()->first + 1));
    if (it == live.end()) it = live.begin();
    if (what == 2) {
      ASSERT_TRUE(heap.cancel(it->first, &owner_a));
      live.erase(it);
    } else {
      it->second = static_cast<int64_t>(random() % 1000);
      ASSERT_TRUE(heap.move(it->first, it->second, &owner_a, 0));
    }
    int64_t earliest = INT64_MAX;
    for (const auto& [id, at] : live) earliest = std::min(earliest, at);
    ASSERT_EQ(heap.next(), earliest);
  }
  int64_t last = -1;
  TimerHeap::Timer t;
  while (heap.pop_due(INT64_MAX, &t)) {
    ASSERT_GE(t.at, last);
    last = t.at;
    ASSERT_EQ(live.erase(t.id), 1u);
  }
  EXPECT_TRUE(live.empty());
}

}  // namespace
}  // namespace sonde::core
