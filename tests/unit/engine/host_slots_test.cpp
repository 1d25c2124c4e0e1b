#include "engine/host_slots.hpp"

#include <gtest/gtest.h>

#include "engine/worker_pool.hpp"

namespace sonde::core {
namespace {

TEST(HostSlots, ATaskIdDiesWithItsTask) {
  HostSlots slots(4, 2);
  const uint32_t s = slots.take();
  slots[s].state = SlotState::running;
  slots[s].stage = 1;
  const sonde_task task = slots.task_of(s);
  EXPECT_EQ(slots.find(task, 1), s);
  EXPECT_EQ(slots.find(task, 0), no_slot);  // another stage's plugin may not touch it
  slots.end_task(s);
  EXPECT_EQ(slots.find(task, 1), no_slot);
  EXPECT_NE(slots.task_of(s), task);
}

TEST(HostSlots, NonsenseIdsAreRefused) {
  HostSlots slots(2, 1);
  for (sonde_task t : {sonde_task{0}, sonde_task{1}, sonde_task{99}, ~sonde_task{0}, sonde_task{1} << 32})
    EXPECT_EQ(slots.find(t, 0), no_slot) << t;
}

TEST(HostSlots, AReusedSlotRemembersNothing) {
  HostSlots slots(1, 2);
  const uint32_t s = slots.take();
  slots[s].facts.push_back(Fact{});
  slots[s].link_silent = true;
  slots.outcomes(s)[1] = Outcome::positive;
  EXPECT_TRUE(slots.full());
  slots.release(s);
  const uint32_t again = slots.take();
  EXPECT_EQ(again, s);
  EXPECT_TRUE(slots[again].facts.empty());
  EXPECT_FALSE(slots[again].link_silent);
  EXPECT_EQ(slots.outcomes(again)[1], Outcome::none);
}

TEST(HostSlots, GrowToTheirCapacityWithoutMoving) {
  constexpr uint32_t capacity = 1000;
  HostSlots slots(capacity, 3);
  EXPECT_EQ(slots.capacity(), capacity);
  EXPECT_FALSE(slots.exists(0));
  const uint32_t first = slots.take();
  const HostSlot* const place = &slots[first];
  const Outcome* const outcomes = slots.outcomes(first);
  for (uint32_t i = 1; i < capacity; ++i) {
    EXPECT_FALSE(slots.full());
    EXPECT_FALSE(slots.exists(i));
    EXPECT_EQ(slots.take(), i);
    EXPECT_EQ(slots.outcomes(i)[2], Outcome::none);
  }
  EXPECT_TRUE(slots.full());
  EXPECT_EQ(&slots[first], place);
  EXPECT_EQ(slots.outcomes(first), outcomes);
  slots.release(7);
  EXPECT_TRUE(slots.exists(7)) << "whoever still has its number may look";
  EXPECT_EQ(slots.take(), 7u);
}

std::vector<int64_t> deadlines(HostSlots& slots, const SlotList& list) {
  std::vector<int64_t> out;
  for (uint32_t s = list.head; s != no_slot; s = slots[s].next) out.push_back(slots[s].deadline);
  return out;
}
uint32_t insert(HostSlots& slots, SlotList& list, int64_t deadline) {
  const uint32_t s = slots.take();
  slots[s].deadline = deadline;
  slots.insert_by_deadline(list, s);
  return s;
}
uint32_t push_undated(HostSlots& slots, SlotList& list) {
  const uint32_t s = slots.take();
  slots.push_undated(list, s);
  return s;
}

TEST(HostSlots, DeadlinesStaySorted) {
  HostSlots slots(5, 1);
  SlotList list;
  for (int64_t deadline : {10, 30, 20, 5, 30}) insert(slots, list, deadline);
  EXPECT_EQ(deadlines(slots, list), (std::vector<int64_t>{5, 10, 20, 30, 30}));
  slots.unlink(list, list.head);
  slots.unlink(list, list.tail);
  EXPECT_EQ(list.size, 3u);
  EXPECT_EQ(slots[list.head].deadline, 10);
  EXPECT_EQ(slots[list.tail].deadline, 30);
}

TEST(HostSlots, ThoseWithoutADeadlineAreLast) {
  HostSlots slots(8, 1);
  SlotList list;
  const uint32_t first = push_undated(slots, list), second = push_undated(slots, list);
  insert(slots, list, 20);
  insert(slots, list, 10);
  insert(slots, list, 30);
  EXPECT_EQ(deadlines(slots, list), (std::vector<int64_t>{10, 20, 30, INT64_MAX, INT64_MAX}));
  slots.unlink(list, first);
  insert(slots, list, 40);
  EXPECT_EQ(deadlines(slots, list), (std::vector<int64_t>{10, 20, 30, 40, INT64_MAX}));
  slots.unlink(list, second);
  insert(slots, list, 50);
  push_undated(slots, list);
  EXPECT_EQ(deadlines(slots, list), (std::vector<int64_t>{10, 20, 30, 40, 50, INT64_MAX}));
  EXPECT_EQ(list.size, 6u);
}

// Tens of thousands may wait for descriptors, and each is inserted anew when its turn comes.
TEST(HostSlots, InsertingLooksAtNoneOfThoseWithoutADeadline) {
  HostSlots slots(3, 1);
  SlotList list;
  insert(slots, list, 10);
  const uint32_t waits = push_undated(slots, list);
  slots[waits].deadline = 0;  // a search from the end would stop here
  insert(slots, list, 20);
  EXPECT_EQ(deadlines(slots, list), (std::vector<int64_t>{10, 20, 0}));
}

TEST(HostSlots, AllCanBeMadeDue) {
  HostSlots slots(4, 1);
  SlotList list;
  insert(slots, list, 10);
  insert(slots, list, 30);
  push_undated(slots, list);
  slots.due_by(list, 20);
  EXPECT_EQ(deadlines(slots, list), (std::vector<int64_t>{10, 20, 20}));
  insert(slots, list, 25);
  EXPECT_EQ(deadlines(slots, list), (std::vector<int64_t>{10, 20, 20, 25}));
}

}  // namespace
}  // namespace sonde::core
