// Which waits of a task are one shortage: those without an end in between. And who gives up for want of something.
#include "shortages.hpp"

namespace sonde::core::test {
namespace {

/// The shortage was over long before it was taken, which the plugin put off for a reason of its own.
TEST_F(Shortages, ADialThatOnceHadToWaitIsNoReasonToEndATaskThatIsTakenLater) {
  targets(1);
  int refused = 0;
  int64_t first = 0;
  Script s;
  s.start = [&](auto c, auto h, auto tasks) {
    if (first == 0) {
      first = monotonic_ns();
      refused += dial_tcp(c, h, tasks[0], 0, 1) == SONDE_E_AGAIN ? 1 : 0;
      return 0;
    }
    if (monotonic_ns() - first < longest_shortage_ns + 500'000'000) return 0;
    h->done(c, tasks[0], SONDE_POSITIVE);
    return 1;
  };
  stage<0>(s, {}, 100);
  const Batch b = run_shard(take_all_descriptors);
  EXPECT_EQ(refused, 1);
  EXPECT_EQ(outcome_of(b, "127.0.1.0"), Outcome::positive) << reason_of(b, "127.0.1.0");
}

/// Two offers with a dial, each not taken, and a task that was taken in between: it has not dialled without end.
TEST_F(Shortages, NorIsADialOfAnOfferThatWasNotTakenOnceItIsTaken) {
  targets(1);
  int64_t first = 0;
  bool taken = false;
  int dials = 0;
  Script s;
  s.start = [&](auto c, auto h, auto tasks) {
    const int64_t now = monotonic_ns();
    if (first == 0) first = now;
    const auto dial = [&] {
      ++dials;
      return dial_tcp(c, h, tasks[0], 0, 1);
    };
    if (dials == 0) {
      EXPECT_EQ(dial(), SONDE_OK);
      return 0;
    }
    if (!taken) {  // taken, and put off once: that has a time of its own, which is not over
      taken = true;
      first = now;
      h->done(c, tasks[0], SONDE_POSTPONED);
      return 1;
    }
    if (dials == 1) {
      if (now - first < longest_shortage_ns - 300'000'000) return 0;
      EXPECT_EQ(dial(), SONDE_OK);
      return 0;
    }
    if (now - first < longest_shortage_ns + 300'000'000) {
      EXPECT_EQ(dial(), SONDE_OK);
      return 0;
    }
    h->done(c, tasks[0], SONDE_POSITIVE);
    return 1;
  };
  stage<0>(s, {}, 100);
  const Batch b = run_shard([](Budgets&) {});
  EXPECT_EQ(outcome_of(b, "127.0.1.0"), Outcome::positive) << reason_of(b, "127.0.1.0");
  EXPECT_GT(dials, 2);
}

/// Refused in an offer that was not taken, and again much later in one that was: two shortages, and both were short.
TEST_F(Shortages, NorIsOneThatWasRefusedLongBeforeItWorked) {
  targets(1);
  Budgets* budgets = nullptr;
  int64_t first = 0;
  uint64_t timer = 0;
  Script s;
  s.start = [&](auto c, auto h, auto tasks) {
    if (first == 0) {
      first = monotonic_ns();
      EXPECT_EQ(dial_tcp(c, h, tasks[0], tasks[0], 1), SONDE_E_AGAIN);
      return 0;
    }
    h->timer(c, monotonic_ns() + longest_shortage_ns + 500'000'000, tasks[0], &timer);
    return 1;
  };
  s.on_timer = [&](auto c, auto h, uint64_t, uint64_t task) {
    if (monotonic_ns() - first < longest_shortage_ns) return;  // the turn of the first dial, if it comes
    const sonde_err e = dial_tcp(c, h, task, task, 1);
    if (e == SONDE_E_AGAIN) budgets->descriptors.give_back();
    h->done(c, task, e == SONDE_E_AGAIN ? SONDE_POSITIVE : SONDE_ERROR);
  };
  stage<0>(s, {}, 60'000);
  const Batch b = run_shard([&](Budgets& all) {
    budgets = &all;
    take_all_descriptors(all);
  });
  EXPECT_EQ(outcome_of(b, "127.0.1.0"), Outcome::positive) << reason_of(b, "127.0.1.0");
}

/// It works for a while each time before it is short of something for a moment.
TEST_F(Shortages, NorIsOneThatWasPostponedTwiceAndWorkedInBetween) {
  targets(1);
  int offers = 0;
  uint64_t timer = 0;
  Script s;
  s.start = [&](auto c, auto h, auto tasks) {
    if (++offers == 1 || offers == 3) {
      h->done(c, tasks[0], offers == 1 ? SONDE_POSTPONED : SONDE_POSITIVE);
      return 1;
    }
    h->timer(c, monotonic_ns() + longest_shortage_ns + 500'000'000, tasks[0], &timer);
    return 1;
  };
  s.on_timer = [&](auto c, auto h, uint64_t, uint64_t task) { h->done(c, task, SONDE_POSTPONED); };
  stage<0>(s, {}, 60'000);
  const Batch b = run_shard([](Budgets&) {});
  EXPECT_EQ(outcome_of(b, "127.0.1.0"), Outcome::positive) << reason_of(b, "127.0.1.0");
  EXPECT_EQ(offers, 3);
}

TEST_F(Shortages, WhoIsPostponedAllTheTimeEndsAsAnErrorThatNamesNoResource) {
  targets(1);
  Script s;
  s.start = [](auto c, auto h, auto tasks) {
    for (const sonde_task t : tasks) h->done(c, t, SONDE_POSTPONED);
    return static_cast<int32_t>(tasks.size());
  };
  stage<0>(s, {}, 60'000);
  const Batch b = run_shard([](Budgets&) {});
  EXPECT_EQ(outcome_of(b, "127.0.1.0"), Outcome::error);
  EXPECT_EQ(reason_of(b, "127.0.1.0").find("it was postponed again and again: "), 0u) << reason_of(b, "127.0.1.0");
}

TEST_F(Shortages, WhoGivesUpWithoutAPlaceInTheTableHadSomethingToAsk) {
  on_link_and_routed(1);
  Script s;
  s.start = [](auto c, auto h, auto tasks) {
    for (const sonde_task t : tasks) {
      sonde_target to;
      if (wanted_place(c, h, t, to) != 0) {
        EXPECT_EQ(h->admit(c, t, &to), SONDE_E_AGAIN);
      }
      h->done(c, t, SONDE_CANCELLED);
    }
    return static_cast<int32_t>(tasks.size());
  };
  stage<0>(s, {}, 60'000);
  entry(0).needs = SONDE_NEED_SOCKETS;
  const Batch b = run_shard(fill_neighbour_table);
  EXPECT_EQ(outcome_of(b, "10.0.0.1"), Outcome::error);
  EXPECT_EQ(reason_of(b, "10.0.0.1"), full);
  EXPECT_EQ(outcome_of(b, "10.0.1.1"), Outcome::skipped_nothing_to_ask);
}

TEST_F(Shortages, SoHadWhoGivesUpWithoutADescriptor) {
  targets(1);
  Script s;
  s.start = [](auto c, auto h, auto tasks) {
    EXPECT_EQ(dial_tcp(c, h, tasks[0], tasks[0], 1), SONDE_E_AGAIN);
    h->done(c, tasks[0], SONDE_CANCELLED);
    return 1;
  };
  stage<0>(s, {}, 60'000);
  const Batch b = run_shard(take_all_descriptors);
  EXPECT_EQ(outcome_of(b, "127.0.1.0"), Outcome::error);
  EXPECT_EQ(reason_of(b, "127.0.1.0"), "this machine stayed short of descriptors, ports or buffers");
}

}  // namespace
}  // namespace sonde::core::test
