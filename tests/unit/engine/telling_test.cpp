// What a run tells of itself: reasons of errors, progress, and what plugins log.
#include <algorithm>
#include <atomic>
#include <map>

#include "scripted_run.hpp"

namespace sonde::core::test {
namespace {

using Telling = ScriptedRun;

/// One reason and its count, not one text a target.
TEST_F(Telling, ReasonsOfErrorsAreCountedWithoutTheirTargets) {
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
TEST_F(Telling, ProgressCountsHostsAsTheyAnswer) {
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
TEST_F(Telling, AWarningIsToldOnce) {
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

TEST_F(Telling, WhatAPluginSaysLastIsHeard) {
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

/// What `--log-level debug` is for: when stages begin and end, how targets ended and why, how fast packets leave.
TEST_F(Telling, DebugTellsWhatTheRunDoes) {
  targets(3);
  Script s;
  s.start = [](auto c, auto h, auto tasks) {
    for (sonde_task t : tasks) {
      sonde_target target{};
      target.size = sizeof target;
      h->target(c, t, &target);
      constexpr std::string_view why = "no route";
      const bool fails = target.ip[15] == 1;
      if (fails) h->fail(c, t, SONDE_E_IO, {why.data(), why.size()});
      h->done(c, t, fails ? SONDE_ERROR : SONDE_NO_ANSWER);
    }
    return static_cast<int32_t>(tasks.size());
  };
  stage<0>(s);
  Script refused;
  refused.create = [](auto, auto) { return SONDE_E_DENIED; };
  stage<1>(refused).optional = true;
  const auto told_at = [&](int level) {
    std::vector<std::string> told;
    RunRequest request;
    request.log_level = level;
    request.on_note = [&](int, const std::string& line) { told.push_back(line); };
    run_well(request);
    return told;
  };
  EXPECT_EQ(told_at(SONDE_LOG_INFO), std::vector<std::string>{});
  const std::vector<std::string> told = told_at(SONDE_LOG_DEBUG);
  const auto tells = [&](const std::string& part) {
    return std::count_if(told.begin(), told.end(), [&](const auto& line) { return line.find(part) != line.npos; });
  };
  std::string all;
  for (const std::string& line : told) all += line + "\n";
  EXPECT_EQ(told.front(), "3 targets in 1 shard, packets a second: unlimited") << all;
  EXPECT_EQ(tells("stage 'script1' is skipped for all: "), 1) << all;
  EXPECT_EQ(tells("stage 'script1' "), 1) << all;
  EXPECT_EQ(tells("stage 'script0' begins after 0."), 1) << all;
  EXPECT_EQ(tells(": 2 no answer, 1 error"), 1) << all;
  EXPECT_EQ(tells("stage 'script0': 1 x no route"), 1) << all;
  EXPECT_EQ(tells("script0: 127.0.1.1: no route"), 1) << all;
  EXPECT_TRUE(told.back().starts_with("0 packets in ")) << all;

  std::size_t traced = 0;
  for (const std::string& line : told_at(SONDE_LOG_TRACE)) traced += line.ends_with("no answer");
  EXPECT_EQ(traced, 2u);
}

}  // namespace
}  // namespace sonde::core::test
