// What this machine lacks for good must neither hold a task for ever nor those behind it. A shard alone, with budgets
// that this test has emptied; each of these tests waits as long as a task does.
#include <netinet/in.h>

#include "engine/probe_instance.hpp"
#include "engine/shard.hpp"
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
    Shard shard(shared, 0, plan.slice, std::vector<std::shared_ptr<WorkerPool>>(plan.stages.size()));
    for (std::size_t i = 0; i < plan.stages.size(); ++i) {
      shard.stage(static_cast<uint8_t>(i)).instance = std::make_unique<ProbeInstance>(shard, static_cast<uint8_t>(i));
      EXPECT_TRUE(shard.stage(static_cast<uint8_t>(i)).instance->create().has_value());
    }
    shard.run();
    return shared.inbox.collect(0);
  }
  static void fill_neighbour_table(Budgets& b) {
    for (int64_t now = 0; b.neighbours.take(now);) now += 50'000'000;
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
    sonde_target to{};
    to.size = sizeof to;
    h->target(c, t, &to);
    to.port = 1;
    to.proto = IPPROTO_TCP;
    sonde_conn conn{};
    const sonde_err e = h->dial(c, t, &to, SONDE_IO_WRITE, t, &conn);
    if (e != SONDE_E_AGAIN) h->done(c, t, e == SONDE_E_IO ? SONDE_ERROR : SONDE_POSITIVE);
  };
  s.start = [&](auto c, auto h, auto tasks) {
    for (sonde_task t : tasks) dial(c, h, t);
    return static_cast<int32_t>(tasks.size());
  };
  s.on_timer = [&](auto c, auto h, uint64_t, uint64_t user) { dial(c, h, user); };
  stage<0>(s, {}, 100);
  const Batch b = run_shard([](Budgets& budgets) {
    while (budgets.descriptors.take()) {
    }
  });
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(outcome_of(b, "127.0.1." + std::to_string(i)), Outcome::error);
    EXPECT_EQ(reason_of(b, "127.0.1." + std::to_string(i)),
              "this machine stayed short of descriptors, ports or buffers");
  }
}

}  // namespace
}  // namespace sonde::core::test
