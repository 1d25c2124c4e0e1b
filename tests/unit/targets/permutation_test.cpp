// Properties of the order: a bijection for every size, slices that are disjoint and complete, and no trace of address
// bits in a slice.
#include "targets/permutation.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <vector>

namespace sonde::core {
namespace {

void expect_bijection(uint64_t n, uint64_t seed) {
  const Permutation order(n, seed);
  std::vector<bool> seen(n);
  for (uint64_t position = 0; position < n; ++position) {
    const uint64_t index = order(position);
    ASSERT_LT(index, n) << "n " << n << " seed " << seed;
    ASSERT_FALSE(seen[index]) << "n " << n << " seed " << seed << " index " << index << " twice";
    seen[index] = true;
  }
}

TEST(Permutation, IsABijectionForEverySmallSize) {
  for (uint64_t n = 1; n <= 600; ++n)
    for (const uint64_t seed : {uint64_t{0}, uint64_t{1}, uint64_t{n * 0x9e3779b97f4a7c15ULL}})
      expect_bijection(n, seed);
}

TEST(Permutation, IsABijectionAroundPowersOfTwoAndForRandomSizes) {
  for (uint32_t bits = 10; bits <= 17; ++bits)
    for (const int64_t around : {-1, 0, 1})
      expect_bijection((uint64_t{1} << bits) + static_cast<uint64_t>(around), bits);
  std::mt19937_64 random(7);
  for (int i = 0; i < 20; ++i) expect_bijection(1 + random() % 100'000, random());
}

TEST(Permutation, StaysInRangeForHugeSizes) {
  std::mt19937_64 random(8);
  for (const uint64_t n :
       {uint64_t{1} << 32, (uint64_t{1} << 33) + 5, (uint64_t{1} << 63) + 1, std::numeric_limits<uint64_t>::max()}) {
    const Permutation order(n, random());
    for (int i = 0; i < 1000; ++i) ASSERT_LT(order(random() % n), n);
  }
}

TEST(Permutation, IsTheSameEverywhere) {
  // Journals of format 1 rely on these numbers: a change of the function is a change of the format.
  const Permutation order(1000, 42);
  std::vector<uint64_t> first;
  for (uint64_t position = 0; position < 8; ++position) first.push_back(order(position));
  EXPECT_EQ(first, (std::vector<uint64_t>{739, 820, 436, 420, 48, 497, 316, 662}));
}

TEST(Permutation, PositionsAreFoundAgain) {
  for (const uint64_t n : {uint64_t{1}, uint64_t{2}, uint64_t{7}, uint64_t{254}, uint64_t{1} << 40, UINT64_MAX}) {
    const Permutation order(n, 42);
    for (const uint64_t position : {uint64_t{0}, n / 3, n / 2, n - 1})
      EXPECT_EQ(order.position_of(order(position)), position);
  }
}

TEST(Permutation, SeedsGiveDifferentOrders) {
  const Permutation a(65536, 1), b(65536, 2);
  int equal = 0;
  for (uint64_t position = 0; position < 65536; ++position) equal += a(position) == b(position) ? 1 : 0;
  EXPECT_LT(equal, 20);  // one is expected of a random pair
}

TEST(Permutation, SlicesDoNotFollowAddressBits) {
  // Of every slice, each bit of the index is set in half of the elements, within six standard deviations.
  constexpr uint64_t n = 65536;
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const Permutation order(n, seed);
    for (const uint64_t parts : {2u, 4u, 16u}) {
      for (uint64_t part = 0; part < parts; ++part) {
        const Slice slice = part_of({0, n}, part, parts);
        for (uint32_t bit = 0; bit < 16; ++bit) {
          uint64_t set = 0;
          for (uint64_t position = slice.start; position < slice.end(); ++position) set += order(position) >> bit & 1;
          const double expected = static_cast<double>(slice.count) / 2;
          const double deviation = std::sqrt(static_cast<double>(slice.count)) / 2;
          ASSERT_NEAR(static_cast<double>(set), expected, 6 * deviation) << "seed " << seed << " bit " << bit;
        }
      }
    }
  }
}

TEST(Slice, PartsAreDisjointAndComplete) {
  std::mt19937_64 random(9);
  for (int i = 0; i < 2000; ++i) {
    const Slice whole{random() % 1000, i % 10 == 0 ? random() >> 1 : random() % 300};
    const uint64_t parts = 1 + random() % 70;
    uint64_t next = whole.start, smallest = std::numeric_limits<uint64_t>::max(), largest = 0;
    for (uint64_t part = 0; part < parts; ++part) {
      const Slice slice = part_of(whole, part, parts);
      ASSERT_EQ(slice.start, next);
      next = slice.end();
      smallest = std::min(smallest, slice.count);
      largest = std::max(largest, slice.count);
    }
    ASSERT_EQ(next, whole.end());
    ASSERT_LE(largest - smallest, 1u);
  }
}

}  // namespace
}  // namespace sonde::core
