// Positions of the permutation, as sorted runs: the whole of a finished slice is one of them.
#pragma once
#include <cstdint>
#include <vector>

#include "targets/permutation.hpp"

namespace sonde::core {

/// Positions of the permutation that are settled: what a resumed run need not do again.
class SettledSet {
 public:
  void add(uint64_t position);
  void add(Slice run);
  void add_all(std::vector<Slice> runs);  ///< in any order, overlapping or not; sorts once
  bool contains(uint64_t position) const;
  uint64_t size() const;
  /// Sorted, disjoint, merged.
  const std::vector<Slice>& runs() const { return runs_; }

 private:
  std::vector<Slice> runs_;
};
/// Positions of `whole` that are not in `part`.
SettledSet without(const SettledSet& whole, const SettledSet& part);

}  // namespace sonde::core
