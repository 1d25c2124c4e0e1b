// Objects with stable addresses that are used again, known outside by a number that goes stale with each use.
#pragma once
#include <cstdint>
#include <deque>
#include <vector>

namespace sonde::tcp_banner {

/// T has a member `uint64_t handle`, 0 while it is free, and a function `reset()`.
template <class T>
class Pool {
 public:
  T& take() {
    if (free_.empty()) {
      free_.push_back(static_cast<uint32_t>(all_.size()));
      all_.emplace_back();
      generations_.push_back(0);
    }
    const uint32_t slot = free_.back();
    free_.pop_back();
    // Generation 0 is left out, so that no handle is 0.
    if (++generations_[slot] == 0) ++generations_[slot];
    all_[slot].handle = uint64_t{generations_[slot]} << 32 | slot;
    return all_[slot];
  }
  void give_back(T& object) {
    const auto slot = static_cast<uint32_t>(object.handle);
    object.reset();
    object.handle = 0;
    free_.push_back(slot);
  }
  /// Null for a stale handle.
  T* find(uint64_t handle) {
    const auto slot = static_cast<uint32_t>(handle);
    return handle != 0 && slot < all_.size() && all_[slot].handle == handle ? &all_[slot] : nullptr;
  }

 private:
  std::deque<T> all_;
  std::vector<uint32_t> generations_;
  std::vector<uint32_t> free_;
};

}  // namespace sonde::tcp_banner
