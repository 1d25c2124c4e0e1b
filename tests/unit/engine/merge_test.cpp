// A plan done in parts, by the real engine, and put together again: the same as the plan done at once.
#include <algorithm>
#include <atomic>
#include <fstream>
#include <random>

#include "base/file.hpp"
#include "inventory/merge.hpp"
#include "scripted_run.hpp"

namespace sonde::core::test {
namespace {

constexpr uint32_t host_count = 200;

uint8_t last_byte(sonde_ctx* c, const sonde_host* h, sonde_task t) {
  sonde_target target{};
  target.size = sizeof target;
  h->target(c, t, &target);
  return target.ip[15];
}

sonde_value typed(uint32_t type, uint64_t bits) {
  sonde_value v{};
  v.type = type;
  v.as.u = bits;
  return v;
}

/// What a host says follows from its address alone, but for the round trip.
Script first_stage() {
  Script s;
  s.start = [](auto c, auto h, auto tasks) {
    static std::atomic<uint64_t> clock{1};
    for (sonde_task t : tasks) {
      const uint8_t n = last_byte(c, h, t);
      if (n % 5 == 0) {
        h->done(c, t, SONDE_NO_ANSWER);
        continue;
      }
      const sonde_value yes = boolean(true), mac = text_value(n % 2 ? "AA:BB:CC:00:00:01" : "AA:BB:CC:00:00:02");
      sonde_value rtt{};
      rtt.type = SONDE_F64;
      rtt.as.f = static_cast<double>(++clock);
      h->put(c, t, 0, {}, &yes);
      h->put(c, t, 1, {}, &rtt);
      h->put(c, t, 2, {}, &mac);
      h->done(c, t, SONDE_POSITIVE);
    }
    return static_cast<int32_t>(tasks.size());
  };
  return s;
}

/// Every shape of field, an own one among them, and every outcome that is written.
Script second_stage() {
  Script s;
  s.start = [](auto c, auto h, auto tasks) {
    for (sonde_task t : tasks) {
      const uint8_t n = last_byte(c, h, t);
      const std::string name = "host" + std::to_string(n), key = std::to_string(n % 3 + 20);
      const sonde_value host = text_value(name), port = typed(SONDE_U64, n % 3u + 20), vendor = text_value("Maker");
      sonde_value service = text_value(R"({"state":"open","name":")" + name + "\"}");
      const std::string json = R"({"state":"open","name":")" + name + "\"}";
      service = text_value(json);
      service.type = SONDE_JSON;
      if (n % 4 != 0) {
        h->put(c, t, 0, {}, &host);
        h->put(c, t, 1, {}, &port);
        h->put(c, t, 2, {key.data(), key.size()}, &host);
        h->put(c, t, 3, {key.data(), key.size()}, &service);
        h->put(c, t, 4, {}, &vendor);
        h->put(c, t, 5, {}, &port);
      }
      h->done(c, t,
              n % 4 != 0   ? SONDE_POSITIVE
              : n % 3 == 0 ? SONDE_ERROR
              : n % 3 == 1 ? SONDE_NEGATIVE
                           : SONDE_NO_ANSWER);
    }
    return static_cast<int32_t>(tasks.size());
  };
  return s;
}

std::vector<std::string> records_of(const std::vector<HostRecord>& all, const FoldContext& context) {
  std::vector<std::string> out;
  for (const HostRecord& host : all) {
    FoldedRecord folded = fold(host, context);
    std::erase_if(folded.fields, [](const FoldedField& f) { return f.field == FieldTable::rtt_ms; });
    out.push_back(to_json(to_value(folded, *context.fields, true)));
  }
  return out;
}

/// What must not depend on how the plan was cut.
Value comparable(RunDocument d) {
  d.run_id = d.started = d.ended = "";
  d.merged_from.clear();
  d.outputs.clear();
  return to_value(d);
}

class Merge : public ScriptedRun {
 protected:
  void SetUp() override {
    ScriptedRun::SetUp();
    targets(host_count);
    stage<0>(first_stage(), {"alive", "rtt_ms", "mac"});
    ASSERT_TRUE(plan.fields.bind_output("script1", "script1.size", SONDE_U64, SONDE_SCALAR, false, "how large"));
    stage<1>(second_stage(), {"hostname", "ports", "banners", "services", "vendor", "script1.size"});
    base_ = plan.output_dir;
  }

  RunResult whole() {
    place("whole", {0, host_count}, 0, 1);
    return run_well();
  }
  /// Leaves the part in a directory of its own.
  std::string part(uint32_t i, uint32_t n) {
    const std::string name = std::to_string(i) + "of" + std::to_string(n);
    place(name, part_of(Slice{0, host_count}, i, n), i, n);
    run_well();
    return plan.output_dir;
  }
  static std::vector<RunRemains> read(const std::vector<std::string>& directories) {
    std::vector<RunRemains> runs;
    for (const std::string& directory : directories) {
      auto run = read_run(directory);
      if (!run) {
        ADD_FAILURE() << render(run.error());
        continue;
      }
      runs.push_back(std::move(*run));
    }
    return runs;
  }
  static MergedRuns merged(const std::vector<std::string>& directories) {
    auto done = merge_runs(read(directories));
    EXPECT_TRUE(done) << (done ? "" : render(done.error()));
    return done ? std::move(*done) : MergedRuns{};
  }

