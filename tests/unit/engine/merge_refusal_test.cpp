// What cannot be put together, and what is damaged.
#include <filesystem>
#include <fstream>

#include "base/file.hpp"
#include "inventory/journal_directory.hpp"
#include "inventory/journal_writer.hpp"
#include "runs_in_parts.hpp"

namespace sonde::core::test {
namespace {

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
  EXPECT_TRUE(has(refusal([](JournalHeader& h) { h.stages[0] = "x"; }), "stage 'x' is in one of them alone"));
  EXPECT_TRUE(has(refusal([](JournalHeader& h) { h.stage_details[0].version = "2"; }), "has the versions "));
  EXPECT_TRUE(has(refusal([](JournalHeader& h) { h.stage_details[1].asks = "{}"; }), "'when' of stage 'script1'"));
  EXPECT_TRUE(has(refusal([](JournalHeader& h) { h.stage_details[1].asks.clear(); }),
                  "one of these differs, and a journal does not tell which: `when`, options,"));
  EXPECT_TRUE(has(refusal([](JournalHeader&) {}), "names of targets, or assume_up, differ"));
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
