// The hosts in flight of a shard: a table of slots that grows to its capacity as they are needed and never moves, so
// that memory follows the window and never the target space. A slot carries one host from intake to settlement; its
// generation changes whenever a task of it ends, which makes the task ids that plugins hold worthless from then on.
#pragma once
#include <sonde/plugin.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "engine/shortages.hpp"
#include "inventory/put.hpp"
#include "inventory/record.hpp"

namespace sonde::core {

inline constexpr uint32_t no_slot = UINT32_MAX;

struct Job;

enum class SlotState : uint8_t { free, queued, running, in_worker };

/// What few hosts have at a time: connections, dials that wait, a worker. Most targets are silent and never get that
/// far.
struct SlotExtras {
  struct Connection {
    uint64_t id;    ///< in the loop
    int64_t since;  ///< when it was dialled
  };
  std::vector<Connection> connections;  ///< what was dialled for the running task and is open
  std::vector<uint64_t> waiting_dials;  ///< users of dials that wait for a connection of this host to close
  std::shared_ptr<Job> job;             ///< when in_worker
  int64_t left = 0;                     ///< of the deadline, while dials wait for their turn
  int64_t short_of_since = 0;           ///< when this machine first had no connection or place for this task, or 0
  Shortage short_of = Shortage::descriptors;  ///< of what, last
  bool dial_refused = false;                  ///< since this offer began
  uint32_t refusals = 0;                      ///< dials for this host that had to wait, or were refused for good
  int64_t untaken_since = 0;  ///< over all offers: since when the plugin has dialled for it and not taken it, or 0
  /// Over all offers of this task: when it was first postponed, or not admitted, and has not been since; or 0.
  int64_t short_since = 0;
  Shortage lacks = Shortage::descriptors;  ///< what it was for, then
  int64_t begun = 0;                       ///< when the last offer, or the job of one, began
  uint8_t worked_before = 0;               ///< how often it was postponed after it had worked for a while
  bool worked_for_a_while(int64_t now) const { return begun != 0 && now - begun > a_while_ns; }
  static constexpr int64_t a_while_ns = 1'000'000'000;
};

struct HostSlot {
  IpAddress ip{};
  SlotState state = SlotState::free;
  uint8_t stage = 0;
  bool link_silent : 1 = false;      ///< asked on the link, in vain
  bool link_direct : 1 = false;      ///< answered on the link: raw stages address it by its MAC
  bool alive : 1 = false;            ///< a stage has heard of it
  bool neighbour_place : 1 = false;  ///< has its place in the kernel's neighbour table
  bool unasked : 1 = false;          ///< a failed stage left it without an answer
  bool not_admitted : 1 = false;     ///< the running task was refused a place in that table, and has asked nobody
  uint16_t waits = 0;                ///< dials of the running task that wait for the rate or for this machine
  uint32_t generation = 1;
  uint32_t prev = no_slot, next = no_slot;  ///< in the queue or the deadline list of its stage
  uint32_t first_fact = 0;                  ///< of the running task
  uint32_t source_facts = 0;                ///< that sources stated: the first ones
  uint64_t position = 0;                    ///< in the permutation
  uint64_t user = 0;                        ///< attach()
  int64_t deadline = 0;                     ///< INT64_MAX while dials wait for their turn
  std::vector<Fact> facts;
  std::unique_ptr<FactIndex> fact_index;  ///< of the running task's facts, when they are many
  std::unique_ptr<SlotExtras> extras;     ///< made when first needed, gone with the host

  SlotExtras& with_extras() {
    if (!extras) extras = std::make_unique<SlotExtras>();
    return *extras;
  }
};

/// A queue of slots, linked through them.
struct SlotList {
  uint32_t head = no_slot, tail = no_slot;
  uint32_t undated = no_slot;  ///< of a deadline list: the first of those without a deadline, who are its end
  uint32_t size = 0;
};

class HostSlots {
 public:
  /// Memory is only set aside here; the thread that takes a slot is the first to touch it.
  HostSlots(uint32_t capacity, uint32_t stages);
  uint32_t capacity() const { return capacity_; }
  uint32_t used() const { return used_; }
  bool full() const { return used_ == capacity_; }
  /// Whether it was ever taken: others must not be looked at.
  bool exists(uint32_t slot) const { return slot < slots_.size(); }
  /// A slot with nothing in it; not when full().
  uint32_t take();
  void release(uint32_t slot);
  HostSlot& operator[](uint32_t slot) { return slots_[slot]; }
  const HostSlot& at(uint32_t slot) const { return slots_[slot]; }
  Outcome* outcomes(uint32_t slot) { return &outcomes_[std::size_t{slot} * stages_]; }
  uint32_t stages() const { return stages_; }

  sonde_task task_of(uint32_t slot) const { return (uint64_t{slots_[slot].generation} << 32) | (slot + 1); }
  /// The slot of a task id that is still good and running in `stage`, or no_slot.
  uint32_t find(sonde_task, uint8_t stage) const;
  /// The task is over: its id is stale from now on.
  void end_task(uint32_t slot) {
    if (++slots_[slot].generation == 0) slots_[slot].generation = 1;
  }

  void push(SlotList&, uint32_t slot);
  /// Inserts before the entries of a deadline list that are due later. Those without a deadline cost nothing.
  void insert_by_deadline(SlotList&, uint32_t slot);
  /// Puts it at the end of a deadline list with no deadline, INT64_MAX.
  void push_undated(SlotList&, uint32_t slot);
  /// All of a deadline list are due by then, also those without a deadline.
  void due_by(SlotList&, int64_t latest);
  void unlink(SlotList&, uint32_t slot);
  uint32_t pop(SlotList&);

 private:
  uint32_t capacity_, stages_;
  uint32_t used_ = 0;
  std::vector<HostSlot> slots_;
  std::vector<Outcome> outcomes_;
  std::vector<uint32_t> free_;
};

}  // namespace sonde::core
