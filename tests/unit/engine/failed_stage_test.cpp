// A stage that fails during a run: whom it left without an answer is asked again by a resumed run, and a merged one
// knows what is lacking.
#include <algorithm>
#include <atomic>
#include <set>
#include <thread>

#include "inventory/journal_reader.hpp"
#include "inventory/merge.hpp"
#include "scripted_run.hpp"

namespace sonde::core::test {
namespace {

constexpr uint32_t host_count = 400;

uint8_t last_byte(sonde_ctx* c, const sonde_host* h, sonde_task t) {
  sonde_target target{};
  target.size = sizeof target;
  h->target(c, t, &target);
  return target.ip[15];
}

/// Even ones answer.
Script finds() {
  Script s;
  s.start = [](auto c, auto h, auto tasks) {
    for (sonde_task t : tasks) {
      const bool answers = last_byte(c, h, t) % 2 == 0;
      const sonde_value yes = boolean(true);
      if (answers) h->put(c, t, 0, {}, &yes);
      h->done(c, t, answers ? SONDE_POSITIVE : SONDE_NO_ANSWER);
    }
    return static_cast<int32_t>(tasks.size());
  };
  return s;
}

class FailedStage : public ScriptedRun {
 protected:
  void SetUp() override {
    ScriptedRun::SetUp();
    targets(host_count);
    stage<0>(finds(), {"alive"});
    stage<1>(answers(SONDE_NEGATIVE));
    base_ = plan.output_dir;
  }
  /// Answers so many tasks and then fails for good.
  static Script fails_after(int tasks_left, std::string why = "out of luck") {
    Script s;
    auto left = std::make_shared<int>(tasks_left);
    s.start = [left, why](auto c, auto h, auto tasks) -> int32_t {
      int32_t taken = 0;
      for (sonde_task t : tasks) {
        if (--*left < 0) break;
        h->done(c, t, SONDE_NEGATIVE);
        ++taken;
      }
      if (taken > 0) return taken;
      h->fail(c, 0, SONDE_E_IO, {why.data(), why.size()});
      return SONDE_E_IO;
    };
    return s;
  }
  static Script counts(std::set<sonde_task>& asked) {
    Script s;
    s.start = [&asked](auto c, auto h, auto tasks) {
      for (sonde_task t : tasks) {
        asked.insert(t);
        h->done(c, t, SONDE_NEGATIVE);
      }
      return static_cast<int32_t>(tasks.size());
    };
    return s;
  }
  RunResult resume(const RunResult& before, const std::atomic<int>* signal = nullptr) {
    const auto journal = read_journal(before.journal);
    EXPECT_TRUE(journal.has_value());
    EXPECT_FALSE(journal->finished);
    EXPECT_EQ(journal->dropped_lines, 0u);
    RunRequest again;
    again.run_id = journal->header.run_id;
    again.resume = &*journal;
    again.journal_path = before.journal;
    again.stop_signal = signal;
    return run_well(again);
  }
  RunResult run_in(const std::string& name) {
    plan.output_dir = base_ + "/" + name;
    return run_well();
  }
  static std::vector<std::string> not_covered(const RunDocument& d) {
    std::vector<std::string> out;
    for (const auto& [what, why] : d.not_covered) out.push_back(what + ": " + why);
    return out;
  }
  static MergedRuns merged(const std::vector<std::string>& places) {
    std::vector<RunRemains> runs;
    for (const std::string& place : places) runs.push_back(std::move(*read_run(place)));
    auto done = merge_runs(std::move(runs));
    EXPECT_TRUE(done) << (done ? "" : render(done.error()));
    return done ? std::move(*done) : MergedRuns{};
  }
  std::string base_;
};

const std::string told = "stage script1: it failed during the run: out of luck";

/// What it would have stated of them is neither lost nor, in the next run, new.
TEST_F(FailedStage, WhomItLeftIsNotCompared) {
  plan.history.dir = directory_ / "history";
  run_well();
  scripts[1] = fails_after(10);
  const RunResult cut = run_well();
  EXPECT_FALSE(cut.document.complete);
  ASSERT_TRUE(cut.document.delta);
  EXPECT_EQ(to_json(*cut.document.delta->find("changed")), "[]");
  // Who is alive and was none of those ten.
  EXPECT_GE(cut.document.delta->find("partly_scanned")->array()->size(), host_count / 2 - 10);
}

TEST_F(FailedStage, WhomItLeftIsNotSettled) {
  scripts[1] = fails_after(150);
  const RunResult r = run_well();
  EXPECT_EQ(r.document.settled, 150u);
  EXPECT_FALSE(r.document.complete);
  EXPECT_EQ(r.document.why_incomplete, "stage failed");
  EXPECT_EQ(not_covered(r.document), (std::vector<std::string>{told, "250 targets: stage failed"}));
  EXPECT_EQ(count(r, 1, Outcome::error), 250u);
  EXPECT_EQ(count(r, 1, Outcome::skipped_shutdown), 0u);
  const auto journal = read_journal(r.journal);
  ASSERT_TRUE(journal.has_value());
  EXPECT_EQ(journal->dropped_lines, 0u);
  EXPECT_EQ(journal->settled.size(), 150u);
  ASSERT_EQ(journal->failures.size(), 1u);
  EXPECT_EQ(journal->failures.at(1).why, "out of luck");
  EXPECT_EQ(journal->failures.at(1).unasked.size(), 250u);
}

TEST_F(FailedStage, TheResumedRunAsksThoseAgainAndIsComplete) {
  scripts[1] = fails_after(150);
  const RunResult before = run_well();
  std::set<sonde_task> asked;
  scripts[1] = counts(asked);
  const RunResult whole = resume(before);
  EXPECT_EQ(asked.size(), 250u);
  EXPECT_TRUE(whole.document.complete) << whole.document.why_incomplete;
  EXPECT_TRUE(whole.document.not_covered.empty());
  EXPECT_FALSE(whole.had_errors);
  EXPECT_EQ(count(whole, 0, Outcome::positive), 200u);
  EXPECT_EQ(count(whole, 0, Outcome::no_answer), 200u);
  EXPECT_EQ(count(whole, 1, Outcome::negative), 400u);
  EXPECT_EQ(count(whole, 1, Outcome::error), 0u);
  EXPECT_EQ(whole.hosts.size(), 200u);
  EXPECT_EQ(whole.document.responding, 200u);
  for (const HostRecord& host : hosts(whole)) EXPECT_EQ(host.facts.size(), 1u);
  const auto journal = read_journal(whole.journal);
  EXPECT_TRUE(journal->finished);
  EXPECT_TRUE(journal->failures.empty());
  EXPECT_TRUE(merged({plan.output_dir}).document.complete);
}

TEST_F(FailedStage, WhereItFailsAgainTheDocumentSaysSo) {
  scripts[1] = fails_after(150);
  const RunResult before = run_well();
  scripts[1] = fails_after(100, "still");
  const RunResult again = resume(before);
  EXPECT_EQ(again.document.settled, 250u);
  EXPECT_EQ(not_covered(again.document),
            (std::vector<std::string>{"stage script1: it failed during the run: still", "150 targets: stage failed"}));
  EXPECT_EQ(count(again, 1, Outcome::error), 150u);
  EXPECT_EQ(count(again, 1, Outcome::negative), 250u);
}

/// Not reached this time: that it failed still counts.
TEST_F(FailedStage, AResumedRunThatIsInterruptedStillSaysIt) {
  scripts[1] = fails_after(150);
  const RunResult before = run_well();
  std::atomic<int> signal{0};
  std::atomic<int> left{50};
  scripts[1].start = [&](auto c, auto h, auto tasks) {
    for (sonde_task t : tasks) {
      if (left.fetch_sub(1) > 0)
        h->done(c, t, SONDE_NEGATIVE);
      else
        signal = 2;
    }
    return static_cast<int32_t>(tasks.size());
  };
  const RunResult again = resume(before, &signal);
  EXPECT_EQ(again.document.settled, 200u);
  EXPECT_EQ(again.document.why_incomplete, "interrupted");
  EXPECT_EQ(not_covered(again.document), (std::vector<std::string>{told, "200 targets: interrupted"}));
  scripts[1] = answers(SONDE_NEGATIVE);
  const RunResult whole = resume(again);
  EXPECT_TRUE(whole.document.complete);
  EXPECT_EQ(count(whole, 1, Outcome::negative), 400u);
  EXPECT_EQ(whole.hosts.size(), 200u);
}

TEST_F(FailedStage, AMergeKnowsItFromTheJournalAlone) {
  scripts[1] = fails_after(150);
  const RunResult r = run_in("failed");
  const MergedRuns beside = merged({plan.output_dir});
  std::filesystem::remove(plan.output_dir + "/run.json");
  const MergedRuns alone = merged({plan.output_dir});
  for (const MergedRuns* all : {&beside, &alone}) {
    EXPECT_FALSE(all->document.complete);
    EXPECT_EQ(all->document.why_incomplete, "stage failed");
    EXPECT_EQ(all->document.settled, 150u);
    EXPECT_EQ(not_covered(all->document),
              (std::vector<std::string>{"250 targets: stage failed: run " + r.document.run_id, told}));
    for (std::size_t i = 0; i < 2; ++i) {
      EXPECT_EQ(all->document.stages[i].by_outcome[static_cast<std::size_t>(Outcome::error)],
                r.document.stages[i].by_outcome[static_cast<std::size_t>(Outcome::error)]);
      EXPECT_EQ(all->document.stages[i].by_outcome, r.document.stages[i].by_outcome) << i;
    }
    EXPECT_EQ(all->document.responding, 200u);
  }
}

TEST_F(FailedStage, WhatAnotherRunAskedIsNotLacking) {
  scripts[1] = fails_after(150);
  run_in("failed");
  scripts[1] = answers(SONDE_NEGATIVE);
  const RunResult once = run_in("whole");
  for (const auto& order :
       {std::vector<std::string>{base_ + "/failed", base_ + "/whole"}, {base_ + "/whole", base_ + "/failed"}}) {
    const MergedRuns all = merged(order);
    EXPECT_TRUE(all.document.complete);
    EXPECT_TRUE(all.document.not_covered.empty());
    EXPECT_EQ(all.document.stages[1].by_outcome, once.document.stages[1].by_outcome);
    EXPECT_EQ(all.hosts.size(), 200u);
  }
}

/// A journal of before such lines: run.json is all that says it.
TEST_F(FailedStage, WhatRunJsonAloneSaysCounts) {
  run_in("older");
  std::vector<RunRemains> runs;
  runs.push_back(std::move(*read_run(plan.output_dir)));
  ASSERT_TRUE(runs[0].document);
  runs[0].document->not_covered = {{"stage script1", "it failed during the run"}};
  const auto all = merge_runs(std::move(runs));
  ASSERT_TRUE(all);
  EXPECT_FALSE(all->document.complete);
  EXPECT_EQ(not_covered(all->document), (std::vector<std::string>{"stage script1: it failed during the run"}));
}

/// Those that hung had their chance; those that no worker took did not.
TEST_F(FailedStage, WhatWaitedForAHungWorkerIsAskedAgain) {
  targets(8);
  plan.limits.workers = 1;
  plan.stages.pop_back();
  std::atomic<bool> release{false};
  std::atomic<int> hung{0}, returned{0};
  Script s;
  s.run = [&](auto, auto, auto) -> sonde_err {
    ++hung;
    while (!release) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    ++returned;
    return SONDE_OK;
  };
  stage<1>(s, {}, 50);
  const RunResult before = run_well();
  EXPECT_EQ(hung, 2) << "one worker, replaced once";
  EXPECT_EQ(count(before, 1, Outcome::error), 8u);
  EXPECT_EQ(before.document.settled, 2u);
  EXPECT_EQ(not_covered(before.document).front(),
            "stage script1: it failed during the run: all of its workers hang; the stage is quarantined");
  release = true;  // lets the threads go before the script does
  for (int i = 0; i < 400 && returned < hung; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  std::this_thread::sleep_for(std::chrono::milliseconds(50));

  scripts[1].run = [](auto c, auto h, auto tasks) -> sonde_err {
    for (sonde_task t : tasks) h->done(c, t, SONDE_NEGATIVE);
    return SONDE_OK;
  };
  const RunResult whole = resume(before);
  EXPECT_TRUE(whole.document.complete);
  EXPECT_EQ(count(whole, 1, Outcome::negative), 6u);
  EXPECT_EQ(count(whole, 1, Outcome::error), 2u);
}

}  // namespace
}  // namespace sonde::core::test
