// Every (target, stage) ends in exactly one state, and the state is the right one.
#include <map>
#include <mutex>

#include "scripted_run.hpp"

namespace sonde::core::test {
namespace {

using Outcomes = ScriptedRun;

TEST_F(Outcomes, EachTargetIsCountedOnce) {
  targets(5000);
  plan.limits.shards = 3;
  stage<0>(answers(SONDE_POSITIVE));
  stage<1>(answers(SONDE_NEGATIVE));
  stage<2>(answers(SONDE_NO_ANSWER));
  const RunResult r = run_well();
  EXPECT_EQ(count(r, 0, Outcome::positive), 5000u);
  EXPECT_EQ(count(r, 1, Outcome::negative), 5000u);
  EXPECT_EQ(count(r, 2, Outcome::no_answer), 5000u);
  EXPECT_TRUE(r.document.complete);
  EXPECT_EQ(r.document.settled, 5000u);
  EXPECT_TRUE(r.hosts.empty());  // nothing was said about anyone
  EXPECT_FALSE(r.had_errors);
}

TEST_F(Outcomes, EachTargetIsSeenExactlyOnce) {
  targets(3000);
  plan.limits.shards = 2;
  std::mutex mutex;
  std::map<std::string, int> seen;
  Script s;
  s.start = [&](auto c, auto h, auto tasks) {
    for (sonde_task t : tasks) {
      sonde_target target{};
      target.size = sizeof target;
      EXPECT_EQ(h->target(c, t, &target), SONDE_OK);
      {
        std::lock_guard lock(mutex);
        ++seen[std::string(reinterpret_cast<char*>(target.ip), 16)];
      }
      h->done(c, t, SONDE_POSITIVE);
    }
    return static_cast<int32_t>(tasks.size());
  };
  stage<0>(s);
  run_well();
  EXPECT_EQ(seen.size(), 3000u);
  for (const auto& [ip, n] : seen) EXPECT_EQ(n, 1);
}

TEST_F(Outcomes, WhatIsPutBecomesTheRecord) {
  targets(10);
  Script s;
  s.start = [](auto c, auto h, auto tasks) {
    for (sonde_task t : tasks) {
      sonde_target target{};
      target.size = sizeof target;
      h->target(c, t, &target);
      if (target.ip[15] == 3) {
        const sonde_value yes = boolean(true), mac = text_value("AA:BB:CC:DD:EE:FF");
        EXPECT_EQ(h->put(c, t, 0, {}, &yes), SONDE_OK);
        EXPECT_EQ(h->put(c, t, 1, {}, &mac), SONDE_OK);
        EXPECT_EQ(h->put(c, t, 2, {}, &mac), SONDE_E_INVALID);  // no such output
        h->done(c, t, SONDE_POSITIVE);
      } else {
        h->done(c, t, SONDE_NO_ANSWER);
      }
    }
    return static_cast<int32_t>(tasks.size());
  };
  stage<0>(s, {"alive", "mac"});
  const RunResult r = run_well();
  ASSERT_EQ(r.hosts.size(), 1u);
  EXPECT_EQ(hosts(r)[0].ip.to_string(), "127.0.1.3");
  ASSERT_EQ(hosts(r)[0].facts.size(), 2u);
  EXPECT_EQ(hosts(r)[0].outcomes, std::vector<Outcome>{Outcome::positive});
  EXPECT_EQ(r.document.responding, 1u);
}

TEST_F(Outcomes, ALaterStageReadsWhatAnEarlierPut) {
  targets(4);
  Script first;
  first.start = [](auto c, auto h, auto tasks) {
    for (sonde_task t : tasks) {
      const sonde_value name = text_value("named");
      h->put(c, t, 0, {}, &name);
      h->done(c, t, SONDE_POSITIVE);
    }
    return static_cast<int32_t>(tasks.size());
  };
  stage<0>(first, {"reverse_dns"});
  Script second;
  int read = 0;
  second.start = [&](auto c, auto h, auto tasks) {
    for (sonde_task t : tasks) {
      sonde_value v{};
      EXPECT_EQ(h->count(c, t, 0), 1u);
      EXPECT_EQ(h->get(c, t, 0, 0, nullptr, &v), SONDE_OK);
      EXPECT_EQ(std::string(v.as.s.ptr, v.as.s.len), "named");
      EXPECT_EQ(h->get(c, t, 0, 1, nullptr, &v), SONDE_E_ABSENT);
      EXPECT_EQ(h->get(c, t, 1, 0, nullptr, &v), SONDE_E_INVALID);
      ++read;
      h->done(c, t, SONDE_POSITIVE);
    }
    return static_cast<int32_t>(tasks.size());
  };
  stage<1>(second).inputs = {FieldTable::reverse_dns};
  run_well();
  EXPECT_EQ(read, 4);
}

/// ABSENT: asked and not there. UNSUPPORTED: no stage before has asked this host for it.
TEST_F(Outcomes, ALaterStageKnowsWhetherAnEarlierHasAsked) {
  targets(4);
  Script first;
  first.start = [](auto c, auto h, auto tasks) {
    for (sonde_task t : tasks) {
      sonde_target at{};
      at.size = sizeof at;
      h->target(c, t, &at);
      constexpr sonde_outcome ends[] = {SONDE_POSITIVE, SONDE_NEGATIVE, SONDE_NO_ANSWER, SONDE_ERROR};
      h->done(c, t, ends[at.ip[15] % 4]);
    }
    return static_cast<int32_t>(tasks.size());
  };
  std::map<int, sonde_err> asynchronous, blocking;
  std::mutex mutex;
  const auto read = [&](auto c, auto h, sonde_task t, auto& into) {
    sonde_target at{};
    at.size = sizeof at;
    h->target(c, t, &at);
    sonde_value v{};
    const std::lock_guard lock(mutex);
    into[at.ip[15] % 4] = h->get(c, t, 0, 0, nullptr, &v);
    EXPECT_EQ(h->get(c, t, 1, 0, nullptr, &v), SONDE_E_UNSUPPORTED) << "nobody writes it";
    h->done(c, t, SONDE_POSITIVE);
  };
  stage<0>(first, {"reverse_dns"});
  Script second;
  second.start = [&](auto c, auto h, auto tasks) {
    for (sonde_task t : tasks) read(c, h, t, asynchronous);
    return static_cast<int32_t>(tasks.size());
  };
  stage<1>(second).inputs = {FieldTable::reverse_dns, no_field};
  Script third;
  third.run = [&](auto c, auto h, auto tasks) -> sonde_err {
    read(c, h, tasks[0], blocking);
    return SONDE_OK;
  };
  stage<2>(third).inputs = {FieldTable::reverse_dns, no_field};
  run_well();
  const std::map<int, sonde_err> expected = {
      {0, SONDE_E_ABSENT}, {1, SONDE_E_ABSENT}, {2, SONDE_E_ABSENT}, {3, SONDE_E_UNSUPPORTED}};
  EXPECT_EQ(asynchronous, expected);
  EXPECT_EQ(blocking, expected);
}

TEST_F(Outcomes, SilentOnTheLinkIsSkippedByLaterStages) {
  targets(6);
  Script arp;
  arp.start = [](auto c, auto h, auto tasks) {
    for (sonde_task t : tasks) {
      const sonde_value silent = text_value("silent");
      h->put(c, t, 0, {}, &silent);
      h->done(c, t, SONDE_NO_ANSWER);
    }
    return static_cast<int32_t>(tasks.size());
  };
  stage<0>(arp, {"link"});
  stage<1>(answers(SONDE_POSITIVE));
  EXPECT_EQ(count(run_well(), 1, Outcome::skipped_no_neighbour), 6u);
  plan.limits.trust_arp = false;
  EXPECT_EQ(count(run_well(), 1, Outcome::positive), 6u);
}

TEST_F(Outcomes, AFalseWhenSkipsAndAssumeUpDoesNot) {
  targets(3);
  stage<0>(answers(SONDE_NO_ANSWER));
  stage<1>(answers(SONDE_POSITIVE)).when = *When::compile("alive", {}, plan.fields);
  EXPECT_EQ(count(run_well(), 1, Outcome::skipped_when), 3u);
  plan.assume_up = true;
  EXPECT_EQ(count(run_well(), 1, Outcome::positive), 3u);
}

TEST_F(Outcomes, ADisabledStageIsNoStage) {
  targets(3);
  stage<0>(answers(SONDE_ERROR)).enabled = false;
  stage<1>(answers(SONDE_POSITIVE));
  const RunResult r = run_well();
  EXPECT_FALSE(r.had_errors);
  ASSERT_EQ(r.document.stages.size(), 1u);
  EXPECT_EQ(count(r, 0, Outcome::positive), 3u);
}

/// Without an option that names them, a stage chooses its ports by itself, and they count as all.
TEST_F(Outcomes, StagesThatStateOpenPortsSayWhichTheyAsked) {
  targets(1);
  Schema schema;
  schema.properties.push_back({"ports", {}});
  schema.properties.front().schema.format = Format::ports;
  const auto with_ports = [&](std::size_t n, StagePlan& s, Value ports) {
    entry(n).schema = schema;
    s.options = Value(Value::Object{});
    s.options.set("ports", std::move(ports));
  };
  with_ports(0, stage<0>(answers(SONDE_POSITIVE), {"ports"}),
             Value(Value::Array{Value(uint64_t{80}), Value(uint64_t{22})}));
  with_ports(1, stage<1>(answers(SONDE_POSITIVE), {"ports", "banners"}), Value("found"));
  stage<2>(answers(SONDE_POSITIVE), {"hostname"});
  const auto asked = [&](std::size_t i) { return run_well().document.stages.at(i).ports; };
  EXPECT_EQ(asked(0), "22,80");
  EXPECT_EQ(asked(1), "");
  EXPECT_EQ(asked(2), std::nullopt);
  plan.stages[0].enabled = false;
  EXPECT_EQ(asked(0), "1-65535");  // nobody finds any for the word
}

/// Neither silence nor a no, and no unfinished work either: `alive` is judged by those that asked.
TEST_F(Outcomes, WhoHadNothingToAskIsSkipped) {
  targets(3);
  stage<0>(answers(SONDE_CANCELLED), {"alive"});
  Script blocking;
  blocking.run = [](auto c, auto h, auto tasks) -> sonde_err {
    for (const sonde_task t : tasks) h->done(c, t, SONDE_CANCELLED);
    return SONDE_OK;
  };
  stage<1>(blocking, {"alive"});
  const RunResult r = run_well();
  for (uint8_t i = 0; i < 2; ++i) {
    EXPECT_EQ(count(r, i, Outcome::skipped_nothing_to_ask), 3u) << int{i};
    EXPECT_EQ(count(r, i, Outcome::cancelled), 0u) << int{i};
  }
  EXPECT_TRUE(r.document.complete);
  EXPECT_EQ(r.document.settled, 3u);
}

TEST_F(Outcomes, RunTimeoutEndsTheRunWithWhatIsKnown) {
  targets(4);
  plan.limits.run_timeout = 100'000'000;
  Script s;
  s.start = [](auto, auto, auto tasks) { return static_cast<int32_t>(tasks.size()); };  // never answers
  stage<0>(s, {}, 60'000);
  const RunResult r = run_well();
  EXPECT_EQ(count(r, 0, Outcome::cancelled), 4u);
  EXPECT_FALSE(r.document.complete);
  EXPECT_EQ(r.document.why_incomplete, "run_timeout");
  EXPECT_TRUE(r.had_errors);
}

}  // namespace
}  // namespace sonde::core::test
