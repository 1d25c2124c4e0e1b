// Paths that are played: what a policer, a bad line, a router that drops each first packet, and this machine's own full
// buffers make of the rate.
#include "engine/congestion.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <random>
#include <utility>
#include <vector>

namespace sonde::core {
namespace {

constexpr int64_t ms = 1'000'000, second = 1000 * ms;
using Silence = Congestion::Silence;

/// Asks hosts that all answer, and each lost one again 250 ms later, as a probe does. `passes` says of a packet whether
/// the path lets it through.
class Play {
 public:
  explicit Play(uint64_t set_rate, bool enabled = true)
      : budget(set_rate, 0), congestion(budget, set_rate, enabled, 0) {}

  /// Until then, a millisecond at a time; `most` packets in each, if there is no limit.
  template <class Passes>
  void until(int64_t end, uint32_t most, Passes&& passes) {
    for (; now < end; now += ms) {
      int64_t again = 0;
      for (uint32_t may = budget.take(most, now, &again); may > 0; --may) {
        // Not always the retries first: a pattern would meet the policer's at the same places again and again.
        if (retries.empty() || retries.front().at > now || random() % 8 == 0) {
          send({}, passes);
          continue;
        }
        const Retry r = retries.front();
        retries.pop_front();
        send(r.sent, passes);
      }
    }
  }

  PacketBudget budget;
  Congestion congestion;
  int64_t now = 0;
  uint32_t dead_per_alive = 0;  ///< of those nobody answers, and nothing is learned
  std::mt19937 random{11};

 private:
  struct Retry {
    int64_t at;
    std::vector<int64_t> sent;  ///< in vain
  };
  template <class Passes>
  void send(std::vector<int64_t> before, Passes& passes) {
    if (before.empty() && dead_per_alive > 0 && random() % (dead_per_alive + 1) != 0) {
      passes(now, 1);  // it takes its place on the path
      return;
    }
    if (passes(now, static_cast<int>(before.size()) + 1)) {
      auto attempt = Congestion::Attempt::first;
      for (int64_t sent_at : before) congestion.lost(sent_at, now, std::exchange(attempt, Congestion::Attempt::later));
      congestion.arrived(now, now, attempt);
    } else if (before.size() < 2) {
      before.push_back(now);
      retries.push_back({now + 250 * ms, std::move(before)});
    }
  }
  std::deque<Retry> retries;
};

/// Lets through that many packets a second, 50 at once.
class Policer {
 public:
  explicit Policer(double rate) : rate_(rate) {}
  bool operator()(int64_t now, int) {
    level_ = std::min(50.0, level_ + rate_ * static_cast<double>(now - last_) / 1e9);
    last_ = now;
    if (level_ < 1) return false;
    level_ -= 1;
    return true;
  }

