#include "engine/budgets.hpp"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace sonde::core {
namespace {

constexpr int64_t ms = 1'000'000;
constexpr int64_t second = 1000 * ms;

TEST(PacketBudget, UnlimitedGivesAllAndCounts) {
  PacketBudget b(0, 0);
  int64_t again = 0;
  EXPECT_EQ(b.take(1000, 0, &again), 1000u);
  EXPECT_EQ(b.taken(), 1000u);
}

TEST(PacketBudget, NothingLeavesBeforeItsTime) {
  PacketBudget b(1000, 0);
  int64_t again = 0;
  EXPECT_EQ(b.take(5, 0, &again), 0u);
  EXPECT_GE(again, ms);
  EXPECT_EQ(b.take(5, 2 * ms, &again), 2u);
  EXPECT_EQ(b.take(5, 2 * ms, &again), 0u);
}

TEST(PacketBudget, SavesUpAtMostTenMilliseconds) {
  PacketBudget b(1000, 0);
  int64_t again = 0;
  EXPECT_EQ(b.take(1000, 5 * second, &again), 10u);
}

TEST(PacketBudget, NoBurstIsDeeperThanWhatMayBeSavedUp) {
  for (uint64_t rate : {10u, 500u, 20'000u}) {
    PacketBudget b(rate, 0);
    double lowest = 0, deepest = 0, taken = 0;
    for (int64_t now = 0; now < 5 * second; now += now % (7 * ms) == 0 ? 40 * ms : ms) {  // a machine that stalls
      int64_t again = 0;
      const double due = static_cast<double>(rate) * static_cast<double>(now) / 1e9;
      lowest = std::min(lowest, taken - due);
      taken += b.take(1000, now, &again);
      deepest = std::max(deepest, taken - due - lowest);
    }
    EXPECT_LE(deepest, std::max(1.0, static_cast<double>(rate) / 100) + 1e-6) << rate;
  }
}

TEST(PacketBudget, CanBeSlowedAndNeverPassesWhatWasSet) {
  PacketBudget b(1000, 0);
  const auto in_a_second = [&](int64_t from) {
    uint64_t n = 0;
    int64_t again = 0;
    for (int64_t now = from; now < from + second; now += ms) n += b.take(100, now, &again);
    return n;
  };
  b.slow_to(200);
  EXPECT_NEAR(static_cast<double>(in_a_second(0)), 200, 5);
  b.slow_to(5000);
  EXPECT_NEAR(static_cast<double>(in_a_second(second)), 1000, 15);
  b.slow_to(200);
  b.slow_to(0);
  EXPECT_NEAR(static_cast<double>(in_a_second(2 * second)), 1000, 15);
}

TEST(PacketBudget, RemembersHowFastItWas) {
  PacketBudget b(0, 0);
  int64_t again = 0;
  for (int64_t now = 0; now < 100 * ms; now += ms) b.take(50, now, &again);
  EXPECT_EQ(b.rate_between(0, 100 * ms - 1), 50'000u);
  EXPECT_EQ(b.rate_between(50 * ms, 100 * ms - 1), 50'000u);
  EXPECT_EQ(b.rate_between(200 * ms, 300 * ms), 0u);
  EXPECT_EQ(b.rate_between(100 * second, 101 * second), 0u) << "long ago is forgotten";
}

TEST(PacketBudget, HoldsTheRateOverTenSecondsWithinTwoPercent) {
  for (uint64_t rate : {10u, 1000u, 3000u, 50'000u, 1'000'000u}) {
    PacketBudget b(rate, 0);
    uint64_t sent = 0;
    for (int64_t now = 0; now <= 10 * second;) {
      int64_t again = now + ms;
      sent += b.take(64, now, &again);
      now = std::max(now + 1000, std::min(again, now + ms));
    }
    EXPECT_NEAR(static_cast<double>(sent), 10.0 * static_cast<double>(rate), 0.02 * 10.0 * static_cast<double>(rate))
        << rate;
  }
}

TEST(PacketBudget, TwoThreadsTogetherGetOneRate) {
  PacketBudget b(1'000'000, 0);
  auto work = [&b] {
    uint64_t got = 0;
    for (int64_t now = 0; now < second; now += 10'000) {
      int64_t again = 0;
      got += b.take(32, now, &again);
    }
    return got;
  };
  uint64_t a = 0;
  std::thread t([&] { a = work(); });
  const uint64_t c = work();
  t.join();
  EXPECT_LE(a + c, 1'000'000u + 10'000u);
  EXPECT_EQ(a + c, b.taken());
}

TEST(PacketBudget, WhatIsGivenBackHasNotLeft) {
  PacketBudget b(1000, 0);
  int64_t again = 0;
  ASSERT_EQ(b.take(5, 20 * ms, &again), 5u);
  for (int i = 0; i < 2; ++i) b.give_back(20 * ms);
  EXPECT_EQ(b.taken(), 3u);
  EXPECT_EQ(b.busy_rate_between(20 * ms, 29 * ms), 300u);
  for (int i = 0; i < 3; ++i) b.give_back(30 * ms);
  EXPECT_EQ(b.busy_rate_between(30 * ms, 39 * ms), 0u) << "an estimate, but never four thousand million";
}

TEST(CountBudget, GivesAsManyAsThereAre) {
  CountBudget b(2);
  EXPECT_TRUE(b.take());
  EXPECT_TRUE(b.take());
  EXPECT_FALSE(b.take());
  b.give_back();
  EXPECT_TRUE(b.take());
}

TEST(NeighbourBudget, FillsHalfOfTheTableAndThenTrickles) {
  NeighbourBudget b(100, 40);
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(b.take(0));
  EXPECT_TRUE(b.take(ms));       // the trickle's first
  EXPECT_FALSE(b.take(2 * ms));  // and not at once another
  EXPECT_TRUE(b.take(60 * ms));
}

TEST(NeighbourBudget, AFullTableGetsNothing) {
  NeighbourBudget b(100, 95);
  EXPECT_FALSE(b.take(0));
  EXPECT_FALSE(b.take(second));
}

}  // namespace
}  // namespace sonde::core
