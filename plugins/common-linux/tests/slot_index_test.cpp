// The index against a map, in an order of its own, and where entries collide.
#include "common-linux/slot_index.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <vector>

#include "common-linux/ip.hpp"

namespace sonde::net {
namespace {

constexpr auto any = [](uint32_t) { return true; };

TEST(SlotIndex, FindsWhatIsThereAndNothingElse) {
  SlotIndex index;
  EXPECT_EQ(index.find(7, any), SlotIndex::none);
  index.erase(7, 0);
  index.insert(7, 0);
  index.insert(8, 1);
  EXPECT_EQ(index.find(7, any), 0u);
  EXPECT_EQ(index.find(8, any), 1u);
  EXPECT_EQ(index.find(9, any), SlotIndex::none);
  index.erase(7, 0);
  index.erase(7, 0);
  EXPECT_EQ(index.find(7, any), SlotIndex::none);
  EXPECT_EQ(index.size(), 1u);
}
TEST(SlotIndex, TheOwnerTellsThoseOfOneHashApart) {
  SlotIndex index;
  for (uint32_t slot = 0; slot < 5; ++slot) index.insert(42, slot);
  EXPECT_EQ(index.find(42, [](uint32_t slot) { return slot == 3; }), 3u);
  index.erase(42, 3);
  EXPECT_EQ(index.find(42, [](uint32_t slot) { return slot == 3; }), SlotIndex::none);
  EXPECT_EQ(index.find(42, [](uint32_t slot) { return slot == 4; }), 4u);
}
TEST(SlotIndex, ARemovalAcrossTheEndKeepsTheChains) {
  // Of 64 entries, which are there at first: hashes whose search begins at that one.
  const auto at = [](uint32_t place) {
    uint64_t hash = 0;
    while ((SlotIndex::mix(hash) & 63) != place) ++hash;
    return hash;
  };
  SlotIndex index;
  for (uint32_t slot = 0; slot < 4; ++slot) index.insert(at(63), slot);
  index.insert(at(0), 10);
  index.insert(at(1), 11);
  index.erase(at(63), 0);
  EXPECT_EQ(index.find(at(0), any), 10u);
  EXPECT_EQ(index.find(at(1), any), 11u);
  EXPECT_EQ(index.find(at(63), [](uint32_t slot) { return slot == 3; }), 3u);
}
TEST(SlotIndex, ThePlacesOfAPrefixAreSpread) {
  std::vector<unsigned> places(1u << 17);
  for (unsigned i = 0; i < 1u << 16; ++i) {
    const uint8_t address[4] = {10, 67, static_cast<uint8_t>(i >> 8), static_cast<uint8_t>(i)};
    ++places[SlotIndex::mix(IpHash()(mapped(address))) & (places.size() - 1)];
  }
  EXPECT_LE(*std::max_element(places.begin(), places.end()), 8u);
}
TEST(SlotIndex, AgreesWithAMap) {
  SlotIndex index;
  std::map<uint32_t, uint64_t> hashes, erased;  // by slot
  std::mt19937 random(1);
  for (int step = 0; step < 200000; ++step) {
    const uint32_t slot = random() % 4096;
    if (const auto it = hashes.find(slot); it != hashes.end()) {
      index.erase(it->second, slot);
      erased[slot] = it->second;
      hashes.erase(it);
    } else {
      const uint64_t hash = random() % 8192;  // crowded: chains of several
      index.insert(hash, slot);
      hashes[slot] = hash;
    }
  }
  EXPECT_EQ(index.size(), hashes.size());
  for (uint32_t slot = 0; slot < 4096; ++slot) {
    const auto it = hashes.find(slot);
    const auto same = [slot](uint32_t other) { return other == slot; };
    const uint64_t hash = it == hashes.end() ? erased[slot] : it->second;
    EXPECT_EQ(index.find(hash, same), it == hashes.end() ? SlotIndex::none : slot);
  }
}

}  // namespace
}  // namespace sonde::net
