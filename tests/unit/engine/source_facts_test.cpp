// What sources know of their targets on its way through a run: from the spool into the slots, to stages and records.
#include <unistd.h>

#include <atomic>
#include <set>

#include "scripted_run.hpp"

namespace sonde::core::test {
namespace {

class SourceFacts : public ScriptedRun {
 protected:
  static IpAddress address(uint32_t i) { return IpAddress::v4((127u << 24) + 256 + i); }

  /// So many targets, each with its own address in so many facts; all but 64 KiB of it on disk.
  void targets_with_facts(uint32_t n, uint32_t facts_each) {
    targets(n);
    plan.source_facts = HostStore(64u << 10);
    for (uint32_t i = 0; i < n; ++i) {
      std::vector<Fact> facts;
      for (uint32_t k = 0; k < facts_each; ++k)
        facts.push_back({FieldTable::banners, core_stage, std::to_string(k), Scalar::of(address(i).to_string())});
      plan.source_facts.add(address(i), facts);
    }
    plan.source_facts.sort();
  }
  static void expect_own_facts(const RunResult& r, std::size_t facts_each) {
    for (const HostRecord& h : hosts(r)) {
      ASSERT_EQ(h.facts.size(), facts_each);
      for (const Fact& f : h.facts) ASSERT_EQ(f.value.text, h.ip.to_string());
    }
  }
};

TEST_F(SourceFacts, EachHostKeepsItsOwn) {
  targets_with_facts(3000, 4);
  plan.limits.shards = 2;
  stage<0>(answers(SONDE_NO_ANSWER));
  const RunResult r = run_well();
  EXPECT_EQ(r.hosts.size(), 3000u);
  expect_own_facts(r, 4);
}

TEST_F(SourceFacts, APartOfThePlanHasItsOwnHostsAndNoOthers) {
  targets_with_facts(1000, 1);
  stage<0>(answers(SONDE_NO_ANSWER));
  std::set<IpAddress> seen;
  for (uint64_t part = 0; part < 3; ++part) {
    plan.slice = part_of({0, 1000}, part, 3);
    const RunResult r = run_well();
    expect_own_facts(r, 1);
    for (const HostRecord& h : hosts(r)) EXPECT_TRUE(seen.insert(h.ip).second);
  }
  EXPECT_EQ(seen.size(), 1000u);
}

TEST_F(SourceFacts, OfHostsThatAreNoTargetsNobodyHears) {
  targets_with_facts(100, 1);
  targets(10);  // the rest was excluded
  stage<0>(answers(SONDE_NO_ANSWER));
  EXPECT_EQ(run_well().hosts.size(), 10u);
}

TEST_F(SourceFacts, HostsWithMuchToSayAreFewAtATime) {
  targets_with_facts(4000, 64);
  std::size_t most = 0;
  std::vector<sonde_task> kept;
  uint64_t timer = 0;
  Script s;
  s.start = [&](auto c, auto h, auto tasks) {
    kept.insert(kept.end(), tasks.begin(), tasks.end());
    most = std::max(most, kept.size());
    if (timer == 0) h->timer(c, h->now(c) + 20'000'000, 0, &timer);
    return static_cast<int32_t>(tasks.size());
  };
  s.on_timer = [&](auto c, auto h, auto, auto) {
    timer = 0;
    for (const sonde_task t : std::exchange(kept, {})) h->done(c, t, SONDE_NO_ANSWER);
  };
  stage<0>(s, {}, 10'000);
  const RunResult r = run_well();
  EXPECT_EQ(r.hosts.size(), 4000u);
  expect_own_facts(r, 64);
  EXPECT_GT(most, 100u);
  EXPECT_LE(most, (1u << 16) / 64 + 1);  // facts in flight over those of a host
}

/// Cuts every file without a name that this process has open.
void truncate_spools() {
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code ec;
    const std::string name = std::filesystem::read_symlink(entry.path(), ec).string();
    if (!ec && name.ends_with(" (deleted)")) {
      ASSERT_EQ(::ftruncate(std::stoi(entry.path().filename().string()), 0), 0);
    }
  }
}

TEST_F(SourceFacts, WhatTheDiskDoesNotGiveBackIsToldAndCostsNoHost) {
  targets_with_facts(1000, 4);
  stage<0>(answers(SONDE_POSITIVE), {"alive"});
  truncate_spools();
  const RunResult r = run_well();
  EXPECT_EQ(r.document.settled, 1000u);
  EXPECT_TRUE(r.had_errors);
  const auto told =
      std::find_if(r.problems.begin(), r.problems.end(), [](const Diagnostic& d) { return d.id == "temporary-file"; });
  ASSERT_NE(told, r.problems.end());
  EXPECT_TRUE(told->text.starts_with("what the sources know of ")) << told->text;
  EXPECT_LT(r.hosts.size(), 1000u);  // those in memory are there
  expect_own_facts(r, 4);
}

}  // namespace
}  // namespace sonde::core::test