 private:
  void place(const std::string& name, Slice slice, uint32_t i, uint32_t n) {
    plan.output_dir = base_ + "/" + name;
    plan.slice = slice;
    plan.shard_index = i;
    plan.shard_count = n;
  }
  std::string base_;
};

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

TEST_F(Merge, OtherPlansAreRefusedWithWhatDiffers) {
  const std::string first = part(0, 2);
  const auto refusal = [&](auto change) {
    std::vector<RunRemains> runs = read({first, first});
    runs[1].content.header.run_id = "other";
    runs[1].content.header.plan_hash = "other";
    change(runs[1].content.header);
    const auto done = merge_runs(std::move(runs));
    EXPECT_FALSE(done);
    EXPECT_EQ(done.error().id, "merge-mismatch");
    return done.error().text;
  };
  const auto has = [](const std::string& text, const char* part) { return text.find(part) != std::string::npos; };
  EXPECT_TRUE(has(refusal([](JournalHeader& h) { h.seed = 9; }), "the seeds "));
  EXPECT_TRUE(has(refusal([](JournalHeader& h) { h.scope = {"10.0.0.1"}; }), "their targets differ"));
  EXPECT_TRUE(has(refusal([](JournalHeader& h) { h.exclusions = {"10.0.0.1"}; }), "their exclusions differ"));
  EXPECT_TRUE(has(refusal([](JournalHeader& h) { h.stages[0] = "x"; }), "their stages differ"));
  EXPECT_TRUE(has(refusal([](JournalHeader& h) { h.stage_details[0].version = "2"; }), "has the versions "));
  EXPECT_TRUE(has(refusal([](JournalHeader&) {}), "the options of a stage"));
  EXPECT_TRUE(has(refusal([](JournalHeader& h) {
                    h.plan_hash = "test";
                    h.own_fields[0].type = SONDE_TEXT;
                  }),
                  "different versions of sonde"));
}

TEST_F(Merge, AJournalWithoutWhatMergingNeedsIsRefused) {
  std::vector<RunRemains> runs = read({part(0, 2)});
  runs[0].content.header.stage_details.clear();
  const auto done = merge_runs(std::move(runs));
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().id, "journal-unreadable");
}

TEST_F(Merge, ADamagedLineIsToldAndNothingIsCalledComplete) {
  const std::string first = part(0, 2), second = part(1, 2);
  std::string journal = *newest_journal(second), text = *read_file(journal);
  const std::size_t line = text.find('\n') + 1;
  text.replace(line, 5, "XXXXX");
  std::ofstream(journal) << text;
  const MergedRuns all = merged({first, second, second});
  EXPECT_FALSE(all.document.complete);
  EXPECT_NE(all.document.why_incomplete.find("journal damaged"), std::string::npos);
  ASSERT_EQ(all.document.not_covered.back().first, "what 1 line held");
  int told = 0;
  for (const Diagnostic& note : all.notes)
    if (note.id == "journal-damaged") {
      ++told;
      EXPECT_EQ(note.where.file, journal);
      EXPECT_EQ(note.where.line, 2u);
      EXPECT_EQ(note.severity, Severity::warning);
    }
  EXPECT_EQ(told, 1) << "once, though it was named twice";
}

TEST_F(Merge, ADamagedFirstLineIsToldWithItsPlace) {
  const std::string where = part(0, 2), journal = *newest_journal(where);
  std::string text = *read_file(journal);
  text.replace(2, 5, "XXXXX");
  std::ofstream(journal) << text;
  const auto read = read_run(where);
  ASSERT_FALSE(read);
  EXPECT_NE(read.error().text.find(journal + ":1: "), std::string::npos) << read.error().text;
}

TEST_F(Merge, WhatIsNoRunIsRefused) {
  std::filesystem::create_directories(directory_ / "empty");
  const auto empty = read_run(directory_ / "empty"), absent = read_run(directory_ / "absent");
  ASSERT_FALSE(empty);
  EXPECT_EQ(empty.error().id, "journal-unreadable");
  EXPECT_NE(empty.error().text.find("holds no journal"), std::string::npos);
  ASSERT_FALSE(absent);
  EXPECT_EQ(absent.error().id, "journal-unreadable");
}

TEST_F(Merge, ARunThatIsStillGoingIsRefused) {
  const std::string first = part(0, 2);
  const std::string path = std::filesystem::directory_iterator(first + "/journal")->path();
  const auto writer = JournalWriter::append_to(path);
  ASSERT_TRUE(writer);
  const auto busy = read_run(first);
  ASSERT_FALSE(busy);
  EXPECT_EQ(busy.error().id, "journal-in-use");
}

}  // namespace
}  // namespace sonde::core::test
