// Where runs of one plan say different things of one target: which of them counts, whichever comes first. How parts of
// real runs become the whole again is in tests/unit/engine/merge_test.cpp.
#include "inventory/merge.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "facts.hpp"
#include "inventory/delta.hpp"
#include "inventory/journal_writer.hpp"
#include "inventory/merge_check.hpp"
#include "listed.hpp"
#include "targets/target_set.hpp"
#include "temporary.hpp"

namespace sonde::core {
namespace {

using F = FieldTable;

constexpr uint64_t target_count = 8;
constexpr uint8_t first = 0, second = 1;  // stages

/// What a run knows of one target.
struct Said {
  enum class How { left, silent, settled, half_done } how = How::left;
  Outcome outcome = Outcome::none;  ///< of the first stage; the second has always answered where there is a record
  std::string hostname{};
};
Said settled(Outcome outcome, std::string name = "") {
  return {Said::How::settled, outcome, std::move(name)};
}
Said half_done(Outcome outcome, std::string name = "") {
  return {Said::How::half_done, outcome, std::move(name)};
}
Said silent() {
  return {Said::How::silent, Outcome::no_answer, {}};
}

class MergeRules : public ::testing::Test {
 protected:
  JournalHeader header(const std::string& id) const {
    JournalHeader h;
    h.run_id = id;
    h.pipeline = "lan";
    h.plan_hash = "00ff";
    h.started = "2026-11-22T03:15:00Z";
    h.targets = target_count;
    h.slice = {0, target_count};
    h.scope = {"10.0.0.0-10.0.0.7"};
    const FieldTable table;
    for (FieldId i = 0; i < table.size(); ++i) h.fields.push_back(table[i].name);
    h.stages = {"first", "second"};
    h.stage_details = {{"icmp", "1", "", true, true, false}, {"rdns", "1", "", true, false, false}};
    h.filled = {F::ip, F::alive, F::hostname};
    return h;
  }
  static IpAddress address(uint64_t i) { return ip("10.0.0." + std::to_string(i)); }
  uint64_t position_of(uint64_t i) const { return Permutation(target_count, 0).position_of(i); }

  /// A run that says `one` of 10.0.0.1, and has settled `others` targets besides it in silence.
  RunRemains run(const std::string& id, const Said& one, uint64_t others = 0) { return run(header(id), one, others); }
  RunRemains run(const JournalHeader& h, const Said& one, uint64_t others = 0) {
    const std::string path = directory_ / ("journal/" + std::to_string(serial_++));
    {
      auto writer = JournalWriter::create(path, h).value();
      tell(*writer, one);
      OutcomeCounts counts{};
      for (uint64_t i = 2; i < 2 + others; ++i) {
        writer->settled(position_of(i), address(i), nullptr);
        ++counts[static_cast<std::size_t>(Outcome::no_answer)];
      }
      writer->silent_outcomes(std::vector<OutcomeCounts>{counts, counts});
      writer->finished(true, "");
    }
    return {path, read_journal(path).value(), std::nullopt};
  }

  /// 10.0.0.1 by both, in either order of their names and of the arguments, with more of the rest settled by one or the
  /// other: what the merged run says, which must always be the same.
  std::string merged(const Said& a, const Said& b) {
    std::string all;
    for (const bool swapped : {false, true})
      for (const uint64_t others : {0u, 3u}) {
        std::vector<RunRemains> runs;
        runs.push_back(run(swapped ? "b" : "a", a, others));
        runs.push_back(run(swapped ? "a" : "b", b, 3 - others));
        if (swapped) std::swap(runs[0], runs[1]);
        const std::string one = said(std::move(runs));
        if (all.empty()) all = one;
        EXPECT_EQ(one, all) << swapped << others;
      }
    return all;
  }

 private:
  void tell(JournalWriter& writer, const Said& one) const {
    const IpAddress ip = address(1);
    if (one.how == Said::How::left) return;
    if (one.how == Said::How::silent) {
      writer.settled(position_of(1), ip, nullptr);
      OutcomeCounts counts{};
      counts[static_cast<std::size_t>(Outcome::no_answer)] = 1;
      writer.silent_outcomes(std::vector<OutcomeCounts>{counts, counts});
      return;
    }
    std::vector<Fact> facts;
    if (!one.hostname.empty()) facts.push_back(fact(first, F::hostname, text(one.hostname)));
    writer.result(ip, first, one.outcome, facts, one.outcome == Outcome::error ? "no buffer" : "");
    if (one.how == Said::How::half_done) return;
    const std::vector<Fact> name{fact(second, F::reverse_dns, text("name"))};
    writer.result(ip, second, Outcome::positive, name, "");
    const std::vector<Outcome> outcomes{one.outcome, Outcome::positive};
    writer.settled(position_of(1), ip, &outcomes);
  }

