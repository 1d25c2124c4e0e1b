// What this machine lacks for good must neither hold a task for ever nor those behind it. Each of these tests waits as
// long as a task does.
#include <array>

#include "shortages.hpp"

namespace sonde::core::test {
namespace {

TEST_F(Shortages, WithAFullNeighbourTableRoutedHostsAreAskedAndTheOthersGivenUp) {
  on_link_and_routed(20);
  stage<0>(answers(SONDE_NO_ANSWER));
  entry(0).needs = SONDE_NEED_RAW;
  const Batch b = run_shard(fill_neighbour_table);
  EXPECT_EQ(b.settled.size(), 40u);
  for (int i = 1; i <= 20; ++i) {
    EXPECT_EQ(outcome_of(b, "10.0.1." + std::to_string(i)), Outcome::no_answer);
    EXPECT_EQ(outcome_of(b, "10.0.0." + std::to_string(i)), Outcome::error);
    EXPECT_EQ(reason_of(b, "10.0.0." + std::to_string(i)), full);
  }
}

TEST_F(Shortages, ADialWithoutANeighbourPlaceEndsAsAnError) {
  on_link_and_routed(1);
  plan.slice = {0, 2};
  Script s;
  std::map<uint64_t, int> dials;
  const auto dial = [&](auto c, auto h, sonde_task t, uint16_t port) {
    sonde_target to{};
    to.size = sizeof to;
    h->target(c, t, &to);
    if (to.ip[14] != 0) return h->done(c, t, SONDE_NO_ANSWER);  // routed: nothing is sent there
    to.port = port;
    to.proto = IPPROTO_TCP;
    sonde_conn conn{};
    ++dials[t];
    const sonde_err e = h->dial(c, t, &to, SONDE_IO_WRITE, t, &conn);
    if (e == SONDE_E_AGAIN) return sonde_err{SONDE_OK};
    EXPECT_EQ(e, SONDE_E_IO);
    // Nor does another port of it wait as long again.
    to.port = 81;
    EXPECT_EQ(h->dial(c, t, &to, SONDE_IO_WRITE, t, &conn), SONDE_E_IO);
    return h->done(c, t, SONDE_ERROR);
  };
  s.start = [&](auto c, auto h, auto tasks) {
    for (sonde_task t : tasks) dial(c, h, t, 80);
    return static_cast<int32_t>(tasks.size());
  };
  s.on_timer = [&](auto c, auto h, uint64_t, uint64_t user) { dial(c, h, user, 80); };
  stage<0>(s, {}, 100);
  const Batch b = run_shard(fill_neighbour_table);
  EXPECT_EQ(outcome_of(b, "10.0.0.1"), Outcome::error) << "and not silence after its deadline";
  EXPECT_EQ(reason_of(b, "10.0.0.1"), full);
  for (const auto& [task, n] : dials) EXPECT_GT(n, 100);
}

TEST_F(Shortages, ADialWithoutADescriptorEndsAsAnError) {
  targets(3);
  Script s;
  const auto dial = [&](auto c, auto h, sonde_task t) {
    const sonde_err e = dial_tcp(c, h, t, t, 1);
    if (e != SONDE_E_AGAIN) h->done(c, t, e == SONDE_E_IO ? SONDE_ERROR : SONDE_POSITIVE);
  };
  s.start = [&](auto c, auto h, auto tasks) {
    for (sonde_task t : tasks) dial(c, h, t);
    return static_cast<int32_t>(tasks.size());
  };
  s.on_timer = [&](auto c, auto h, uint64_t, uint64_t user) { dial(c, h, user); };
  stage<0>(s, {}, 100);
  const Batch b = run_shard(take_all_descriptors);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(outcome_of(b, "127.0.1." + std::to_string(i)), Outcome::error);
    EXPECT_EQ(reason_of(b, "127.0.1." + std::to_string(i)),
              "this machine stayed short of descriptors, ports or buffers");
  }
}

/// A dial that waits has its turn later; a plugin that leaves the task to be offered again must not be offered it for
/// ever.
TEST_F(Shortages, ATaskThatIsNotTakenForWantOfADescriptorEndsAsAnError) {
  targets(2);
  int offers = 0;
  Script s;
  s.start = [&](auto c, auto h, auto tasks) {
    int32_t taken = 0;
    for (const sonde_task t : tasks) {
      ++offers;
      if (dial_tcp(c, h, t, t, 1) != SONDE_OK) return taken;  // whatever it says
      h->done(c, t, SONDE_POSITIVE);
      ++taken;
    }
    return taken;
  };
  stage<0>(s, {}, 100);
  const Batch b = run_shard(take_all_descriptors);
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(outcome_of(b, "127.0.1." + std::to_string(i)), Outcome::error);
    EXPECT_EQ(reason_of(b, "127.0.1." + std::to_string(i)),
              "this machine stayed short of descriptors, ports or buffers");
  }
  EXPECT_GT(offers, 10) << "it may pass";
}

