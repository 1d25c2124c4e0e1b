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

TEST(HostSlots, DeadlinesStaySorted) {
  HostSlots slots(5, 1);
  SlotList list;
  for (int64_t deadline : {10, 30, 20, 5, 30}) {
    const uint32_t s = slots.take();
    slots[s].deadline = deadline;
    slots.insert_by_deadline(list, s);
  }
  std::vector<int64_t> order;
  for (uint32_t s = list.head; s != no_slot; s = slots[s].next) order.push_back(slots[s].deadline);
  EXPECT_EQ(order, (std::vector<int64_t>{5, 10, 20, 30, 30}));
  slots.unlink(list, list.head);
  slots.unlink(list, list.tail);
  EXPECT_EQ(list.size, 3u);
  EXPECT_EQ(slots[list.head].deadline, 10);
  EXPECT_EQ(slots[list.tail].deadline, 30);
}

}  // namespace
}  // namespace sonde::core
