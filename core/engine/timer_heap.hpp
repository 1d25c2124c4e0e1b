// One-shot timers of a shard: a binary heap whose entries know their place, so that moving and cancelling cost O(log n)
// and leave nothing behind.
#pragma once
#include <cstdint>
#include <vector>

namespace sonde::core {

class TimerHeap {
 public:
  struct Timer {
    int64_t at = 0;
    void* owner = nullptr;  ///< the instance
    uint64_t user = 0;
    uint64_t id = 0;
  };
  /// Arms a new timer and returns its id, never 0.
  uint64_t add(int64_t at, void* owner, uint64_t user);
  /// Moves a live timer of this owner; false if there is none.
  bool move(uint64_t id, int64_t at, void* owner, uint64_t user);
  bool cancel(uint64_t id, void* owner);
  void cancel_all(void* owner);
  bool empty() const { return heap_.empty(); }
  std::size_t size() const { return heap_.size(); }
  int64_t next() const { return heap_.empty() ? INT64_MAX : heap_.front().at; }
  /// Takes the earliest timer if it is due at `now`.
  bool pop_due(int64_t now, Timer* out);

 private:
  struct Place {
    uint32_t generation = 0;
    uint32_t index = free_place;
  };
  static constexpr uint32_t free_place = UINT32_MAX;
  uint32_t find(uint64_t id, void* owner) const;
  void set(uint32_t index, const Timer& t);
  void up(uint32_t index);
  void down(uint32_t index);
  void remove(uint32_t index);

  std::vector<Timer> heap_;
  std::vector<Place> places_;
  std::vector<uint32_t> free_;
};

}  // namespace sonde::core
