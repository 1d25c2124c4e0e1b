// Every (target, stage) ends in exactly one state, and the state is the right one.
#include <map>
#include <mutex>

#include "engine/outbox.hpp"
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

// With four slots a shard stands still a thousand times until its hosts are written; unless it is woken then, each time
// costs half a second.
TEST_F(Outcomes, AShardWithoutRoomIsWokenWhenItsHostsAreWritten) {
  targets(8000);
  plan.limits.shards = 2;
  plan.limits.hosts_in_flight = 8;
  stage<0>(answers(SONDE_NO_ANSWER));
  const RunResult r = run_well();
  EXPECT_EQ(count(r, 0, Outcome::no_answer), 8000u);
  EXPECT_TRUE(r.document.complete);
}

TEST(Batch, SilentNeighboursAreOneRun) {
  Batch b;
  for (const uint64_t position : {7u, 8u, 9u, 3u, 4u, 9u}) b.add_silent(position);
  ASSERT_EQ(b.silent.size(), 3u);
  EXPECT_EQ(b.silent[0].start, 7u);
  EXPECT_EQ(b.silent[0].count, 3u);
  EXPECT_EQ(b.silent[1].start, 3u);
  EXPECT_EQ(b.silent[1].count, 2u);
  EXPECT_EQ(b.silent[2].start, 9u);
  EXPECT_EQ(b.silent[2].count, 1u);
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

TEST_F(Outcomes, AnOptionalStageThatMayNotRunIsSkippedWithItsReason) {
  targets(3);
  Script s = answers(SONDE_POSITIVE);
  s.create = [](auto c, auto h) {
    const std::string why = "no raw sockets here";
    h->fail(c, 0, SONDE_E_DENIED, {why.data(), why.size()});
    return SONDE_E_DENIED;
  };
  stage<0>(s).optional = true;
  stage<1>(answers(SONDE_POSITIVE));
  RunResult r = run_well();
  EXPECT_EQ(count(r, 0, Outcome::skipped_unavailable), 3u);
  EXPECT_NE(r.document.stages[0].unavailable.find("no raw sockets here"), std::string::npos);
  EXPECT_EQ(count(r, 1, Outcome::positive), 3u);
  EXPECT_FALSE(r.had_errors);

  plan.stages[0].optional = false;
  auto refused = run();
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().id, "needs-raw-socket");
}

TEST_F(Outcomes, APluginThatRefusesItsOptionsIsAConfigurationError) {
  targets(1);
  Script s = answers(SONDE_POSITIVE);
  s.create = [](auto, auto) { return SONDE_E_CONFIG; };
  stage<0>(s);
  auto refused = run();
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().id, "stage-config");
  scripts[0].create = [](auto, auto) { return SONDE_E_IO; };
  EXPECT_EQ(run().error().id, "stage-unavailable");
}

/// A mistake of the file is told whatever this machine lacks, and `optional` is for what it lacks.
TEST_F(Outcomes, AllThatKeepsStagesFromStartingIsToldAtOnce) {
  targets(1);
  const auto refuses = [](sonde_err code, std::string_view why) {
    Script s = answers(SONDE_POSITIVE);
    s.create = [code, why](auto c, auto h) {
      h->fail(c, 0, code, {why.data(), why.size()});
      return code;
    };
    return s;
  };
  stage<0>(refuses(SONDE_E_DENIED, "no raw sockets here"));
  StagePlan& wrong = stage<1>(refuses(SONDE_E_CONFIG, "options/count: is odd"));
  wrong.optional = true;
  Value count(int64_t{3});
  count.where = {"lan.sonde.yaml", 7, 12, 1};
  wrong.options.set("count", count);
  ASSERT_FALSE(run().has_value());
  ASSERT_EQ(why_not_started.size(), 2u);
  EXPECT_EQ(why_not_started[0].id, "needs-raw-socket");
  EXPECT_EQ(why_not_started[1].id, "stage-config");
  EXPECT_EQ(why_not_started[1].text, "stage 'script1': option 'count': is odd");
  EXPECT_EQ(why_not_started[1].where.line, 7u);
  const std::vector<Diagnostic> mistakes = try_plan(plan).mistakes();
  ASSERT_EQ(mistakes.size(), 1u);
  EXPECT_EQ(mistakes[0].text, why_not_started[1].text);
}

