// Who waits for its turn to dial, on a clock of this test.
#include "engine/dial_turns.hpp"

#include <gtest/gtest.h>

#include <string>

namespace sonde::core {
namespace {

constexpr int64_t second = 1'000'000'000, begin = 100 * second;

/// Turns of nobody: the instance is only compared.
struct Queue {
  LastHad last_had;
  DialTurns turns{last_had};
  ProbeInstance* const instance = reinterpret_cast<ProbeInstance*>(this);
  std::string served;

  void wait(Shortage s, uint64_t user, int64_t now = begin, sonde_task task = 1) {
    turns.wait(s, {instance, task, user, turns.waits_since(s, *instance, task, user, now)});
  }
  /// Serves it; those in `refused` ask again at once.
  std::string serve(Shortage s, const std::string& refused = {}, int64_t now = begin) {
    served.clear();
    turns.serve(s, [&](const DialTurns::Turn& t) {
      const char who = static_cast<char>(t.user);
      served += who;
      if (refused.find(who) != std::string::npos) wait(s, t.user, now, t.task);
    });
    return served;
  }
};

TEST(DialTurns, WhoIsRefusedAgainKeepsItsPlace) {
  Queue q;
  for (const char who : {'a', 'b', 'c'}) q.wait(Shortage::descriptors, static_cast<uint64_t>(who));
  EXPECT_EQ(q.serve(Shortage::descriptors, "b"), "ab");
  EXPECT_EQ(q.serve(Shortage::descriptors, "b"), "b");
  EXPECT_EQ(q.serve(Shortage::descriptors), "bc");
  EXPECT_TRUE(q.turns.empty(Shortage::descriptors));
}

TEST(DialTurns, AnotherDialInTheSameTurnComesLast) {
  Queue q;
  for (const char who : {'a', 'b'}) q.wait(Shortage::packets, static_cast<uint64_t>(who));
  q.turns.serve(Shortage::packets, [&](const DialTurns::Turn& t) {
    if (t.user == 'a') q.wait(Shortage::packets, 'z');
  });
  EXPECT_EQ(q.serve(Shortage::packets), "bz");
}

TEST(DialTurns, OneWithoutAPortDoesNotStopTheOthers) {
  Queue q;
  for (const char who : {'a', 'b', 'c'}) q.wait(Shortage::ports, static_cast<uint64_t>(who));
  EXPECT_EQ(q.serve(Shortage::ports, "a"), "abc");
  EXPECT_EQ(q.serve(Shortage::ports), "a");
}

TEST(DialTurns, ManyWithoutPortsAreTriedInRotation) {
  Queue q;
  for (uint64_t user = 0; user < 300; ++user) q.wait(Shortage::ports, user);
  std::array<int, 300> tried{};
  for (int look = 0; look < 3; ++look)
    q.turns.serve(Shortage::ports, [&](const DialTurns::Turn& t) {
      ++tried[t.user];
      q.wait(Shortage::ports, t.user);
    });
  for (const int n : tried) EXPECT_GE(n, 2);
  EXPECT_LE(tried[0], 3);
}

TEST(DialTurns, ItIsAskedNoMoreOftenThanEveryFewMilliseconds) {
  Queue q;
  EXPECT_FALSE(q.turns.due(Shortage::descriptors, begin));
  EXPECT_EQ(q.turns.next_look(), INT64_MAX);
  q.wait(Shortage::descriptors, 'a');
  EXPECT_TRUE(q.turns.due(Shortage::descriptors, begin));
  EXPECT_FALSE(q.turns.due(Shortage::descriptors, begin + 1'000'000));
  EXPECT_EQ(q.turns.next_look(), begin + 5'000'000);
  EXPECT_TRUE(q.turns.due(Shortage::descriptors, begin + 5'000'000));
}

TEST(DialTurns, TheRateHasItsOwnTime) {
  Queue q;
  q.wait(Shortage::packets, 'a');
  EXPECT_EQ(q.turns.next_look(), INT64_MAX);
  EXPECT_FALSE(q.last_had.hopeless(Shortage::packets, begin, begin + 3600 * second));
}

TEST(DialTurns, AQueueThatMovesIsNotHopeless) {
  LastHad last;
  for (const Shortage s : {Shortage::descriptors, Shortage::neighbours}) {
    EXPECT_FALSE(last.hopeless(s, begin, begin + longest_shortage_ns));
    EXPECT_TRUE(last.hopeless(s, begin, begin + longest_shortage_ns + 1));
    last.note(s, begin + 5 * second);
    EXPECT_FALSE(last.hopeless(s, begin, begin + 14 * second)) << "others had some: its turn will come";
    EXPECT_TRUE(last.hopeless(s, begin, begin + 16 * second));
  }
}

/// One budget for all shards: while another gets what there is, nothing is lacking for good.
TEST(DialTurns, WhatAnotherShardGetsIsHopeHere) {
  LastHad last;
  DialTurns here(last), there(last);
  const auto somebody = reinterpret_cast<ProbeInstance*>(&here);
  here.wait(Shortage::descriptors, {somebody, 1, 'a', begin});
  there.wait(Shortage::descriptors, {somebody, 2, 'b', begin});
  there.serve(Shortage::descriptors, [&](const auto&) { last.note(Shortage::descriptors, begin + 9 * second); });
  EXPECT_FALSE(here.first_is_hopeless(Shortage::descriptors, begin + 11 * second));
  EXPECT_TRUE(here.first_is_hopeless(Shortage::descriptors, begin + 20 * second));
}

TEST(DialTurns, APortOfOneTargetIsNoHopeForAnother) {
  LastHad last;
  last.note(Shortage::ports, begin + 10 * second);
  EXPECT_TRUE(last.hopeless(Shortage::ports, begin, begin + 11 * second));
}

TEST(DialTurns, WhatWaitsForAServiceRemembersSinceWhen) {
  Queue q;
  q.wait(Shortage::ports, 'a', begin, 0);
  EXPECT_EQ(q.turns.of_services(*q.instance), 1u);
  q.serve(Shortage::ports, "a", begin + 11 * second);
  EXPECT_FALSE(q.turns.first_is_hopeless(Shortage::ports, begin + 10 * second));
  EXPECT_TRUE(q.turns.first_is_hopeless(Shortage::ports, begin + 11 * second));
}

TEST(DialTurns, WhoWaitedForTheRateWasShortOfNothing) {
  Queue q;
  q.wait(Shortage::packets, 'a');
  const int64_t later = begin + 20 * second;
  q.turns.serve(Shortage::packets, [&](const DialTurns::Turn& t) {
    EXPECT_EQ(q.turns.waited_for_rate(*q.instance, t.task, t.user, later), 20 * second);
    EXPECT_EQ(q.turns.waited_for_rate(*q.instance, t.task, 'b', later), 0) << "another dial";
    q.wait(Shortage::ports, t.user, later);
  });
  EXPECT_FALSE(q.turns.first_is_hopeless(Shortage::ports, later));
  EXPECT_TRUE(q.turns.first_is_hopeless(Shortage::ports, later + 11 * second));
}

TEST(DialTurns, OneShortageMayFollowAnother) {
  Queue q;
  q.wait(Shortage::descriptors, 'a');
  const int64_t later = begin + 11 * second;
  q.turns.serve(Shortage::descriptors, [&](const DialTurns::Turn& t) {
    EXPECT_EQ(q.turns.waited_for_rate(*q.instance, t.task, t.user, later), 0);
    q.wait(Shortage::ports, t.user, later);
  });
  EXPECT_TRUE(q.turns.first_is_hopeless(Shortage::ports, later));
}

TEST(DialTurns, WhoHasWhatItLackedWaitsForTheRateAnew) {
  Queue q;
  q.wait(Shortage::ports, 'a');
  q.turns.serve(Shortage::ports, [&](const DialTurns::Turn& t) { q.wait(Shortage::packets, t.user, begin + second); });
  q.turns.serve(Shortage::packets, [&](const DialTurns::Turn& t) {
    EXPECT_EQ(q.turns.waited_for_rate(*q.instance, t.task, t.user, begin + 3 * second), 2 * second);
  });
}

}  // namespace
}  // namespace sonde::core