 private:
  double rate_, level_ = 50;
  int64_t last_ = 0;
};

TEST(Congestion, WithoutLossNothingHappens) {
  Play p(0);
  p.until(3 * second, 50, [](int64_t, int) { return true; });
  EXPECT_EQ(p.congestion.rate(), 0u);
  EXPECT_EQ(p.congestion.lowest(), 0u);
  EXPECT_EQ(p.congestion.falls(), 0u);
  EXPECT_EQ(p.congestion.silence(second, p.now), Silence::holds);
  EXPECT_FALSE(p.budget.limited());
}

TEST(Congestion, SettlesJustBelowWhatAPolicerLetsThrough) {
  for (const uint64_t set : {uint64_t{0}, uint64_t{20'000}}) {
    Play p(set);
    Policer policer(5000);
    p.until(45 * second, 100, policer);
    double sum = 0;
    for (int n = 0; n < 45; ++n) {  // it goes up and down
      p.until(p.now + second, 100, policer);
      EXPECT_LT(p.congestion.rate(), 6000u) << set;
      sum += static_cast<double>(p.congestion.rate());
    }
    EXPECT_GT(sum / 45, 4000) << set;
    EXPECT_LT(sum / 45, 5000) << set;
    EXPECT_GE(p.congestion.lowest(), 500u) << set;
    EXPECT_TRUE(p.budget.limited());
  }
}

TEST(Congestion, APolicerIsNotTakenForABadLineWhereFewAnswer) {
  for (uint32_t seed = 1; seed <= 30; ++seed) {
    Play p(0);
    p.random.seed(seed);
    p.dead_per_alive = 30;
    Policer policer(5000);
    p.until(20 * second, 30, policer);
    EXPECT_GT(p.congestion.rate(), 100u) << seed;
    EXPECT_LT(p.congestion.rate(), 8000u) << seed;
  }
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

TEST(Congestion, ABadLineIsLeftAlone) {
  Play p(0);
  std::mt19937 random(7);
  p.until(20 * second, 50, [&](int64_t, int) { return random() % 100 >= 15; });
  EXPECT_GT(p.congestion.falls(), 0u) << "it was tried";
  EXPECT_EQ(p.congestion.rate(), 0u);
  EXPECT_FALSE(p.budget.limited());
  for (int64_t at = 0; at < p.now; at += 10 * ms)
    ASSERT_EQ(p.congestion.silence(at, p.now), Silence::holds) << "it was the line, and more tries lose as many";
}

TEST(Congestion, ABadLineIsLeftAloneAlsoWhereFewAnswer) {
  constexpr int lines = 30;
  int found_out = 0;
  for (uint32_t seed = 1; seed <= lines; ++seed) {
    Play p(0);
    p.random.seed(seed);
    p.dead_per_alive = 30;
    std::mt19937 line(seed);
    p.until(20 * second, 30, [&](int64_t, int) { return line() % 100 >= 19; });
    found_out += p.congestion.rate() == 0 || p.congestion.rate() > 20'000;  // or nearly as fast again
  }
  EXPECT_GE(found_out, lines - 2) << "of so few answers the share that was lost is a guess";
}

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

TEST(Congestion, ARouterThatDropsEachFirstPacketSlowsNothing) {
  for (const uint64_t set : {uint64_t{0}, uint64_t{1000}}) {
    Play p(set);
    p.until(20 * second, 50, [](int64_t, int tries) { return tries > 1; });
    EXPECT_EQ(p.congestion.falls(), 0u) << set;
    EXPECT_EQ(p.congestion.silence(second, p.now), Silence::holds) << set;
  }
}

TEST(Congestion, NorDoesOneThatKnowsAFewOfTheHosts) {
  Play p(1000);
  std::mt19937 random(5);
  p.until(30 * second, 50, [&](int64_t, int tries) { return tries > 1 || random() % 50 == 0; });
  EXPECT_EQ(p.congestion.rate(), 0u);
}

TEST(Congestion, WhenFirstPacketsArriveAgainTheirLossesCountAgain) {
  Play p(0);
  p.until(2 * second, 50, [](int64_t, int tries) { return tries > 1; });
  ASSERT_EQ(p.congestion.falls(), 0u);
  p.until(4 * second, 50, [](int64_t, int) { return true; });
  Policer policer(5000);
  p.until(60 * second, 100, policer);
  EXPECT_GT(p.congestion.falls(), 0u);
  EXPECT_NE(p.congestion.rate(), 0u);
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

TEST(Congestion, AFewLossesProveNothing) {
  Play p(0);
  uint32_t n = 0;
  p.until(5 * second, 50, [&](int64_t, int) { return ++n % 50 != 0; });
  EXPECT_EQ(p.congestion.falls(), 0u);
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

TEST(Congestion, GrowsBackWhenThePathIsFreeAgain) {
  Play p(1000);
  Policer policer(500);
  p.until(10 * second, 50, policer);
  EXPECT_LT(p.congestion.rate(), 600u);
  EXPECT_NE(p.congestion.rate(), 0u);
  p.until(120 * second, 50, [](int64_t, int) { return true; });
  EXPECT_EQ(p.congestion.rate(), 0u) << "as set";
  p.until(121 * second, 50, [](int64_t, int) { return true; });
  EXPECT_LE(p.budget.rate_between(120 * second, 121 * second), 1010u) << "and never more";
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

/// What left in the second before.
void sends(PacketBudget& budget, int64_t until, uint32_t packets) {
  int64_t again = 0;
  for (int64_t at = until - second; at < until; at += 10 * ms) budget.take(packets / 100, at, &again);
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

TEST(Congestion, GrowsAlsoWhereNobodyAnswers) {
  Play p(10'000);
  p.until(second, 50, [](int64_t, int) { return true; });
  p.congestion.queue_full(second);
  ASSERT_NE(p.congestion.rate(), 0u);
  for (; p.now < 10 * second; p.now += ms) {
    int64_t again = 0;
    p.budget.take(50, p.now, &again);
    p.congestion.silence(p.now - 500 * ms, p.now);
  }
  EXPECT_EQ(p.congestion.rate(), 0u) << "as set";
}

TEST(Congestion, AQuietTimeOverABadLineDoesNotSetAnOverrunPathFree) {
  Play p(0);
  Policer policer(40'000);
  p.until(10 * second, 100, policer);
  const uint64_t slowed = p.congestion.rate();
  ASSERT_NE(slowed, 0u);
  std::mt19937 line(3);
  for (const int64_t end = 30 * second; p.now < end; p.now += 20 * ms)  // 50 a second
    line() % 100 < 3 ? p.congestion.lost(p.now - 250 * ms, p.now) : p.congestion.arrived(p.now, p.now);
  EXPECT_NE(p.congestion.rate(), 0u);
  EXPECT_LT(p.congestion.rate(), 60'000u);
}

TEST(Congestion, ASlowRunIsSlowedAsWell) {
  for (const uint64_t set : {uint64_t{100}, uint64_t{50}}) {
    Play p(set);
    Policer policer(static_cast<double>(set) / 2);
    p.until(60 * second, 50, policer);
    EXPECT_GT(p.congestion.falls(), 0u) << set;
    EXPECT_LT(p.congestion.lowest(), set * 6 / 10) << set;
    EXPECT_LE(p.budget.rate_between(p.now - 10 * second, p.now), set * 8 / 10) << set;
  }
}

/// Hosts that all answer, one a millisecond from 10 s to 12 s, but for three from 11 s on.
void three_of_many_are_lost(Congestion& congestion) {
  for (int64_t at = 10'000; at < 12'000; ++at)
    if (at >= 11'000 && at < 11'003)
      congestion.lost(at * ms, (at + 250) * ms);
    else
      congestion.arrived(at * ms, at * ms);
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

TEST(Congestion, SwitchedOffItDoesNothing) {
  Play p(0, false);
  Policer policer(5000);
  p.until(5 * second, 100, policer);
  p.congestion.overrun(p.now - ms, p.now);
  p.congestion.queue_full(p.now);
  EXPECT_EQ(p.congestion.falls(), 0u);
  EXPECT_FALSE(p.budget.limited());
  EXPECT_EQ(p.congestion.silence(ms, p.now), Silence::holds);
}

}  // namespace
}  // namespace sonde::core
