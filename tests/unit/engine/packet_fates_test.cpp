// What is remembered of packets, and the times at which silence proves nothing.
#include "engine/packet_fates.hpp"

#include <gtest/gtest.h>

#include "engine/doubtful_times.hpp"
#include "engine/loss_delay.hpp"
#include "engine/rate_history.hpp"

namespace sonde::core {
namespace {

constexpr int64_t ms = 1'000'000, second = 1000 * ms;
using Attempt = PacketFates::Attempt;
using Which = PacketFates::Which;
using Cause = DoubtfulTimes::Cause;

TEST(PacketFates, AreCountedByWhenTheyWereSent) {
  PacketFates fates(5 * second);
  fates.arrived(5 * second, Attempt::first);
  fates.arrived(5 * second + 9 * ms, Attempt::later);
  fates.lost(5 * second + 10 * ms, Attempt::first);
  EXPECT_EQ(fates.slice_of(5 * second + 10 * ms), 1);
  EXPECT_EQ(fates.slice_of(0), 0) << "nothing was sent earlier";
  const auto all = fates.cohort(0, 1, Which::all);
  EXPECT_EQ(all.arrived, 2u);
  EXPECT_EQ(all.lost, 1u);
  EXPECT_EQ(all.from, 5 * second);
  EXPECT_EQ(fates.cohort(0, 1, Which::first).arrived, 1u);
  EXPECT_EQ(fates.cohort(0, 1, Which::later).lost, 0u);
}

TEST(PacketFates, ACohortIsTheNewestSlicesUntilEnoughIsKnown) {
  PacketFates fates(0);
  for (int64_t at = 0; at < second; at += ms) fates.arrived(at, Attempt::first);
  const auto c = fates.cohort(0, 99, Which::all, 25);
  EXPECT_EQ(c.arrived, 30u) << "three slices of ten";
  EXPECT_EQ(c.from, 970 * ms);
}

TEST(PacketFates, WhatIsOlderThanTheRingIsForgottenAndWritesNothing) {
  PacketFates fates(0);
  const int64_t turn = static_cast<int64_t>(PacketFates::slices_kept) * PacketFates::slice_ns;
  fates.lost(0, Attempt::first);
  fates.arrived(turn, Attempt::first);
  fates.lost(0, Attempt::first);
  EXPECT_EQ(fates.cohort(0, static_cast<int64_t>(PacketFates::slices_kept), Which::all).lost, 0u);
  EXPECT_EQ(fates.cohort(0, static_cast<int64_t>(PacketFates::slices_kept), Which::all).arrived, 1u);
}

TEST(PacketFates, AFullSliceStaysFull) {
  PacketFates fates(0);
  for (int i = 0; i < 70'000; ++i) {
    fates.lost(0, Attempt::first);
    fates.arrived(0, Attempt::first);
  }
  const auto c = fates.cohort(0, 0, Which::all);
  EXPECT_EQ(c.lost, 65'535u);
  EXPECT_EQ(c.arrived, 65'535u);
}

TEST(PacketFates, FirstOnesAreComparedWithLaterOnesOfTheSameHalfSecond) {
  PacketFates fates(0);
  fates.lost(0, Attempt::first);  // nothing later arrived beside it
  fates.lost(600 * ms, Attempt::first);
  fates.arrived(900 * ms, Attempt::later);
  fates.arrived(1100 * ms, Attempt::first);  // nor beside this one
  const auto c = fates.beside_what_arrived(0, 150);
  EXPECT_EQ(c.first.lost, 1u);
  EXPECT_EQ(c.first.arrived, 0u);
  EXPECT_EQ(c.later.arrived, 1u);
}

TEST(DoubtfulTimes, HoldBothEndsAndAreJoinedWhereTheyOverlap) {
  DoubtfulTimes doubt;
  EXPECT_FALSE(doubt.contain(0));
  doubt.add(10, 20, Cause::path);
  doubt.add(15, 30, Cause::path);
  doubt.add(40, 50, Cause::machine);
  for (const int64_t in : {10, 20, 30, 40, 50}) EXPECT_TRUE(doubt.contain(in)) << in;
  for (const int64_t out : {9, 31, 39, 51}) EXPECT_FALSE(doubt.contain(out)) << out;
  doubt.absolve_the_path();
  EXPECT_FALSE(doubt.contain(15));
  EXPECT_TRUE(doubt.contain(45)) << "what this machine dropped is in doubt whatever the path does";
}

TEST(DoubtfulTimes, MoreThanAreKeptAreJoinedNotForgotten) {
  DoubtfulTimes doubt;
  for (int64_t i = 1; i <= 300; ++i) doubt.add(i * 10, i * 10 + 1, Cause::machine);
  EXPECT_TRUE(doubt.contain(10));
  EXPECT_TRUE(doubt.contain(15)) << "the oldest are one span now";
  EXPECT_TRUE(doubt.contain(3001));
  EXPECT_FALSE(doubt.contain(2995));
}

TEST(RateHistory, TheFreeRunIsTheFirstAndStaysByItself) {
  RateHistory history(0, 1000);
  for (int64_t i = 1; i < 100; ++i) history.fell_to(static_cast<uint64_t>(990 - i), i);
  ASSERT_EQ(history.regimes().size(), RateHistory::regimes_kept);
  EXPECT_EQ(history.regimes()[0].permitted, 1000u);
  EXPECT_EQ(history.regimes()[1].from, 1);
  EXPECT_EQ(history.regimes().back().permitted, 891u);
}

TEST(RateHistory, TheMostAlikeAreJoinedUnderTheFasterRate) {
  RateHistory history(0, UINT64_MAX);
  int64_t now = 1;
  for (uint64_t rate = 1 << 20; history.regimes().size() + 2 < RateHistory::regimes_kept; rate /= 2)
    history.fell_to(rate, now++);
  history.fell_to(101, now++);
  history.fell_to(100, now++);
  history.set_free(now);
  const auto regimes = history.regimes();
  ASSERT_EQ(regimes.size(), RateHistory::regimes_kept);
  EXPECT_EQ(regimes[regimes.size() - 2].permitted, 101u);
  EXPECT_EQ(regimes.back().permitted, UINT64_MAX) << "what was free is not taken for the slowest";
}

TEST(RateHistory, KnowsSinceWhenMoreWasPermitted) {
  RateHistory history(0, 1000);
  history.fell_to(100, 10);
  history.grew_to(150, 20);
  history.grew_to(200, 30);
  EXPECT_EQ(history.faster_since(140, 99), 20);
  EXPECT_EQ(history.faster_since(900, 99), 99);
  EXPECT_EQ(history.faster_since(90, 5), 5) << "but no later than that";
  EXPECT_EQ(history.last_fall(), 10);
  EXPECT_EQ(history.last_change(), 30);
  history.set_free(40);
  EXPECT_EQ(history.last_fall(), 40);
}

TEST(LossDelay, FollowsTheNewestLossOfEachTargetAndForgetsSlowly) {
  LossDelay delay;
  const int64_t least = delay.ns();
  delay.reported(0, 3 * second);          // of a target with three packets: its first,
  delay.reported(2500 * ms, 3 * second);  // and its newest counts
  delay.reported(0, 4 * second);
  EXPECT_EQ(delay.ns(), least);
  delay.reported(2 * second, 5 * second);
  EXPECT_EQ(delay.ns(), 4 * second) << "no more than that";
  delay.decay();
  EXPECT_EQ(delay.ns(), 2800 * ms);
  for (int i = 0; i < 10; ++i) delay.decay();
  EXPECT_EQ(delay.ns(), least);
}

}  // namespace
}  // namespace sonde::core
