// A plan done in parts, by the real engine, and put together again: the same as the plan done at once.
#include <algorithm>
#include <atomic>
#include <random>

#include "runs_in_parts.hpp"

namespace sonde::core::test {
namespace {

TEST_F(Merge, PartsInAnyOrderAreTheWhole) {
  const RunResult once = whole();
  const std::vector<std::string> records = records_of(hosts(once), plan.fold_context());
  ASSERT_GT(records.size(), 100u);
  EXPECT_NE(records[1].find(R"("script1":{"size":)"), std::string::npos) << records[1];
  EXPECT_NE(records[1].find(R"("evidence":[{"stage":"script0")"), std::string::npos) << records[1];
  const std::vector<FieldId> filled = plan.filled_fields();
  std::minstd_rand chance(1);
  for (uint32_t n = 1; n <= 7; ++n) {
    std::vector<std::string> parts;
    for (uint32_t i = 0; i < n; ++i) parts.push_back(part(i, n));
    for (int order = 0; order < 5; ++order) {
      std::shuffle(parts.begin(), parts.end(), chance);
      const MergedRuns all = merged(parts);
      EXPECT_TRUE(records_of(hosts(all.hosts), all.fold_context()) == records) << n;
      EXPECT_EQ(to_json(comparable(all.document)), to_json(comparable(once.document))) << n;
      EXPECT_EQ(all.document.merged_from.size(), n);
      EXPECT_EQ(all.filled, filled);
      EXPECT_TRUE(all.notes.empty());
    }
  }
}

TEST_F(Merge, APartThatIsNotThereIsNotCovered) {
  const std::string first = part(0, 4), last = part(3, 4);
  const MergedRuns some = merged({last, first});
  const RunDocument& d = some.document;
  EXPECT_FALSE(d.complete);
  EXPECT_EQ(d.why_incomplete, "parts are missing");
  EXPECT_EQ(d.targets, 200u);
  EXPECT_EQ(d.settled, 100u);
  ASSERT_EQ(d.not_covered.size(), 1u);
  EXPECT_EQ(d.not_covered[0].first, "100 targets");
  EXPECT_EQ(d.not_covered[0].second, "parts 2-3 of 4 not among the runs");
  for (const StageCoverage& s : d.stages) EXPECT_EQ(s.by_outcome[static_cast<std::size_t>(Outcome::none)], 100u);
}

TEST_F(Merge, LossesAddUpAndTheSlowestPartIsTold) {
  std::vector<RunRemains> runs = read({part(0, 3), part(1, 3), part(2, 3)});
  ASSERT_EQ(runs.size(), 3u);
  for (uint64_t i = 0; i < 3; ++i) {
    ASSERT_TRUE(runs[i].document);
    runs[i].document->slowed_to = i == 0 ? 0 : 1000 * i;
    StageCoverage& stage = runs[i].document->stages[1];
    stage.dropped_receive = 1 + i;
    stage.queue_full = 10 + i;
    stage.asked_again = 100 + i;
    stage.in_doubt = i;
  }
  const auto all = merge_runs(std::move(runs));
  ASSERT_TRUE(all);
  EXPECT_EQ(all->document.slowed_to, 1000u);
  const StageCoverage& stage = all->document.stages[1];
  EXPECT_EQ(stage.dropped_receive, 6u);
  EXPECT_EQ(stage.queue_full, 33u);
  EXPECT_EQ(stage.asked_again, 303u);
  EXPECT_EQ(stage.in_doubt, 3u);
}

TEST_F(Merge, PartsOfDifferentNightsAreTold) {
  const std::vector<std::string> places = {part(0, 2), part(1, 2)};
  const auto notes = [&](const std::string& first, const std::string& second) {
    std::vector<RunRemains> runs;
    for (const std::string& place : places) runs.push_back(std::move(*read_run(place)));
    runs[0].content.header.started = first;
    runs[1].content.header.started = second;
    runs[0].content.header.run_id = "a", runs[1].content.header.run_id = "b";
    runs[0].journal = "part-1", runs[1].journal = "part-2";
    std::string told;
    const MergedRuns all = std::move(*merge_runs(std::move(runs)));
    for (const Diagnostic& note : all.notes) told += note.id + ": " + note.text;
    return told;
  };
  EXPECT_EQ(notes("2026-11-22T03:15:00Z", "2026-11-22T15:14:59Z"), "");
  const std::string apart =
      "merge-apart: the runs began 24 hours apart: part-1 (run a) at 2026-11-22T03:15:00Z, part-2 (run b) at "
      "2026-11-23T03:15:10Z";
  EXPECT_EQ(notes("2026-11-22T03:15:00Z", "2026-11-23T03:15:10Z"), apart);
  EXPECT_EQ(notes("2026-11-22T03:15:00Z", "at night"), "");
}

TEST_F(Merge, APartNamedTwiceCountsOnce) {
  const std::string first = part(0, 2), second = part(1, 2);
  const MergedRuns once = merged({first, second}), again = merged({first, second, first + "/journal", second});
  EXPECT_EQ(to_json(to_value(again.document)), to_json(to_value(once.document)));
  EXPECT_EQ(records_of(hosts(again.hosts), again.fold_context()), records_of(hosts(once.hosts), once.fold_context()));
  ASSERT_EQ(again.notes.size(), 2u);
  for (const Diagnostic& note : again.notes) {
    EXPECT_EQ(note.id, "merge-overlap");
    EXPECT_NE(note.text.find("more than once, and counts once"), std::string::npos) << note.text;
  }
  EXPECT_TRUE(once.notes.empty());
}

/// Thirds and halves of one plan: two cuts that overlap everywhere, and together cover all.
TEST_F(Merge, WhatTwoRunsHaveDoneIsUnitedAndSaid) {
  const RunResult once = whole();
  const std::vector<std::string> parts = {part(0, 2), part(1, 3), part(2, 3)};
  const MergedRuns all = merged(parts);
  EXPECT_TRUE(records_of(hosts(all.hosts), all.fold_context()) == records_of(hosts(once), plan.fold_context()));
  ASSERT_EQ(all.notes.size(), 1u);
  EXPECT_EQ(all.notes[0].id, "merge-overlap");
  EXPECT_EQ(all.notes[0].text, "34 targets were settled by more than one run; what these found is united");
  EXPECT_TRUE(all.document.complete);
  for (const StageCoverage& s : all.document.stages) {
    uint64_t sum = 0;
    for (const uint64_t n : s.by_outcome) sum += n;
    EXPECT_EQ(sum, 200u);
  }
  EXPECT_EQ(all.document.stages[1].by_outcome, once.document.stages[1].by_outcome);
}

TEST_F(Merge, AnInterruptedPartSaysWhatItLeft) {
  const std::string first = part(0, 2);
  std::atomic<int> stop_after{30}, signal{0};
  Script stops = first_stage();
  const auto start = stops.start;
  stops.start = [&, start](auto c, auto h, auto tasks) {
    if (stop_after.fetch_sub(static_cast<int>(tasks.size())) <= 0) {
      signal.store(2);
      return static_cast<int32_t>(tasks.size());  // hangs until it is cancelled
    }
    return start(c, h, tasks);
  };
  scripts[0] = stops;
  plan.limits.hosts_in_flight = 10;
  plan.output_dir = directory_ / "second";
  plan.slice = part_of(Slice{0, host_count}, 1, 2);
  plan.shard_index = 1;
  plan.shard_count = 2;
  RunRequest request;
  request.stop_signal = &signal;
  const RunResult interrupted = run_well(request);
  ASSERT_LT(interrupted.document.settled, 100u);

  const MergedRuns all = merged({first, plan.output_dir});
  const uint64_t left = 100 - interrupted.document.settled;
  EXPECT_EQ(all.document.settled, 200 - left);
  EXPECT_EQ(all.document.why_incomplete, "interrupted");
  ASSERT_EQ(all.document.not_covered.size(), 1u);
  EXPECT_EQ(all.document.not_covered[0].first, std::to_string(left) + " targets");
  EXPECT_EQ(all.document.not_covered[0].second, "interrupted: run " + interrupted.document.run_id);
  EXPECT_EQ(all.document.stages[0].by_outcome[static_cast<std::size_t>(Outcome::none)], 0u);
}

/// What is known must not depend on where a run was cut: had it settled those hosts, their facts would count.
TEST_F(Merge, WhatAHalfDoneHostSaidCountsBesideSilence) {
  std::atomic<int> signal{0};
  scripts[1].start = [&](auto, auto, auto tasks) {
    signal = 2;
    return static_cast<int32_t>(tasks.size());
  };
  plan.output_dir = directory_ / "cut";
  RunRequest request;
  request.stop_signal = &signal;
  const RunResult cut = run_well(request);
  ASSERT_GT(cut.document.responding, 0u);
  scripts[0] = scripts[1] = answers(SONDE_NO_ANSWER);
  const std::string silent = part(0, 1);
  for (const auto& order : {std::vector<std::string>{silent, directory_ / "cut"}, {directory_ / "cut", silent}}) {
    const MergedRuns all = merged(order);
    EXPECT_EQ(all.document.responding, cut.document.responding);
    EXPECT_EQ(hosts(all.hosts).size(), hosts(cut).size());
    EXPECT_TRUE(all.document.complete);
    for (const StageCoverage& s : all.document.stages)
      EXPECT_EQ(s.by_outcome[static_cast<std::size_t>(Outcome::no_answer)], 200u);
  }
}

TEST_F(Merge, WhatAHalfDoneHostSaidIsUnitedWithItsRecord) {
  std::atomic<int> signal{0};
  const Script second = scripts[1];
  scripts[1].start = [&](auto, auto, auto tasks) {
    signal = 2;
    return static_cast<int32_t>(tasks.size());
  };
  plan.output_dir = directory_ / "cut";
  RunRequest request;
  request.stop_signal = &signal;
  const RunResult cut = run_well(request);
  ASSERT_GT(cut.document.responding, 0u);
  scripts[0] = answers(SONDE_NO_ANSWER);
  scripts[1] = second;
  const std::string rest = part(0, 1);
  const MergedRuns all = merged({rest, directory_ / "cut"});
  EXPECT_EQ(all.document.responding, cut.document.responding);
  for (const StageCoverage& s : all.document.stages) {
    uint64_t sum = 0;
    for (const uint64_t n : s.by_outcome) sum += n;
    EXPECT_EQ(sum, 200u);
  }
}

}  // namespace
}  // namespace sonde::core::test
