// What this machine lacks for good must neither hold a task for ever nor those behind it. A shard alone, with budgets
// that this test has emptied; each of these tests waits as long as a task does.
#include <netinet/in.h>

#include <array>
#include <thread>

#include "engine/probe_instance.hpp"
#include "engine/shard.hpp"
#include "engine/worker_pool.hpp"
#include "scripted_run.hpp"

namespace sonde::core::test {
namespace {

class Shortages : public ScriptedRun {
 protected:
  /// The shard's own words about all of its hosts, with budgets that `empty` has emptied.
  Batch run_shard(const std::function<void(Budgets&)>& empty) {
    RunShared shared(plan, 1, 100, monotonic_ns());
    shared.order = Permutation(plan.targets.size(), plan.seed);
    shared.unavailable.resize(plan.stages.size());
    shared.keep_all = true;
    empty(shared.budgets);
    std::vector<std::shared_ptr<WorkerPool>> pools(plan.stages.size());
    for (std::size_t i = 0; i < pools.size(); ++i) {
      if (!plan.stages[i].plugin->blocking()) continue;
      pools[i] = std::make_shared<WorkerPool>(shared, static_cast<uint8_t>(i));
      EXPECT_TRUE(pools[i]->create().has_value() && pools[i]->start().has_value());
    }
    Shard shard(shared, 0, plan.slice, pools);
    for (std::size_t i = 0; i < plan.stages.size(); ++i) {
      if (pools[i]) continue;
      shard.stage(static_cast<uint8_t>(i)).instance = std::make_unique<ProbeInstance>(shard, static_cast<uint8_t>(i));
      EXPECT_TRUE(shard.stage(static_cast<uint8_t>(i)).instance->create().has_value());
    }
    shard.run();
    for (const auto& pool : pools) EXPECT_TRUE(!pool || pool->stop());
    return shared.inbox.collect(0);
  }
  static void fill_neighbour_table(Budgets& b) {
    for (int64_t now = 0; b.neighbours.take(now);) now += 50'000'000;
  }
  /// Of the target of this task.
  static sonde_err dial_tcp(sonde_ctx* c, const sonde_host* h, sonde_task task, uint64_t user, uint16_t port) {
    sonde_target to{};
    to.size = sizeof to;
    h->target(c, task, &to);
    to.port = port;
    to.proto = IPPROTO_TCP;
    sonde_conn conn{};
    return h->dial(c, task, &to, SONDE_IO_WRITE, user, &conn);
  }
  static void take_all_descriptors(Budgets& b) {
    while (b.descriptors.take()) {
    }
  }
  static Outcome outcome_of(const Batch& b, const std::string& ip) {
    for (const Batch::Settled& s : b.settled)
      if (s.record.ip.to_string() == ip) return s.record.outcomes.at(0);
    return Outcome::none;
  }
  static std::string reason_of(const Batch& b, const std::string& ip) {
    for (const Batch::Result& r : b.results)
      if (r.ip.to_string() == ip) return r.why;
    return "";
  }
  /// 10.0.0.1 to 10.0.0.n on a connected network, and as many behind a router.
  void on_link_and_routed(uint32_t n) {
    AddressSet set;
    for (const uint32_t net : {0x0a000000u, 0x0a000100u})
      set.add(AddressRange{IpAddress::v4(net + 1), IpAddress::v4(net + n)});
    set.normalise();
    plan.targets = TargetSet(std::move(set));
    plan.slice = {0, uint64_t{n} * 2};
    plan.scope = Scope({}, {}, {{"eth0", 1, IpAddress::v4(0x0a0000fe), Cidr{IpAddress::v4(0x0a000000), 24}}});
  }
};

/// 10.0.0.n is on the link and never gets a place; what lies behind the router needs none.
uint8_t wanted_place(sonde_ctx* c, const sonde_host* h, sonde_task t, sonde_target& to) {
  to = {};
  to.size = sizeof to;
  h->target(c, t, &to);
  return to.ip[14] == 0 ? to.ip[15] : uint8_t{0};
}

const std::string full = "this machine's neighbour table stayed full";

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
