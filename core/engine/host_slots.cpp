#include "engine/host_slots.hpp"

#include "engine/worker_pool.hpp"

#include <algorithm>

namespace sonde::core {

// Some 65,536 of them are there at a time: what only a few hosts need belongs into SlotExtras.
static_assert(sizeof(HostSlot) <= 112);

HostSlots::HostSlots(uint32_t capacity, uint32_t stages) : capacity_(capacity), stages_(stages) {
  slots_.reserve(capacity);
  outcomes_.reserve(std::size_t{capacity} * stages);
  free_.reserve(capacity);
}

// The one that was used last comes first: a cache may still hold it.
uint32_t HostSlots::take() {
  ++used_;
  if (free_.empty()) {
    slots_.emplace_back();
    outcomes_.resize(outcomes_.size() + stages_, Outcome::none);
    return static_cast<uint32_t>(slots_.size() - 1);
  }
  const uint32_t slot = free_.back();
  free_.pop_back();
  std::fill_n(outcomes(slot), stages_, Outcome::none);
  return slot;
}

void HostSlots::release(uint32_t slot) {
  HostSlot& s = slots_[slot];
  end_task(slot);
  s.state = SlotState::free;
  s.stage = 0;
  s.link_silent = s.link_direct = s.alive = s.neighbour_place = s.unasked = s.not_admitted = false;
  s.source_facts = 0;
  s.waits = 0;
  s.facts.clear();
  s.extras.reset();
  free_.push_back(slot);
  --used_;
}

uint32_t HostSlots::find(sonde_task task, uint8_t stage) const {
  const uint64_t index = (task & 0xffffffff) - 1;
  if (task == 0 || index >= slots_.size()) return no_slot;
  const HostSlot& s = slots_[index];
  if (s.generation != task >> 32 || s.state != SlotState::running || s.stage != stage) return no_slot;
  return static_cast<uint32_t>(index);
}

void HostSlots::push(SlotList& list, uint32_t slot) {
  HostSlot& s = slots_[slot];
  s.prev = list.tail;
  s.next = no_slot;
  (list.tail == no_slot ? list.head : slots_[list.tail].next) = slot;
  list.tail = slot;
  ++list.size;
}

void HostSlots::insert_by_deadline(SlotList& list, uint32_t slot) {
  uint32_t after = list.undated == no_slot ? list.tail : slots_[list.undated].prev;
  while (after != no_slot && slots_[after].deadline > slots_[slot].deadline) after = slots_[after].prev;
  if (after == list.tail) return push(list, slot);
  HostSlot& s = slots_[slot];
  s.prev = after;
  s.next = after == no_slot ? list.head : slots_[after].next;
  (after == no_slot ? list.head : slots_[after].next) = slot;
  slots_[s.next].prev = slot;
  ++list.size;
}

void HostSlots::push_undated(SlotList& list, uint32_t slot) {
  slots_[slot].deadline = INT64_MAX;
  push(list, slot);
  if (list.undated == no_slot) list.undated = slot;
}

void HostSlots::due_by(SlotList& list, int64_t latest) {
  for (uint32_t slot = list.head; slot != no_slot; slot = slots_[slot].next)
    slots_[slot].deadline = std::min(slots_[slot].deadline, latest);
  list.undated = no_slot;
}

void HostSlots::unlink(SlotList& list, uint32_t slot) {
  HostSlot& s = slots_[slot];
  if (list.undated == slot) list.undated = s.next;
  (s.prev == no_slot ? list.head : slots_[s.prev].next) = s.next;
  (s.next == no_slot ? list.tail : slots_[s.next].prev) = s.prev;
  s.prev = s.next = no_slot;
  --list.size;
}

uint32_t HostSlots::pop(SlotList& list) {
  const uint32_t slot = list.head;
  if (slot != no_slot) unlink(list, slot);
  return slot;
}

}  // namespace sonde::core
