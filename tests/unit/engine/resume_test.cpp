// Interrupted runs: what was known is kept, what was settled is not asked again.
#include <algorithm>
#include <atomic>
#include <set>
#include <thread>

#include "inventory/journal_reader.hpp"
#include "scripted_run.hpp"

namespace sonde::core::test {
namespace {

using Resume = ScriptedRun;

Script finds_even_ones(std::set<std::string>& asked, std::atomic<int>* stop_after, std::atomic<int>* signal) {
  Script s;
  s.start = [&asked, stop_after, signal](auto c, auto h, auto tasks) {
    for (sonde_task t : tasks) {
      if (stop_after && stop_after->fetch_sub(1) <= 0) {
        if (signal) signal->store(2);
        continue;  // hangs until it is cancelled
      }
      sonde_target target{};
      target.size = sizeof target;
      h->target(c, t, &target);
      asked.insert(std::string(reinterpret_cast<char*>(target.ip), 16));
      if (target.ip[15] % 2 == 0) {
        const sonde_value yes = boolean(true);
        h->put(c, t, 0, {}, &yes);
        h->done(c, t, SONDE_POSITIVE);
      } else {
        h->done(c, t, SONDE_NO_ANSWER);
      }
    }
    return static_cast<int32_t>(tasks.size());
  };
  return s;
}

TEST_F(Resume, AnInterruptedRunKeepsWhatItKnowsAndTheRestIsDoneLater) {
  targets(400);
  std::set<std::string> first, second;
  std::atomic<int> stop_after{150}, signal{0};
  stage<0>(finds_even_ones(first, &stop_after, &signal), {"alive"}, 60'000);
  RunRequest request;
  request.stop_signal = &signal;
  const RunResult interrupted = run_well(request);
  EXPECT_EQ(interrupted.signal, 2);
  EXPECT_FALSE(interrupted.document.complete);
  EXPECT_EQ(interrupted.document.why_incomplete, "interrupted");
  EXPECT_EQ(first.size(), 150u);
  EXPECT_GT(interrupted.hosts.size(), 40u);

  auto journal = read_journal(interrupted.journal);
  ASSERT_TRUE(journal.has_value());
  EXPECT_EQ(journal->settled.size(), 150u);
  scripts[0] = finds_even_ones(second, nullptr, nullptr);
  RunRequest again;
  again.resume = &*journal;
  again.journal_path = interrupted.journal;
  const RunResult whole = run_well(again);
  EXPECT_TRUE(whole.document.complete);
  EXPECT_EQ(second.size(), 250u);
  for (const std::string& ip : second) EXPECT_EQ(first.count(ip), 0u);
  EXPECT_EQ(whole.hosts.size(), 200u);
  EXPECT_EQ(whole.document.responding, 200u);
  EXPECT_TRUE(read_journal(whole.journal)->finished);
}

/// The document of a resumed run is of the whole run: silent hosts, packets and the begin of its earlier part count.
TEST_F(Resume, TheDocumentCoversAllParts) {
  targets(400);
  std::set<std::string> asked;
  std::atomic<int> stop_after{150}, signal{0};
  stage<0>(finds_even_ones(asked, &stop_after, &signal), {"alive"}, 60'000);
  RunRequest request;
  request.stop_signal = &signal;
  const RunResult interrupted = run_well(request);
  auto journal = read_journal(interrupted.journal);
  ASSERT_TRUE(journal.has_value());
  journal->header.started = "2026-11-22T03:15:00Z";
  journal->packets = 1234;
  scripts[0] = finds_even_ones(asked, nullptr, nullptr);
  RunRequest again;
  again.resume = &*journal;
  again.journal_path = interrupted.journal;
  const RunResult whole = run_well(again);
  EXPECT_EQ(whole.document.started, "2026-11-22T03:15:00Z");
  EXPECT_EQ(whole.document.packets, 1234u);  // the script asks for none itself
  EXPECT_EQ(count(whole, 0, Outcome::positive), 200u);
  EXPECT_EQ(count(whole, 0, Outcome::no_answer), 200u);
  EXPECT_EQ(count(whole, 0, Outcome::skipped_shutdown), 0u);
}

TEST_F(Resume, ATargetThatCrashedAPluginIsLeftOutForThatStage) {
  targets(10);
  std::set<std::string> asked;
  stage<0>(finds_even_ones(asked, nullptr, nullptr), {"alive"});
  JournalContent before;
  before.crashes.push_back({"script0", "script0", IpAddress::v4((127u << 24) + 260)});
  RunRequest request;
  request.resume = &before;
  const RunResult r = run_well(request);
  EXPECT_EQ(asked.size(), 9u);
  EXPECT_EQ(count(r, 0, Outcome::error), 1u);
  EXPECT_TRUE(r.had_errors);
}

TEST_F(Resume, AnUnwritableOutputDirectoryStopsTheRunBeforeItBegins) {
  targets(1);
  int started = 0;
  Script s;
  s.start = [&](auto, auto, auto) { return ++started; };
  stage<0>(s);
  plan.output_dir = "/proc/nowhere";
  auto refused = run();
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().id, "output-unwritable");
  EXPECT_EQ(started, 0);
}

/// The first stage answers, the second is cut off: the host is asked again as a whole.
TEST_F(Resume, WhatIsKnownOfAHostThatWasHalfDoneStays) {
  targets(20);
  std::atomic<int> signal{0};
  Script alive;
  alive.start = [](auto c, auto h, auto tasks) {
    for (sonde_task t : tasks) {
      const sonde_value yes = boolean(true);
      h->put(c, t, 0, {}, &yes);
      h->done(c, t, SONDE_POSITIVE);
    }
    return static_cast<int32_t>(tasks.size());
  };
  Script hangs;
  hangs.start = [&](auto, auto, auto tasks) {
    signal = 2;
    return static_cast<int32_t>(tasks.size());
  };
  stage<0>(alive, {"alive"});
  stage<1>(hangs, {"reverse_dns"}, 60'000);
  RunRequest request;
  request.stop_signal = &signal;
  const RunResult interrupted = run_well(request);
  ASSERT_GT(interrupted.document.responding, 0u);
  ASSERT_EQ(interrupted.document.settled, 0u);
  const auto known = hosts(interrupted);
  const auto go_on = [&](const std::string& path) {
    const auto journal = read_journal(path);
    RunRequest again;
    again.resume = &*journal;
    again.journal_path = path;
    return run_well(again);
  };
  const auto expect_known = [&](const RunResult& r) {
    ASSERT_EQ(r.hosts.size(), known.size());
    EXPECT_EQ(r.document.responding, known.size());
    for (std::size_t i = 0; i < known.size(); ++i) {
      EXPECT_EQ(hosts(r)[i].ip, known[i].ip);
      EXPECT_EQ(hosts(r)[i].facts, known[i].facts);
    }
    EXPECT_TRUE(r.document.complete);
    EXPECT_EQ(count(r, 0, Outcome::no_answer), 20u);
    EXPECT_EQ(count(r, 0, Outcome::positive), 0u);
  };
  const std::string copy = directory_ / "copy";
  std::filesystem::copy_file(interrupted.journal, copy);
  scripts[0] = scripts[1] = answers(SONDE_NO_ANSWER);
  expect_known(go_on(interrupted.journal));
  expect_known(go_on(interrupted.journal));  // killed while it published, say

  scripts[0] = alive;
  const RunResult again = go_on(copy);
  EXPECT_EQ(again.document.responding, 20u);
  EXPECT_EQ(again.hosts.size(), 20u);
  EXPECT_EQ(hosts(again)[0].facts.size(), 1u);
}

TEST_F(Resume, NothingThatWasLearnedIsLost) {
  targets(2);
  const Fact given{FieldTable::mac, core_stage, {}, Scalar::of(std::string("AA:BB:CC:00:00:01"))};
  plan.source_facts.add(IpAddress::v4((127u << 24) + 256), {&given, 1});
  plan.source_facts.sort();
  std::atomic<int> signal{0};
  bool second = false;
  Script s;
  s.start = [&](auto c, auto h, auto tasks) {
    for (sonde_task t : tasks) {
      sonde_target target{};
      target.size = sizeof target;
      h->target(c, t, &target);
      if (target.ip[15] == 0) {  // says something, then falls silent
        const sonde_value name = text_value("kept");
        h->put(c, t, 0, {}, &name);
        h->done(c, t, SONDE_NO_ANSWER);
      } else if (!second) {
        signal = 2;
      } else {
        h->done(c, t, SONDE_NO_ANSWER);
      }
    }
    return static_cast<int32_t>(tasks.size());
  };
  stage<0>(s, {"reverse_dns"}, 60'000);
  RunRequest request;
  request.stop_signal = &signal;
  const RunResult interrupted = run_well(request);
  ASSERT_EQ(interrupted.hosts.size(), 1u);
  EXPECT_EQ(hosts(interrupted)[0].facts.size(), 2u);
  auto journal = read_journal(interrupted.journal);
  ASSERT_TRUE(journal.has_value());
  second = true;
  RunRequest again;
  again.resume = &*journal;
  again.journal_path = interrupted.journal;
  const RunResult whole = run_well(again);
  ASSERT_EQ(whole.hosts.size(), 1u);
  const auto before = hosts(interrupted)[0].facts;
  const auto after = hosts(whole)[0].facts;
  EXPECT_TRUE(std::is_permutation(before.begin(), before.end(), after.begin(), after.end()));
}

}  // namespace
}  // namespace sonde::core::test
