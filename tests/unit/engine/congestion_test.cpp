// What a policer, a bad line and a router that drops each first packet make of the rate.
#include "played_path.hpp"

namespace sonde::core {
namespace {

using namespace played;

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

TEST(Congestion, AFewLossesProveNothing) {
  Play p(0);
  uint32_t n = 0;
  p.until(5 * second, 50, [&](int64_t, int) { return ++n % 50 != 0; });
  EXPECT_EQ(p.congestion.falls(), 0u);
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
