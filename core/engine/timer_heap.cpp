#include "engine/timer_heap.hpp"

#include <utility>

namespace sonde::core {

namespace {
uint32_t place_of(uint64_t id) {
  return static_cast<uint32_t>(id & 0xffffffff) - 1;
}
}  // namespace

uint64_t TimerHeap::add(int64_t at, void* owner, uint64_t user) {
  uint32_t place = 0;
  if (free_.empty()) {
    place = static_cast<uint32_t>(places_.size());
    places_.emplace_back();
  } else {
    place = free_.back();
    free_.pop_back();
  }
  const uint64_t id = (uint64_t{places_[place].generation} << 32) | (place + 1);
  heap_.emplace_back();
  set(static_cast<uint32_t>(heap_.size() - 1), Timer{at, owner, user, id});
  up(static_cast<uint32_t>(heap_.size() - 1));
  return id;
}

uint32_t TimerHeap::find(uint64_t id, void* owner) const {
  const uint32_t place = place_of(id);
  if (id == 0 || place >= places_.size() || places_[place].generation != id >> 32) return free_place;
  const uint32_t index = places_[place].index;
  return index != free_place && heap_[index].owner == owner ? index : free_place;
}

bool TimerHeap::move(uint64_t id, int64_t at, void* owner, uint64_t user) {
  const uint32_t index = find(id, owner);
  if (index == free_place) return false;
  heap_[index].user = user;
  heap_[index].at = at;
  up(index);
  down(places_[place_of(id)].index);
  return true;
}

bool TimerHeap::cancel(uint64_t id, void* owner) {
  const uint32_t index = find(id, owner);
  if (index == free_place) return false;
  remove(index);
  return true;
}

void TimerHeap::cancel_all(void* owner) {
  for (uint32_t i = 0; i < heap_.size();) {
    if (heap_[i].owner == owner) {
      remove(i);
      i = 0;  // the removal reordered the heap
    } else {
      ++i;
    }
  }
}

bool TimerHeap::pop_due(int64_t now, Timer* out) {
  if (heap_.empty() || heap_.front().at > now) return false;
  *out = heap_.front();
  remove(0);
  return true;
}

void TimerHeap::set(uint32_t index, const Timer& t) {
  heap_[index] = t;
  places_[place_of(t.id)].index = index;
}

void TimerHeap::up(uint32_t index) {
  const Timer t = heap_[index];
  while (index > 0) {
    const uint32_t parent = (index - 1) / 2;
    if (heap_[parent].at <= t.at) break;
    set(index, heap_[parent]);
    index = parent;
  }
  set(index, t);
}

void TimerHeap::down(uint32_t index) {
  const Timer t = heap_[index];
  const auto size = static_cast<uint32_t>(heap_.size());
  for (;;) {
    uint32_t child = 2 * index + 1;
    if (child >= size) break;
    if (child + 1 < size && heap_[child + 1].at < heap_[child].at) ++child;
    if (heap_[child].at >= t.at) break;
    set(index, heap_[child]);
    index = child;
  }
  set(index, t);
}

void TimerHeap::remove(uint32_t index) {
  const uint32_t place = place_of(heap_[index].id);
  places_[place].index = free_place;
  ++places_[place].generation;
  free_.push_back(place);
  const Timer last = heap_.back();
  heap_.pop_back();
  if (index == heap_.size()) return;
  set(index, last);
  up(index);
  down(places_[place_of(last.id)].index);
}

}  // namespace sonde::core
