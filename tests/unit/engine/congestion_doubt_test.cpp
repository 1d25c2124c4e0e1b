// Whose silence proves nothing, since packets that left with theirs were lost.
#include "played_path.hpp"

namespace sonde::core {
namespace {

using namespace played;

/// Hosts that all answer, one a millisecond from 10 s to 12 s, but for three from 11 s on.
void three_of_many_are_lost(Congestion& congestion) {
  for (int64_t at = 10'000; at < 12'000; ++at)
    if (at >= 11'000 && at < 11'003)
      congestion.lost(at * ms, (at + 250) * ms);
    else
      congestion.arrived(at * ms, at * ms);
}

TEST(Congestion, WhatLeftTooFastIsInDoubtAndWhatLeftAfterwardsIsNot) {
  Play p(0);
  Policer policer(5000);
  p.until(20 * second, 100, policer);
  EXPECT_EQ(p.congestion.silence(10 * ms, p.now), Silence::doubtful);
  EXPECT_EQ(p.congestion.silence(p.now - 3 * second, p.now), Silence::holds);
  EXPECT_EQ(p.congestion.silence(p.now - second, p.now), Silence::open)
      << "later tries may still show that it was lost";
}

/// All first packets of 65,000 were lost on an overrun path, and of the second ones three got through.
TEST(Congestion, ABurstOfWhichNoFirstPacketArrivedIsAskedAgain) {
  PacketBudget budget(0, 0);
  Congestion congestion(budget, 0, true, 0);
  int64_t again = 0;
  for (const int64_t round : {int64_t{0}, 250 * ms})
    for (int64_t at = 0; at < 80 * ms; at += ms) budget.take(800, round + at, &again);
  for (int64_t at = 10 * ms; at < 70 * ms; at += 20 * ms) {
    congestion.lost(at, 251 * ms + at, Congestion::Attempt::first);
    congestion.arrived(250 * ms + at, 251 * ms + at, Congestion::Attempt::later);
  }
  EXPECT_EQ(congestion.silence(300 * ms, 630 * ms), Silence::doubtful);
  EXPECT_EQ(congestion.silence(5 * ms, 630 * ms), Silence::doubtful);
}

TEST(Congestion, WhatIsLostAtTheLowestRateStaysInDoubt) {
  Play p(1000);
  Policer policer(20);
  p.until(60 * second, 50, policer);
  EXPECT_EQ(p.congestion.rate(), 100u) << "no slower, and never again as fast as was set";
  EXPECT_EQ(p.congestion.silence(40 * second, p.now), Silence::doubtful);
}

/// 16,000 packets leave in 30 ms, and 16,000 more 250 ms later; the path lets a few hundred of each through, and of
/// those one in sixteen is answered.
TEST(Congestion, ASweepThatIsOverInAMomentIsJudgedByTheFewThatGotThrough) {
  PacketBudget budget(0, 0);
  Congestion congestion(budget, 0, true, 0);
  int64_t again = 0;
  for (const int64_t round : {int64_t{0}, 250 * ms})
    for (int64_t at = 0; at < 30 * ms; at += ms) EXPECT_EQ(budget.take(533, round + at, &again), 533u);
  for (int64_t at = 0; at < 30 * ms; at += 2 * ms) congestion.arrived(at, at + ms);
  for (int64_t at = 0; at < 6 * ms; at += ms) {
    congestion.lost(at + 24 * ms, 275 * ms + at);
    congestion.arrived(274 * ms + at, 275 * ms + at);
  }
  EXPECT_EQ(congestion.rate(), 0u) << "six losses in the newest moment prove nothing yet";
  EXPECT_EQ(congestion.silence(ms, 552 * ms), Silence::holds) << "retries of later packets may be on their way";
  EXPECT_EQ(congestion.silence(251 * ms, 552 * ms), Silence::doubtful);
  EXPECT_EQ(congestion.silence(ms, 552 * ms), Silence::doubtful);
  EXPECT_GT(congestion.rate(), 0u);
  EXPECT_LT(congestion.rate(), 533'000u);
}

TEST(Congestion, SomeLossesAmongManyAnswersProveNothingAtTheEndEither) {
  PacketBudget budget(0, 0);
  Congestion congestion(budget, 0, true, 0);
  int64_t again = 0;
  budget.take(1000, 0, &again);
  for (int i = 0; i < 100; ++i) congestion.arrived(0, ms);
  for (int i = 0; i < 6; ++i) congestion.lost(0, 251 * ms);
  EXPECT_EQ(congestion.silence(250 * ms, 551 * ms), Silence::holds);
  EXPECT_EQ(congestion.rate(), 0u);
}

TEST(Congestion, ABurstThatWasLostIsInDoubtThoughAllInAllFewAre) {
  Play p(1000), slowed(10'000);
  three_of_many_are_lost(p.congestion);
  EXPECT_EQ(p.congestion.silence(11 * second, 14 * second), Silence::holds) << "the speed is not known to matter";
  sends(slowed.budget, 9 * second, 10'000);
  slowed.congestion.queue_full(9 * second);
  three_of_many_are_lost(slowed.congestion);
  EXPECT_EQ(slowed.congestion.falls(), 1u) << "three of 2000 are no reason to go slower";
  EXPECT_EQ(slowed.congestion.silence(11 * second, 14 * second), Silence::doubtful);
  EXPECT_EQ(slowed.congestion.silence(11 * second - 15 * ms, 14 * second), Silence::doubtful);
  EXPECT_EQ(slowed.congestion.silence(11 * second + 25 * ms, 14 * second), Silence::doubtful);
  EXPECT_EQ(slowed.congestion.silence(11 * second - 100 * ms, 14 * second), Silence::holds);
  EXPECT_EQ(slowed.congestion.silence(11 * second + 100 * ms, 14 * second), Silence::holds);
}

TEST(Congestion, SingleLossesAmongManyAnswersLeaveNoDoubt) {
  Play p(10'000);
  sends(p.budget, 9 * second, 10'000);
  p.congestion.queue_full(9 * second);
  for (int64_t at = 10'000; at < 12'000; ++at) p.congestion.arrived(at * ms, at * ms);
  for (int64_t at = 10'050; at < 12'000; at += 100) p.congestion.lost(at * ms, at * ms + 250 * ms);
  for (int64_t at = 10'050; at < 12'000; at += 10)
    EXPECT_EQ(p.congestion.silence(at * ms, 15 * second), Silence::holds) << at;
}

TEST(Congestion, ALossThatIsToldLateIsInDoubtThoughTheRunIsSlowerSince) {
  Play p(10'000);
  sends(p.budget, 9 * second, 10'000);
  p.congestion.queue_full(9 * second);
  for (int64_t at = 10'000; at < 12'000; ++at) p.congestion.arrived(at * ms, at * ms);
  sends(p.budget, 12 * second, 7'000);
  p.congestion.queue_full(12 * second);
  ASSERT_EQ(p.congestion.falls(), 2u);
  for (int64_t at = 11'500; at < 11'504; ++at) p.congestion.lost(at * ms, 13 * second);
  EXPECT_EQ(p.congestion.silence(11'502 * ms, 14 * second), Silence::doubtful);
  EXPECT_EQ(p.congestion.silence(11'700 * ms, 14 * second), Silence::holds);
}

}  // namespace
}  // namespace sonde::core
