// Dated files: named in UTC, never overwritten, removed by count or age.
#include "inventory/history.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include "temporary.hpp"

namespace sonde::core {
namespace {

using Clock = std::chrono::system_clock;

/// 2026-11-22 03:15:00 UTC and so many seconds.
Clock::time_point at(int64_t seconds) {
  return Clock::time_point(std::chrono::seconds(1'795'317'300 + seconds));
}
constexpr int64_t day = 86400;

EachRecord each_of(const std::vector<Value>& records) {
  return [records](const auto& visit) {
    for (const Value& record : records) visit(record);
    return Result<void>();
  };
}

class History : public ::testing::Test {
 protected:
  std::string add(int64_t seconds, uint64_t keep_count = 0, int64_t keep_age = 0, bool complete = true) {
    RunDocument run;
    run.complete = complete;
    run.run_id = "run at " + std::to_string(seconds);
    const Value records = parse_json(R"([{"ip":"10.0.0.1"},{"ip":"10.0.0.2"}])").value();
    const auto entry = add_to_history(directory_ / "history", each_of(*records.array()), run, at(seconds));
    if (!entry) return entry.error().id;
    EXPECT_TRUE(prune_history(directory_ / "history", *entry, at(seconds), keep_count, keep_age));
    return entry->when;
  }
  std::string list() {
    std::string out;
    const std::vector<HistoryEntry> entries = list_history(directory_ / "history").value();
    for (const HistoryEntry& entry : entries) out += entry.when + " ";
    return out;
  }
  Temporary directory_;
};

TEST_F(History, NamesFilesInUtc) {
  EXPECT_EQ(add(0), "2026-11-22");
  EXPECT_EQ(add(1), "2026-11-22T031501Z");
  EXPECT_EQ(add(day), "2026-11-23");
  EXPECT_EQ(list(), "2026-11-22 2026-11-22T031501Z 2026-11-23 ");
}

TEST_F(History, TheBaselineIsTheNewestThatWasComplete) {
  const auto baseline = [&] {
    const auto entry = baseline_of(list_history(directory_ / "history").value());
    return entry ? entry->when : "none";
  };
  EXPECT_EQ(baseline(), "none");
  add(0, 0, 0, false);
  EXPECT_EQ(baseline(), "2026-11-22");  // better than none
  add(day, 0, 0, true);
  add(2 * day, 0, 0, false);
  EXPECT_EQ(baseline(), "2026-11-23");
  add(3 * day, 0, 0, true);
  EXPECT_EQ(baseline(), "2026-11-25");
}

TEST_F(History, NeverOverwrites) {
  EXPECT_EQ(add(0), "2026-11-22");
  EXPECT_EQ(add(0), "2026-11-22T031500Z");
  EXPECT_EQ(add(0), "2026-11-22T031500Z-2");
  EXPECT_EQ(add(0), "2026-11-22T031500Z-3");
  for (int i = 4; i <= 9; ++i) add(0);
  EXPECT_EQ(add(0), "output-unwritable");
  EXPECT_EQ(list_history(directory_ / "history").value().size(), 10u);
}

TEST_F(History, AHalfThatIsThereTakesTheName) {
  directory_.write("history/2026-11-22.run.json", "left by a crash");
  EXPECT_EQ(add(0), "2026-11-22T031500Z");
  EXPECT_EQ(Temporary::read(directory_ / "history/2026-11-22.run.json"), "left by a crash");
}

TEST_F(History, HoldsRecordsAndRunDocument) {
  add(0);
  EXPECT_EQ(Temporary::read(directory_ / "history/2026-11-22.json"),
            "[\n{\"ip\":\"10.0.0.1\"},\n{\"ip\":\"10.0.0.2\"}\n]\n");
  const auto snapshot = read_snapshot(directory_ / "history/2026-11-22.json").value();
  EXPECT_EQ(snapshot.records.size(), 2u);
  EXPECT_EQ(snapshot.run.value().run_id, "run at 0");
  std::size_t files = 0;
  for ([[maybe_unused]] const auto& file : std::filesystem::directory_iterator(directory_ / "history")) ++files;
  EXPECT_EQ(files, 2u);
}

TEST_F(History, KeepsByCount) {
  for (int64_t i = 0; i < 4; ++i) add(i * day, 2);
  EXPECT_EQ(list(), "2026-11-24 2026-11-25 ");
  EXPECT_FALSE(std::filesystem::exists(directory_ / "history/2026-11-22.run.json"));
}

/// The name of the day that was removed is not given again: names sort by time.
TEST_F(History, KeepsByCountTheNewestOfOneDay) {
  EXPECT_EQ(add(0, 2), "2026-11-22");
  for (int64_t hour = 1; hour <= 4; ++hour)
    EXPECT_EQ(add(hour * 3600, 2), "2026-11-22T0" + std::to_string(3 + hour) + "1500Z");
  EXPECT_EQ(list(), "2026-11-22T061500Z 2026-11-22T071500Z ");
  EXPECT_EQ(baseline_of(list_history(directory_ / "history").value())->when, "2026-11-22T071500Z");
  EXPECT_EQ(add(day, 2), "2026-11-23");
}

TEST_F(History, KeepsByCountTheNewestOfOneSecond) {
  add(0, 1);
  for (int i = 0; i < 3; ++i) add(0, 1);
  EXPECT_EQ(list(), "2026-11-22T031500Z-3 ");
}

/// Who lists a history has read each document already.
TEST_F(History, DocumentsThatAreKnownAreNotReadAgain) {
  for (const int64_t when : {int64_t{0}, day, 2 * day}) add(when);
  const auto entries = list_history(directory_ / "history").value();
  std::vector<std::string> asked;
  const auto baseline = baseline_of(entries, {}, [&](const std::string& path) -> Result<SharedDocument> {
    asked.push_back(path);
    RunDocument known;
    known.complete = path == entries[1].path;  // the file says that all are
    return std::make_shared<const RunDocument>(known);
  });
  ASSERT_TRUE(baseline);
  EXPECT_EQ(baseline->when, entries[1].when);
  EXPECT_EQ(asked, (std::vector{entries[2].path, entries[1].path}));
}

TEST_F(History, ABaselineIsOfAnotherRun) {
  add(0), add(day), add(2 * day, 0, 0, false);
  const auto entries = list_history(directory_ / "history").value();
  const auto baseline = [&](int64_t seconds) {
    RunDocument run;
    run.run_id = "run at " + std::to_string(seconds);
    return baseline_of(entries, run)->when;
  };
  EXPECT_EQ(baseline(day), "2026-11-22");
  EXPECT_EQ(baseline(2 * day), "2026-11-23");
}

class HistoryOfScopes : public History {
 protected:
  RunDocument run(std::vector<std::string> scope, uint64_t targets = 254) {
    RunDocument run;
    run.run_id = "run " + std::to_string(++runs_);
    run.complete = true;
    run.scope = std::move(scope);
    run.targets = run.settled = targets;
    return run;
  }
  void add(int64_t days, const RunDocument& document, uint64_t keep_count = 0, int64_t keep_age = 0) {
    const auto entry = add_to_history(directory_ / "history", each_of({}), document, at(days * day)).value();
    EXPECT_TRUE(prune_history(directory_ / "history", entry, at(days * day), keep_count, keep_age));
  }
  std::string baseline(const RunDocument& next) {
    const auto entry = baseline_of(list_history(directory_ / "history").value(), next);
    return entry ? entry->when : "none";
  }
  const std::vector<std::string> lan_ = {"10.0.0.1-10.0.0.254"};
  int runs_ = 0;
};

/// `--only 10.0.0.7` between two nights: the second is compared with the first, not with that one host.
TEST_F(HistoryOfScopes, ARunOfOneHostIsNoBaselineForAll) {
  add(0, run(lan_)), add(1, run({"10.0.0.7"}, 1));
  EXPECT_EQ(baseline(run(lan_)), "2026-11-22");
  EXPECT_EQ(baseline(run({"10.0.0.7"}, 1)), "2026-11-23");
  EXPECT_EQ(baseline(run({"10.0.0.8"}, 1)), "2026-11-22");
}
/// Targets of a source come and go: last night's run is the baseline, not an old one of a whole network.
TEST_F(HistoryOfScopes, AFewTargetsMoreMakeNoOldRunABetterOne) {
  add(0, run({"10.0.0.0/16"}, 65534)), add(1, run({"10.0.0.1-10.0.0.100"}, 100));
  EXPECT_EQ(baseline(run({"10.0.0.1-10.0.0.101"}, 101)), "2026-11-23");
  EXPECT_EQ(baseline(run({"10.0.0.1-10.0.0.120"}, 120)), "2026-11-22");
}
TEST_F(HistoryOfScopes, OfThoseThatHadAPartTheOneThatHadMost) {
  add(0, run(lan_)), add(1, run({"10.0.0.7"}, 1));
  EXPECT_EQ(baseline(run({"10.0.0.1-10.0.1.254"}, 510)), "2026-11-22");
  EXPECT_EQ(baseline(run({"192.168.0.1"}, 1)), "2026-11-23");  // none had any
}
TEST_F(HistoryOfScopes, WhatItExcludedItDidNotHave) {
  add(0, run(lan_));
  RunDocument without = run(lan_);
  without.exclusions = {"10.0.0.128/25"};
  add(1, without);
  EXPECT_EQ(baseline(run(lan_)), "2026-11-22");
  EXPECT_EQ(baseline(run({"10.0.0.1-10.0.0.100"}, 100)), "2026-11-23");
}
TEST_F(HistoryOfScopes, ASliceIsComparedWithTheSliceBefore) {
  RunDocument slice = run(lan_);
  slice.not_covered = {{"217 targets", "belong to the other parts: this is part 2 of 7"}};
  add(0, run(lan_)), add(1, slice), add(2, run({"10.0.0.7"}, 1));
  EXPECT_EQ(baseline(slice), "2026-11-22");  // the entry of the 23rd is of the same run
  slice.run_id = "the next";
  EXPECT_EQ(baseline(slice), "2026-11-23");
  EXPECT_EQ(baseline(run(lan_)), "2026-11-22");
}
TEST_F(HistoryOfScopes, RunsOfOneHostDoNotPushOutTheLastOfAll) {
  add(0, run(lan_)), add(1, run(lan_));
  for (int64_t i = 2; i < 6; ++i) add(i, run({"10.0.0.7"}, 1), 2);
  EXPECT_EQ(list(), "2026-11-23 2026-11-26 2026-11-27 ");
  add(6, run(lan_), 2);
  EXPECT_EQ(list(), "2026-11-27 2026-11-28 ");
  // One entry is kept besides, however the numbers fall.
  add(7, run(lan_, 300), 2), add(8, run(lan_, 290), 2), add(9, run(lan_, 280), 2), add(10, run(lan_, 270), 2);
  EXPECT_EQ(list(), "2026-11-29 2026-12-01 2026-12-02 ");
  // An age is kept to: somebody may have promised it.
  add(40, run({"10.0.0.7"}, 1), 0, 2 * day * 1'000'000'000);
  EXPECT_EQ(list(), "2027-01-01 ");
}

/// Two entries of one run are one night.
TEST_F(History, EarlierPartsOfTheRunGoBeforeOtherRuns) {
  const auto part = [&](int64_t seconds, const std::string& id, uint64_t keep_count) {
    RunDocument run;
    run.complete = true;
    run.run_id = id;
    const auto entry = add_to_history(directory_ / "history", each_of({}), run, at(seconds)).value();
    EXPECT_TRUE(prune_history(directory_ / "history", entry, at(seconds), keep_count, 0));
  };
  part(0, "a", 0), part(day, "b", 0), part(2 * day, "c", 0), part(2 * day + 1, "c", 2);
  EXPECT_EQ(list(), "2026-11-23 2026-11-24T031501Z ");
}

/// Of a process that has our number in another container, on a shared volume.
TEST_F(History, LeavesTheFilesOfOtherWritersAlone) {
  const std::string pid = std::to_string(::getpid());
  const std::string theirs = ".2026-11-22.run.json." + pid + ".tmp", old_way = "2026-11-22.run.json.tmp-" + pid;
  directory_.write("history/" + theirs, "half");
  directory_.write("history/" + old_way, "half");
  EXPECT_EQ(add(0), "2026-11-22");
  EXPECT_EQ(Temporary::read(directory_ / ("history/" + theirs)), "half");
  EXPECT_EQ(Temporary::read(directory_ / ("history/" + old_way)), "half");
}

TEST_F(History, TellsThatNothingCouldBeRemoved) {
  add(0);
  const HistoryEntry added{"", "", "2026-11-23"};
  directory_.write("file", "");
  EXPECT_FALSE(prune_history(directory_ / "file", added, at(day), 1, 0));
}

TEST_F(History, KeepsByAge) {
  for (int64_t i = 0; i < 4; ++i) add(i * day);
  add(4 * day, 0, 2 * day * 1'000'000'000);
  // The 24th stands for any moment of that day: at 03:15 of the 26th it may be less than two days old.
  EXPECT_EQ(list(), "2026-11-24 2026-11-25 2026-11-26 ");
}

TEST_F(History, KeepsTheRunThatWasJustAdded) {
  add(5 * day);
  EXPECT_EQ(add(0, 1), "2026-11-22");  // a clock that was set back
  EXPECT_EQ(list(), "2026-11-22 2026-11-27 ");
}

TEST_F(History, KeepsWhatTheNextRunIsComparedWith) {
  add(0), add(day);
  for (int n = 2; n <= 4; ++n) add(n * day, 2, 0, false);
  EXPECT_EQ(list(), "2026-11-23 2026-11-25 2026-11-26 ");
  add(40 * day, 0, 2 * day * 1'000'000'000, false);
  EXPECT_EQ(list(), "2026-11-23 2027-01-01 ");
  add(41 * day, 1);
  EXPECT_EQ(list(), "2027-01-02 ");
}

/// Beside a short list its document would call the run complete.
TEST_F(History, LeavesNothingOfAnEntryWhoseRecordsAreLost) {
  const EachRecord lost = [](const auto& visit) -> Result<void> {
    visit(parse_json(R"({"ip":"10.0.0.1"})").value());
    return failure("temporary-file", "cannot be read back");
  };
  const auto entry = add_to_history(directory_ / "history", lost, {}, at(0));
  ASSERT_FALSE(entry);
  EXPECT_EQ(entry.error().id, "temporary-file");
  EXPECT_TRUE(std::filesystem::is_empty(directory_ / "history"));
}

TEST_F(History, LeavesOtherFilesAlone) {
  for (const char* name :
       {"notes.json", "2026-11-22.csv", "2026-02-31.json", "2026-11-22T250000Z.json", "2026-11-2x.json"})
    directory_.write(std::string("history/") + name, "x");
  add(0, 1);
  EXPECT_EQ(list(), "2026-11-22 ");
  EXPECT_TRUE(std::filesystem::exists(directory_ / "history/notes.json"));
  EXPECT_TRUE(std::filesystem::exists(directory_ / "history/2026-02-31.json"));
  EXPECT_TRUE(std::filesystem::exists(directory_ / "history/2026-11-22T250000Z.json"));
}

TEST_F(History, AnEntryWithoutItsRunDocumentSaysSo) {
  directory_.write("history/2026-11-20.json", "[]");
  const auto entries = list_history(directory_ / "history").value();
  ASSERT_EQ(entries.size(), 1u);
  EXPECT_EQ(entries[0].run_path, "");
}

TEST_F(History, ADirectoryThatIsNotThereIsEmpty) {
  EXPECT_TRUE(list_history(directory_ / "absent").value().empty());
  directory_.write("file", "");
  EXPECT_EQ(list_history(directory_ / "file").error().id, "file-unreadable");
  EXPECT_EQ(add_to_history(directory_ / "file", each_of({}), {}, at(0)).error().id, "output-unwritable");
}

}  // namespace
}  // namespace sonde::core
