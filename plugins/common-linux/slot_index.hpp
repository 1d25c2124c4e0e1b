// Finds the slot of a question by its address. Eight octets an entry, in one array: a look-up among a whole prefix that
// is asked at once touches one line of the cache, where a hash table of nodes touches three or four. Open addressing
// with linear probing; what is removed leaves no mark. Pure state.
#pragma once
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace sonde::net {

class SlotIndex {
 public:
  static constexpr uint32_t none = 0xffffffff;

  size_t size() const { return used_; }
  // What is kept of a hash. Neighbouring addresses often differ in the upper bits of theirs alone, and a place is found
  // by the lower ones.
  static uint32_t mix(uint64_t hash) { return static_cast<uint32_t>((hash * 0x9e3779b97f4a7c15u) >> 32); }

  // A slot is there once; several of one hash may be. `slot` is not `none`.
  void insert(uint64_t hash, uint32_t slot) {
    if (2 * (used_ + 1) > entries_.size()) grow();
    place({mix(hash), slot});
    ++used_;
  }
  // The slot of that hash of which `same(slot)` says that it is the one, or none.
  template <class Same>
  uint32_t find(uint64_t hash, Same&& same) const {
    if (entries_.empty()) return none;
    const uint32_t wanted = mix(hash);
    for (size_t i = wanted & mask(); entries_[i].slot != none; i = (i + 1) & mask())
      if (entries_[i].hash == wanted && same(entries_[i].slot)) return entries_[i].slot;
    return none;
  }
  // Nothing happens when it is not there.
  void erase(uint64_t hash, uint32_t slot) {
    if (entries_.empty()) return;
    size_t hole = mix(hash) & mask();
    for (; entries_[hole].slot != slot; hole = (hole + 1) & mask())
      if (entries_[hole].slot == none) return;
    --used_;
    // Those behind it move up, unless that would put them before the place where their search begins.
    for (size_t i = (hole + 1) & mask(); entries_[i].slot != none; i = (i + 1) & mask()) {
      const size_t home = entries_[i].hash & mask();
      if (((i - home) & mask()) < ((i - hole) & mask())) continue;
      entries_[hole] = entries_[i];
      hole = i;
    }
    entries_[hole].slot = none;
  }

 private:
  struct Entry {
    uint32_t hash = 0;
    uint32_t slot = none;
  };

  size_t mask() const { return entries_.size() - 1; }
  void place(Entry entry) {
    size_t i = entry.hash & mask();
    while (entries_[i].slot != none) i = (i + 1) & mask();
    entries_[i] = entry;
  }
  void grow() {
    const std::vector<Entry> before =
        std::exchange(entries_, std::vector<Entry>(entries_.empty() ? 64 : 2 * entries_.size()));
    for (const Entry& entry : before)
      if (entry.slot != none) place(entry);
  }

  std::vector<Entry> entries_;  // a power of two, at most half full
  size_t used_ = 0;
};

}  // namespace sonde::net
