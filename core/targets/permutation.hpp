// A seeded bijection on 0..n-1 in constant memory: the order in which targets are asked. Feistel network with cycle
// walking, so that the position alone is the resume point and slices of positions are uncorrelated with address bits.
#pragma once
#include <cstdint>

namespace sonde::core {

class Permutation {
 public:
  /// n >= 1. The same (n, seed) gives the same order on every machine and version of journal format 1.
  Permutation(uint64_t n, uint64_t seed);
  /// position in [0, n) -> index in [0, n).
  uint64_t operator()(uint64_t position) const;
  /// The other way round: index in [0, n) -> position in [0, n).
  uint64_t position_of(uint64_t index) const;
  uint64_t size() const { return n_; }

 private:
  uint64_t once(uint64_t x) const;  // on the power of two around n

  uint64_t back(uint64_t x) const;  // undoes once()

  uint64_t n_;
  uint64_t keys_[4];
  uint32_t low_bits_, high_bits_;  // the two halves; unequal by at most one, so that less than two walks are expected
};

/// A run of positions. A shard works on one, the journal settles one, `--shard i/n` takes one.
struct Slice {
  uint64_t start = 0;
  uint64_t count = 0;
  uint64_t end() const { return start + count; }
};

/// Part `index` of `parts` of [whole.start, whole.end()): contiguous, sizes differ by at most one, disjoint and
/// complete.
Slice part_of(Slice whole, uint64_t index, uint64_t parts);

}  // namespace sonde::core
