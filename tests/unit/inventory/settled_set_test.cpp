// Runs of settled positions: against a plain set of numbers, and at the edges.
#include <gtest/gtest.h>

#include <random>
#include <set>

#include "inventory/settled_set.hpp"

namespace sonde::core {
namespace {

std::string show(const SettledSet& set) {
  std::string out;
  for (const Slice& run : set.runs()) out += std::to_string(run.start) + "+" + std::to_string(run.count) + " ";
  return out;
}

TEST(SettledSet, MergesNeighboursAndOverlaps) {
  SettledSet set;
  set.add(5);
  set.add(7);
  EXPECT_EQ(show(set), "5+1 7+1 ");
  set.add(6);
  EXPECT_EQ(show(set), "5+3 ");
  set.add(Slice{20, 10});
  set.add(Slice{0, 2});
  EXPECT_EQ(show(set), "0+2 5+3 20+10 ");
  set.add(Slice{1, 25});
  EXPECT_EQ(show(set), "0+30 ");
  set.add(Slice{3, 4});
  set.add(Slice{50, 0});
  EXPECT_EQ(show(set), "0+30 ");
  EXPECT_EQ(set.size(), 30u);
}

TEST(SettledSet, DoesNotOverflowAtTheEnd) {
  SettledSet set;
  set.add(Slice{UINT64_MAX - 2, 100});
  EXPECT_TRUE(set.contains(UINT64_MAX - 2));
  EXPECT_TRUE(set.contains(UINT64_MAX - 1));
  EXPECT_FALSE(set.contains(0));
  EXPECT_EQ(set.size(), 2u);
}

TEST(SettledSet, AgreesWithASetOfNumbers) {
  std::mt19937 random(1);
  for (int round = 0; round < 50; ++round) {
    SettledSet one_by_one, at_once;
    std::set<uint64_t> plain;
    std::vector<Slice> runs;
    for (int i = 0; i < 40; ++i) {
      const Slice run{random() % 200, random() % 6};
      one_by_one.add(run);
      runs.push_back(run);
      for (uint64_t p = run.start; p < run.end(); ++p) plain.insert(p);
    }
    at_once.add_all(runs);
    EXPECT_EQ(one_by_one.size(), plain.size());
    EXPECT_EQ(show(one_by_one), show(at_once));
    for (uint64_t p = 0; p < 210; ++p) ASSERT_EQ(one_by_one.contains(p), plain.count(p) != 0) << p;
    for (std::size_t i = 1; i < one_by_one.runs().size(); ++i)
      ASSERT_GT(one_by_one.runs()[i].start, one_by_one.runs()[i - 1].end());
  }
}

TEST(SettledSet, AddAllKeepsWhatWasThere) {
  SettledSet set;
  set.add(3);
  set.add_all({{10, 5}, {4, 1}, {12, 9}});
  EXPECT_EQ(show(set), "3+2 10+11 ");
}

}  // namespace
}  // namespace sonde::core
