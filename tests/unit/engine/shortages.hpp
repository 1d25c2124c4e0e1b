// A shard alone, with budgets that a test has emptied: what this machine lacks, and whom that ends.
#pragma once
#include <netinet/in.h>

#include <thread>

#include "engine/probe_instance.hpp"
#include "engine/shard.hpp"
#include "engine/worker_pool.hpp"
#include "scripted_run.hpp"

namespace sonde::core::test {

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
inline uint8_t wanted_place(sonde_ctx* c, const sonde_host* h, sonde_task t, sonde_target& to) {
  to = {};
  to.size = sizeof to;
  h->target(c, t, &to);
  return to.ip[14] == 0 ? to.ip[15] : uint8_t{0};
}

inline const std::string full = "this machine's neighbour table stayed full";

}  // namespace sonde::core::test