TEST_F(Outcomes, ATrialMakesOneInstanceAndUndoesIt) {
  targets(64);
  plan.limits.shards = 4;
  static int made = 0, undone = 0;
  const auto counted = [](Script s) {
    s.create = [](auto, auto) {
      ++made;
      return SONDE_OK;
    };
    s.destroy = [](auto, auto) { ++undone; };
    return s;
  };
  Script blocks;
  blocks.run = [](auto, auto, auto) { return SONDE_OK; };
  stage<0>(counted(answers(SONDE_POSITIVE)));
  stage<1>(counted(blocks));
  EXPECT_TRUE(try_plan(plan).mistakes().empty());
  EXPECT_EQ(made, 2);
  EXPECT_EQ(undone, 2);
  EXPECT_TRUE(std::filesystem::is_empty(directory_));
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

/// One reason and its count, not one text a target.
TEST_F(Outcomes, ReasonsOfErrorsAreCountedWithoutTheirTargets) {
  targets(100);
  Script s;
  s.start = [](auto c, auto h, auto tasks) {
    for (sonde_task t : tasks) {
      sonde_target target{};
      target.size = sizeof target;
      h->target(c, t, &target);
      const std::string why = "connect to 127.0.1." + std::to_string(target.ip[15]) + ": Network is unreachable";
      h->fail(c, t, SONDE_E_IO, {why.data(), why.size()});
      h->done(c, t, SONDE_ERROR);
    }
    return static_cast<int32_t>(tasks.size());
  };
  stage<0>(s);
  const RunResult r = run_well();
  EXPECT_EQ(r.document.stages[0].errors,
            (std::map<std::string, uint64_t>{{"connect to <address>: Network is unreachable", 100}}));
}

/// A host counts as responding when a stage has heard of it, not only when the last stage is done with it.
TEST_F(Outcomes, ProgressCountsHostsAsTheyAnswer) {
  targets(20);
  std::atomic<int> signal{0};
  uint64_t heard = 0, settled = 0;
  Script finds;
  finds.start = [](auto c, auto h, auto tasks) {
    const sonde_value yes = boolean(true);
    for (sonde_task t : tasks) {
      h->put(c, t, 0, {}, &yes);
      h->done(c, t, SONDE_POSITIVE);
    }
    return static_cast<int32_t>(tasks.size());
  };
  Script waits;
  waits.start = [](auto, auto, auto tasks) { return static_cast<int32_t>(tasks.size()); };
  stage<0>(finds, {"alive"});
  stage<1>(waits, {}, 60'000);
  RunRequest request;
  request.stop_signal = &signal;
  request.on_progress = [&](const Progress& p) {
    if (p.responding < 20 || signal != 0) return;
    heard = p.responding;
    settled = p.settled;
    signal = 2;
  };
  const RunResult r = run_well(request);
  EXPECT_EQ(heard, 20u);
  EXPECT_EQ(settled, 0u);
  EXPECT_EQ(r.document.responding, 20u);
}

/// Each shard has an instance that finds the same fault.
TEST_F(Outcomes, AFullShardGoesOnAsSoonAsItsHostsAreWritten) {
  targets(600);
  plan.limits.hosts_in_flight = 1;
  int64_t last = 0, longest = 0;
  Script s;
  s.start = [&](auto c, auto h, auto tasks) {
    const int64_t now = h->now(c);
    if (last != 0) longest = std::max(longest, now - last);
    last = now;
    for (sonde_task t : tasks) h->done(c, t, SONDE_POSITIVE);
    return static_cast<int32_t>(tasks.size());
  };
  stage<0>(s);
  run_well();
  EXPECT_LT(longest, 400'000'000) << "the shard slept although there was room again";
}

TEST_F(Outcomes, AWarningIsToldOnce) {
  targets(64);
  plan.limits.shards = 4;
  Script s = answers(SONDE_NO_ANSWER);
  s.create = [](auto c, auto h) {
    constexpr std::string_view text = "the server refuses its service";
    h->log(c, 0, SONDE_LOG_WARN, {text.data(), text.size()});
    return SONDE_OK;
  };
  stage<0>(s);
  std::vector<std::string> told;
  RunRequest request;
  request.on_log = [&](int level, const std::string& text) {
    if (level <= SONDE_LOG_WARN) told.push_back(text);
  };
  run_well(request);
  EXPECT_EQ(told, std::vector<std::string>{"stage 'script0': the server refuses its service"});
}

TEST_F(Outcomes, WhatAPluginSaysLastIsHeard) {
  targets(1);
  static constexpr std::string_view text = "the server answered nobody";
  Script s = answers(SONDE_NO_ANSWER);
  s.destroy = [](auto c, auto h) { h->log(c, 0, SONDE_LOG_WARN, {text.data(), text.size()}); };
  stage<0>(s);
  std::vector<std::string> told;
  RunRequest request;
  request.on_log = [&](int, const std::string& line) { told.push_back(line); };
  run_well(request);
  EXPECT_EQ(told, std::vector<std::string>{"stage 'script0': the server answered nobody"});
}

TEST_F(Outcomes, WhatAStageWouldLackIsFoundWithoutARun) {
  targets(1);
  Script refused;
  refused.create = [](auto c, auto h) {
    constexpr std::string_view why = "packet sockets are not allowed; expected CAP_NET_RAW";
    h->fail(c, 0, SONDE_E_DENIED, {why.data(), why.size()});
    return sonde_err{SONDE_E_DENIED};
  };
  stage<0>(refused);
  stage<1>(answers(SONDE_POSITIVE));
  const auto problems = try_plan(plan).stages;
  ASSERT_EQ(problems.size(), 2u);
  ASSERT_TRUE(problems[0]);
  EXPECT_EQ(problems[0]->id, "needs-raw-socket");
  EXPECT_EQ(problems[0]->text, "stage 'script0': packet sockets are not allowed");
  EXPECT_EQ(problems[0]->hint, "expected CAP_NET_RAW (sonde doctor), or `optional: true` to go on without");
  EXPECT_FALSE(problems[1]);
  EXPECT_TRUE(std::filesystem::is_empty(directory_));
}

}  // namespace
}  // namespace sonde::core::test
