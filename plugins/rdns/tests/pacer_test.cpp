// The pacer against simulated servers: a clock that is turned by hand, no sleeping.
#include "pacer.hpp"

#include <gtest/gtest.h>

#include <deque>

namespace sonde::rdns {
namespace {

constexpr int64_t ms = 1000000, second = 1000 * ms;

// A server that takes `limit` queries a second (a bucket of `burst`) and drops the rest, a millisecond away. Queries
// time out after 2 s.
struct Simulation {
  Pacer pacer{2 * second};
  double limit, bucket;
  double burst;
  int64_t now = second;
  uint64_t sent = 0, answered = 0, dropped = 0, overload = 0, charged = 0;
  std::deque<std::pair<int64_t, int64_t>> answers, losses;  // due, sent

  Simulation(double limit_, double burst_) : limit(limit_), bucket(burst_), burst(burst_) {}

  void step() {
    now += ms;
    bucket = std::min(burst, bucket + limit / 1000);
    while (!answers.empty() && answers.front().first <= now) {
      pacer.answered(answers.front().second, now);
      answers.pop_front();
      ++answered;
    }
    while (!losses.empty() && losses.front().first <= now) {
      Loss loss = pacer.lost(losses.front().second, now);
      losses.pop_front();
      (loss == Loss::overload ? overload : charged) += 1;
    }
    for (uint32_t room = pacer.room(now); room > 0; --room) {
      pacer.sent(now);
      ++sent;
      if (bucket >= 1) {
        bucket -= 1;
        answers.emplace_back(now + ms, now);
      } else {
        ++dropped;
        losses.emplace_back(now + 2 * second, now);
      }
    }
  }
  void run(int64_t time) {
    for (int64_t end = now + time; now < end;) step();
  }
};

TEST(Pacer, AFastServerIsAskedThroughTheWholeWindow) {
  Simulation s(1e9, 1e9);
  s.run(second);
  EXPECT_EQ(s.pacer.window(), 512u);
  EXPECT_EQ(s.pacer.rate(), 0);
  EXPECT_GT(s.answered, 400000u);
}

TEST(Pacer, ADroppingServerIsFoundOutAndItsLossesAreOverload) {
  Simulation s(500, 50);
  s.run(5 * second);
  EXPECT_GT(s.pacer.rate(), 0);
  EXPECT_LT(s.pacer.rate(), 600);
  uint64_t dropped = s.dropped, answered = s.answered;
  s.run(30 * second);
  // Below two in a hundred get lost now, and at least half of what the server can do is used.
  EXPECT_LT((s.dropped - dropped) * 50, s.answered - answered);
  EXPECT_GT(s.answered - answered, 30u * 250u);
  EXPECT_GT(s.overload, 0u);
}

TEST(Pacer, ALargeBucketIsUsedAndItsEndIsOverload) {
  Simulation s(500, 5000);
  s.run(60 * second);
  EXPECT_GT(s.answered, 20000u);
  EXPECT_GT(s.overload, 1000u);
  EXPECT_LT(s.charged * 100, s.answered);
}

TEST(Pacer, SilenceIsChargedFromTheFirst) {
  Pacer pacer(2 * second);
  pacer.sent(second);
  EXPECT_EQ(pacer.lost(second, 3 * second), Loss::silence);
  EXPECT_EQ(pacer.in_flight(), 0u);
}

TEST(Pacer, ALoneLossAmongAnswersIsAStray) {
  Pacer pacer(2 * second);
  for (int i = 0; i < 64; ++i) pacer.sent(second);
  for (int i = 0; i < 63; ++i) pacer.answered(second, second + ms);
  EXPECT_EQ(pacer.lost(second, 3 * second), Loss::stray);
  EXPECT_EQ(pacer.rate(), 0);
}

TEST(Pacer, LossesThatDoNotFollowTheRateAreChargedInTheEnd) {
  // Every second name is lame at any speed.
  Pacer pacer(2 * second);
  std::deque<std::pair<int64_t, bool>> open;
  uint64_t n = 0, charged = 0;
  for (int64_t now = second; now < 40 * second; now += ms) {
    for (uint32_t room = std::min(pacer.room(now), 4u); room > 0; --room) {
      pacer.sent(now);
      if (n++ % 2)
        pacer.answered(now, now + ms);
      else
        open.emplace_back(now, true);
    }
    while (!open.empty() && open.front().first + 2 * second <= now) {
      charged += pacer.lost(open.front().first, now) == Loss::silence;
      open.pop_front();
    }
  }
  EXPECT_GT(charged, 100u);
  EXPECT_EQ(pacer.rate(), 0);  // and the rate is given back
}

TEST(Pacer, TheRateSpacesQueries) {
  Simulation s(500, 50);
  s.run(5 * second);
  int64_t now = std::max(s.now, s.pacer.next()) + 5 * second;
  uint32_t room = s.pacer.room(now);
  EXPECT_GE(room, 1u);
  EXPECT_LE(room, 15u);  // no saving up while idle
}

}  // namespace
}  // namespace sonde::rdns