  /// "OUTCOME, OUTCOME: HOSTNAMES", by stage.
  static std::string said(std::vector<RunRemains> runs) {
    const auto done = merge_runs(std::move(runs));
    if (!done) return render(done.error());
    std::string out = "no record";
    for (const HostRecord& host : listed(done->hosts)) {
      if (host.ip != address(1)) continue;
      out = std::string(to_string(host.outcomes[first])) + ", " + std::string(to_string(host.outcomes[second])) + ":";
      std::vector<std::string> names;
      for (const Fact& f : host.facts)
        if (f.field == F::hostname) names.push_back(f.value.text);
      std::sort(names.begin(), names.end());
      for (const std::string& name : names) out += " " + name;
    }
    return out;
  }

 protected:
  Temporary directory_;
  int serial_ = 0;
};

TEST_F(MergeRules, OfTwoOutcomesTheOneThatSaysMore) {
  EXPECT_EQ(merged(settled(Outcome::positive, "x"), settled(Outcome::no_answer)), "positive, positive: x");
  EXPECT_EQ(merged(settled(Outcome::positive, "x"), settled(Outcome::error)), "positive, positive: x");
  EXPECT_EQ(merged(settled(Outcome::positive), settled(Outcome::negative)), "positive, positive:");
  EXPECT_EQ(merged(settled(Outcome::negative), settled(Outcome::no_answer)), "negative, positive:");
  EXPECT_EQ(merged(settled(Outcome::no_answer), settled(Outcome::error)), "no answer, positive:");
  EXPECT_EQ(merged(settled(Outcome::error), settled(Outcome::skipped_unavailable)), "error, positive:");
  EXPECT_EQ(merged(settled(Outcome::skipped_when), settled(Outcome::none)), "skipped: when, positive:");
  // A run that asked had something to ask; one that could not ask, or whose turn never came, knows less than one that
  // found nothing to ask.
  const Outcome nothing = Outcome::skipped_nothing_to_ask;
  for (const Outcome less : {Outcome::skipped_when, Outcome::skipped_no_neighbour, Outcome::skipped_unavailable,
                             Outcome::skipped_shutdown, Outcome::none})
    EXPECT_EQ(merged(settled(nothing), settled(less)), "skipped: nothing to ask, positive:") << to_string(less);
  EXPECT_EQ(merged(settled(nothing), settled(Outcome::no_answer)), "no answer, positive:");
  EXPECT_EQ(merged(settled(nothing), settled(Outcome::error)), "error, positive:");
}

TEST_F(MergeRules, FactsOfBothAreUnited) {
  EXPECT_EQ(merged(settled(Outcome::positive, "x"), settled(Outcome::positive, "y")), "positive, positive: x y");
  EXPECT_EQ(merged(settled(Outcome::positive, "x"), settled(Outcome::positive, "x")), "positive, positive: x");
  EXPECT_EQ(merged(half_done(Outcome::positive, "x"), half_done(Outcome::error, "y")), "positive, not yet: x y");
}

/// Both facts, and the outcomes of whoever settled it, as if the one had been resumed and not repeated.
TEST_F(MergeRules, OutcomesOfASettledHostAreNotThoseOfAHalfDoneOne) {
  EXPECT_EQ(merged(half_done(Outcome::positive, "x"), settled(Outcome::no_answer, "y")), "no answer, positive: x y");
  EXPECT_EQ(merged(settled(Outcome::no_answer, "y"), half_done(Outcome::positive, "x")), "no answer, positive: x y");
  EXPECT_EQ(merged(half_done(Outcome::error), settled(Outcome::positive, "y")), "positive, positive: y");
}

/// The outcomes are counted with the silence, not with the record.
TEST_F(MergeRules, WhatAHalfDoneHostSaidStaysBesideSilence) {
  EXPECT_EQ(merged(half_done(Outcome::positive, "x"), silent()), "not yet, not yet: x");
  EXPECT_EQ(merged(silent(), half_done(Outcome::positive, "x")), "not yet, not yet: x");
  EXPECT_EQ(merged(half_done(Outcome::error), silent()), "no record");
  EXPECT_EQ(merged(silent(), half_done(Outcome::error)), "no record");
}

/// As in a run that is resumed: details alone are worth a record where an output shows them.
TEST_F(MergeRules, DetailsOfAHalfDoneHostStayBesideSilenceWhereAnOutputShowsThem) {
  ASSERT_TRUE(FieldTable()[F::mac_flags].detail);
  for (const bool with_detail : {false, true}) {
    std::vector<RunRemains> runs;
    runs.push_back(run("a", half_done(Outcome::positive)));
    runs.push_back(run("b", silent()));
    const Fact flags = fact(first, F::mac_flags, text("local"));
    const IpAddress ip = address(1);
    HostStore known;
    known.add_unsettled({ip, {flags}, {Outcome::positive, Outcome::none}});
    known.sort();
    runs[0].content.hosts = std::move(known);
    const auto done = merge_runs(std::move(runs), with_detail);
    ASSERT_TRUE(done);
    EXPECT_EQ(done->hosts.size(), with_detail ? 1u : 0u);
  }
}

TEST_F(MergeRules, ARecordBeatsSilence) {
  EXPECT_EQ(merged(settled(Outcome::error, "x"), silent()), "error, positive: x");
  EXPECT_EQ(merged(half_done(Outcome::positive, "x"), Said{}), "positive, not yet: x");
}

/// An id has random bits, and thousands of parts begin in one second.
TEST_F(MergeRules, OneIdForTwoSlicesIsTwoRuns) {
  std::vector<RunRemains> runs;
  for (const uint64_t start : {0u, 4u}) {
    JournalHeader h = header("same");
    h.slice = {start, 4};
    h.shard_index = start == 0 ? 0 : 1;
    h.shard_count = 2;
    const std::string path = directory_ / ("journal/" + std::to_string(serial_++));
    auto writer = JournalWriter::create(path, h).value();
    writer->settled(Slice{start, 4});
    writer->packets(10);
    writer->finished(true, "");
    writer.reset();
    runs.push_back({path, read_journal(path).value(), std::nullopt});
  }
  const auto done = merge_runs(std::move(runs));
  ASSERT_TRUE(done);
  EXPECT_TRUE(done->document.complete);
  EXPECT_EQ(done->document.packets, 20u);
  EXPECT_EQ(done->document.merged_from, (std::vector<std::string>{"same", "same"}));
  EXPECT_TRUE(done->notes.empty());
}

class MergeUnavailable : public MergeRules {
 protected:
  /// A third of the targets each; in the first `without` parts the first stage could not run.
  MergedRuns merged(uint32_t without) {
    std::vector<RunRemains> runs;
    for (uint32_t i = 0; i < 3; ++i) {
      JournalHeader h = header("run" + std::to_string(i));
      h.slice = part_of(Slice{0, target_count}, i, 3);
      h.shard_index = i;
      h.shard_count = 3;
      if (i < without) h.stage_details[0].unavailable = "needs CAP_NET_RAW";
      const std::string path = directory_ / ("part" + std::to_string(serial_++));
      auto writer = JournalWriter::create(path, h).value();
      writer->settled(h.slice);
      OutcomeCounts counts{}, answers{};
      counts[static_cast<std::size_t>(i < without ? Outcome::skipped_unavailable : Outcome::no_answer)] = h.slice.count;
      answers[static_cast<std::size_t>(Outcome::no_answer)] = h.slice.count;
      writer->silent_outcomes(std::vector<OutcomeCounts>{counts, answers});
      writer->finished(true, "");
      writer.reset();
      runs.push_back({path, read_journal(path).value(), std::nullopt});
    }
    return std::move(merge_runs(std::move(runs)).value());
  }
  /// 10.0.0.2 was in the first of these and is not in the second: is it called gone?
  static bool gone(const MergedRuns& before, const MergedRuns& after) {
    Snapshot old{"", parse_records(R"([{"ip":"10.0.0.1"},{"ip":"10.0.0.2"}])", "test").value(), before.document};
    Snapshot now{"", parse_records(R"([{"ip":"10.0.0.1"}])", "test").value(), after.document};
    return compare(old, now).value().gone.size() == 1;
  }
};

TEST_F(MergeUnavailable, SaysInWhichPart) {
  const MergedRuns some = merged(1);
  EXPECT_EQ(some.document.stages[0].unavailable, "in 1 of 3 runs: needs CAP_NET_RAW");
  EXPECT_EQ(some.document.stages[1].unavailable, "");
  ASSERT_EQ(some.notes.size(), 1u);
  EXPECT_EQ(some.notes[0].id, "merge-unavailable");
  EXPECT_EQ(some.notes[0].severity, Severity::warning);
  EXPECT_EQ(some.notes[0].text,
            "stage 'first' could not run in 1 of 3 runs: " + (directory_ / "part0 (run run0)") + ": needs CAP_NET_RAW");
  const MergedRuns none = merged(3);
  EXPECT_EQ(none.document.stages[0].unavailable, "needs CAP_NET_RAW");
  ASSERT_EQ(none.notes.size(), 1u);
  EXPECT_TRUE(merged(0).notes.empty());
}

TEST_F(MergeUnavailable, AStageThatRanInPartIsMissingWhenItDoesNotRunEverywhere) {
  const MergedRuns all = merged(0), some = merged(1), none = merged(3);
  EXPECT_TRUE(gone(all, all));
  EXPECT_FALSE(gone(all, some));
  EXPECT_FALSE(gone(some, none)) << "the part where it ran may have found the host";
  EXPECT_TRUE(gone(some, all));
  EXPECT_TRUE(gone(none, none));
}

TEST(MergeNames, AJournalThatIsCalledAsItsRunTellsTheRun) {
  RunRemains run;
  run.content.header.run_id = "20261122T031500Z-0a1b2c";
  run.journal = "out/journal/20261122T031500Z-0a1b2c";
  EXPECT_EQ(name_of(run), run.journal);
  run.journal = "part-1";
  EXPECT_EQ(name_of(run), "part-1 (run 20261122T031500Z-0a1b2c)");
}

}  // namespace
}  // namespace sonde::core
