// An alternating Feistel network of four rounds on ceil(log2 n) bits. A result of n or more is put through again until
// it falls below n (cycle walking), which keeps the bijection and takes two tries at the most on average.
#include "targets/permutation.hpp"

#include <bit>

namespace sonde::core {
namespace {

uint64_t mix(uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

uint64_t low_mask(uint32_t bits) {
  return bits == 0 ? 0 : ~uint64_t{0} >> (64 - bits);
}

/// The round function: only its upper bits are good, so they are what is taken.
uint64_t scramble(uint64_t half, uint64_t key) {
  uint64_t x = (half + key) * 0x9e3779b97f4a7c15ULL;
  x ^= x >> 32;
  return (x * 0xd6e8feb86659fd93ULL) >> 32;
}

}  // namespace

Permutation::Permutation(uint64_t n, uint64_t seed) : n_(n == 0 ? 1 : n) {
  const auto bits = static_cast<uint32_t>(std::bit_width(n_ - 1));
  high_bits_ = bits / 2;
  low_bits_ = bits - high_bits_;
  uint64_t state = mix(seed ^ 0x5eed5eed5eed5eedULL) + mix(n_);
  for (uint64_t& key : keys_) key = mix(state += 0x9e3779b97f4a7c15ULL);
}

uint64_t Permutation::once(uint64_t x) const {
  const uint64_t low_part = low_mask(low_bits_), high_part = low_mask(high_bits_);
  uint64_t low = x & low_part;
  uint64_t high = low_bits_ == 64 ? 0 : x >> low_bits_;
  high ^= scramble(low, keys_[0]) & high_part;
  low ^= scramble(high, keys_[1]) & low_part;
  high ^= scramble(low, keys_[2]) & high_part;
  low ^= scramble(high, keys_[3]) & low_part;
  return high << low_bits_ | low;
}

uint64_t Permutation::operator()(uint64_t position) const {
  uint64_t x = position;
  do {
    x = once(x);
  } while (x >= n_);
  return x;
}

uint64_t Permutation::back(uint64_t x) const {
  const uint64_t low_part = low_mask(low_bits_), high_part = low_mask(high_bits_);
  uint64_t low = x & low_part;
  uint64_t high = low_bits_ == 64 ? 0 : x >> low_bits_;
  low ^= scramble(high, keys_[3]) & low_part;
  high ^= scramble(low, keys_[2]) & high_part;
  low ^= scramble(high, keys_[1]) & low_part;
  high ^= scramble(low, keys_[0]) & high_part;
  return high << low_bits_ | low;
}

uint64_t Permutation::position_of(uint64_t index) const {
  uint64_t x = index;
  do {
    x = back(x);
  } while (x >= n_);
  return x;
}

Slice part_of(Slice whole, uint64_t index, uint64_t parts) {
  using wide = unsigned __int128;
  const auto edge = [&](uint64_t i) { return static_cast<uint64_t>(wide{whole.count} * i / parts); };
  const uint64_t from = edge(index);
  return {whole.start + from, edge(index + 1) - from};
}

}  // namespace sonde::core
