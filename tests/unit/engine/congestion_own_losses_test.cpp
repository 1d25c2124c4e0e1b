// What this machine's own full buffers and queues make of the rate.
#include "played_path.hpp"

namespace sonde::core {
namespace {

using namespace played;

TEST(Congestion, WhatOurOwnBuffersDroppedStaysInDoubtThoughTheLineIsBad) {
  Play p(0);
  std::mt19937 random(7);
  const auto line = [&](int64_t, int) { return random() % 100 >= 15; };
  p.until(second, 50, line);
  p.congestion.overrun(p.now - 5 * ms, p.now);
  const int64_t then = p.now;
  p.until(30 * second, 50, line);
  ASSERT_EQ(p.congestion.rate(), 0u);
  EXPECT_EQ(p.congestion.silence(then - 5 * ms, p.now), Silence::doubtful);
  EXPECT_EQ(p.congestion.silence(then + 3 * second, p.now), Silence::holds);
}

TEST(Congestion, OwnFullBuffersSlowDownAndLeaveDoubt) {
  Play p(0);
  p.until(200 * ms, 100, [](int64_t, int) { return true; });
  p.congestion.overrun(195 * ms, 200 * ms);
  EXPECT_NEAR(static_cast<double>(p.congestion.rate()), 50'000, 5'000) << "half of what was sent of late";
  EXPECT_EQ(p.congestion.silence(100 * ms, 3 * second), Silence::doubtful);
  EXPECT_EQ(p.congestion.silence(250 * ms, 3 * second), Silence::holds);
  p.congestion.overrun(200 * ms, 205 * ms);
  EXPECT_EQ(p.congestion.falls(), 1u) << "the same trouble is answered once";
  EXPECT_EQ(p.congestion.silence(204 * ms, 3 * second), Silence::doubtful);
}

TEST(Congestion, AFullSendQueueSlowsDownAndLeavesNoDoubt) {
  Play p(0);
  p.until(200 * ms, 100, [](int64_t, int) { return true; });
  p.congestion.queue_full(200 * ms);
  EXPECT_NEAR(static_cast<double>(p.congestion.rate()), 75'000, 7'500);
  EXPECT_EQ(p.congestion.silence(100 * ms, 3 * second), Silence::holds);
}

TEST(Congestion, AnOverrunJustBehindAFullQueueLeavesDoubtAsWell) {
  PacketBudget budget(0, 0);
  Congestion congestion(budget, 0, true, 0);
  sends(budget, 10 * second, 50'000);
  congestion.queue_full(10 * second);
  congestion.overrun(10 * second, 10 * second + 20 * ms);
  EXPECT_EQ(congestion.falls(), 1u) << "one trouble";
  EXPECT_EQ(congestion.silence(10 * second + 10 * ms, 14 * second), Silence::doubtful);
}

TEST(Congestion, WhereNothingLeftNoRateIsTheCause) {
  PacketBudget budget(0, 0);
  Congestion congestion(budget, 0, true, 0);
  sends(budget, second, 50'000);
  congestion.overrun(10 * second, 10 * second + 20 * ms);
  congestion.queue_full(11 * second);
  EXPECT_EQ(congestion.falls(), 0u);
  EXPECT_EQ(congestion.silence(10 * second, 14 * second), Silence::doubtful) << "answers were lost all the same";
}

TEST(Congestion, AnswersThatOverflowABufferLaterHalveTheRateAtWhichWasAsked) {
  Play p(0);
  p.until(200 * ms, 100, [](int64_t, int) { return true; });
  p.congestion.overrun(345 * ms, 350 * ms);
  EXPECT_NEAR(static_cast<double>(p.congestion.rate()), 50'000, 5'000);
}

TEST(Congestion, AFloodIntoOurSocketsDoesNotStopTheRun) {
  PacketBudget budget(0, 0);
  Congestion congestion(budget, 0, true, 0);
  for (int64_t at = second; at < 20 * second; at += 100 * ms) {
    sends(budget, at, 50'000);
    congestion.overrun(at - 5 * ms, at);
  }
  EXPECT_EQ(congestion.rate(), 1000u);
}

}  // namespace
}  // namespace sonde::core
