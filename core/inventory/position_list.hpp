// Positions that a million lines may tell one by one: put in order from time to time, so that runs stay runs.
#pragma once
#include <algorithm>
#include <utility>
#include <vector>

#include "inventory/settled_set.hpp"

namespace sonde::core {

class PositionList {
 public:
  void add(const Slice& run) {
    fresh_.push_back(run);
    if (fresh_.size() >= std::max(least, set_.runs().size())) collect();
  }
  /// All that were added.
  SettledSet take() {
    collect();
    return std::move(set_);
  }

 private:
  static constexpr std::size_t least = 65536;
  void collect() { set_.add_all(std::exchange(fresh_, {})); }
  SettledSet set_;
  std::vector<Slice> fresh_;
};

}  // namespace sonde::core