/// It may have one connection and will not begin with less than two.
TEST_F(Shortages, NorIsATaskDialledForWithoutEndAndNotTaken) {
  targets(1);
  plan.limits.connections_per_host = 1;
  uint64_t dials = 0;
  Script s;
  s.start = [&](auto c, auto h, auto tasks) {
    sonde_target to{};
    to.size = sizeof to;
    h->target(c, tasks[0], &to);
    to.proto = IPPROTO_TCP;
    for (uint16_t port = 1; port <= 2; ++port) {
      to.port = port;
      sonde_conn conn{};
      ++dials;
      if (h->dial(c, tasks[0], &to, SONDE_IO_WRITE, port, &conn) != SONDE_OK) return 0;
    }
    h->done(c, tasks[0], SONDE_POSITIVE);
    return 1;
  };
  stage<0>(s, {}, 100);
  const Batch b = run_shard([](Budgets&) {});
  EXPECT_EQ(outcome_of(b, "127.0.1.0"), Outcome::error);
  EXPECT_EQ(reason_of(b, "127.0.1.0"), "the plugin dialled for this task again and again, and never took it");
  EXPECT_GT(dials, 10u);
}

/// Each in its own way waits for a permit that never comes: the first is not taken, the second postponed, the third
/// kept until its time is up.
TEST_F(Shortages, AnAdmissionThatNeverComesEndsAsAnError) {
  on_link_and_routed(3);
  std::array<int, 4> offers{};
  std::vector<sonde_err> last(4, SONDE_OK);
  Script s;
  s.start = [&](auto c, auto h, auto tasks) {
    int32_t taken = 0;
    for (const sonde_task t : tasks) {
      sonde_target to;
      const uint8_t n = wanted_place(c, h, t, to);
      ++offers[n];
      const sonde_err e = last[n] = h->admit(c, t, &to);
      if (e == SONDE_E_AGAIN && n == 1) return taken;
      ++taken;
      if (e != SONDE_E_AGAIN)
        h->done(c, t, e == SONDE_OK ? SONDE_POSITIVE : SONDE_ERROR);
      else if (n == 2)
        h->done(c, t, SONDE_POSTPONED);
    }
    return taken;
  };
  // As the coroutines of the SDK do: the host knows better.
  s.cancel = [](auto c, auto h, sonde_task t, uint64_t, uint32_t why) {
    if (why == SONDE_EXPIRED) h->done(c, t, SONDE_NO_ANSWER);
  };
  stage<0>(s, {}, 100);
  entry(0).needs = SONDE_NEED_SOCKETS;
  const Batch b = run_shard(fill_neighbour_table);
  for (const std::string n : {"1", "2", "3"}) {
    EXPECT_EQ(outcome_of(b, "10.0.0." + n), Outcome::error) << n;
    EXPECT_EQ(reason_of(b, "10.0.0." + n), full) << n;
    EXPECT_EQ(outcome_of(b, "10.0.1." + n), Outcome::positive) << n;
  }
  EXPECT_GT(offers[1], 10);
  EXPECT_GT(offers[2], 10);
  EXPECT_EQ(offers[3], 1);
  EXPECT_EQ(last[1], SONDE_E_IO);
}

TEST_F(Shortages, NorDoesAPluginKeepATaskThatIsNeverAdmitted) {
  on_link_and_routed(1);
  Script s;
  s.start = [](auto c, auto h, auto tasks) {
    int32_t taken = 0;
    for (const sonde_task t : tasks) {
      sonde_target to;
      wanted_place(c, h, t, to);
      if (h->admit(c, t, &to) != SONDE_OK) return taken;  // whatever it says
      h->done(c, t, SONDE_POSITIVE);
      ++taken;
    }
    return taken;
  };
  stage<0>(s, {}, 100);
  entry(0).needs = SONDE_NEED_SOCKETS;
  const Batch b = run_shard(fill_neighbour_table);
  EXPECT_EQ(outcome_of(b, "10.0.0.1"), Outcome::error);
  EXPECT_EQ(reason_of(b, "10.0.0.1"), full);
  EXPECT_EQ(outcome_of(b, "10.0.1.1"), Outcome::positive);
}

TEST_F(Shortages, AWorkersTooWithTheCause) {
  on_link_and_routed(2);
  plan.limits.workers = 2;
  Script s;
  s.run = [](auto c, auto h, auto tasks) {
    for (const sonde_task t : tasks) {
      sonde_target to;
      const uint8_t n = wanted_place(c, h, t, to);
      const sonde_err e = h->admit(c, t, &to);
      if (e != SONDE_E_AGAIN)
        h->done(c, t, e == SONDE_OK ? SONDE_POSITIVE : SONDE_ERROR);
      else if (n == 1)
        h->done(c, t, SONDE_POSTPONED);
      else
        while (!h->cancelled(c, t)) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return sonde_err{SONDE_OK};
  };
  stage<0>(s, {}, 300);
  entry(0).needs = SONDE_NEED_SOCKETS;
  const Batch b = run_shard(fill_neighbour_table);
  for (const std::string n : {"1", "2"}) {
    EXPECT_EQ(outcome_of(b, "10.0.0." + n), Outcome::error) << n;
    EXPECT_EQ(reason_of(b, "10.0.0." + n), full) << n;
    EXPECT_EQ(outcome_of(b, "10.0.1." + n), Outcome::positive) << n;
  }
}

}  // namespace
}  // namespace sonde::core::test
