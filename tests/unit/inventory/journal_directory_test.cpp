// Which journal of a directory is resumed, and which are removed.
#include "inventory/journal_directory.hpp"

#include <gtest/gtest.h>

#include "inventory/journal_writer.hpp"
#include "temporary.hpp"

namespace sonde::core {
namespace {

enum class End { none, interrupted, complete };

std::string add(const Temporary& directory, const std::string& name, const std::string& started, End end) {
  JournalHeader header;
  header.run_id = name;
  header.started = started;
  auto writer = JournalWriter::create(directory / name, header).value();
  if (end != End::none) writer->finished(end == End::complete, end == End::complete ? "" : "interrupted");
  return directory / name;
}

TEST(NewestUnfinished, IsTheLastStartedOfThoseThatDidNotComplete) {
  const Temporary directory;
  add(directory, "journal/c", "2026-11-19T03:00:00Z", End::complete);
  const std::string wanted = add(directory, "journal/a", "2026-11-21T03:00:00Z", End::interrupted);
  add(directory, "journal/b", "2026-11-20T03:00:00Z", End::none);
  directory.write("journal/notes", "hello\n");
  EXPECT_EQ(newest_unfinished(directory.path()).value(), wanted);
  EXPECT_EQ(newest_unfinished(directory / "journal").value(), wanted);
}

/// What it had found would be told as what there is now.
TEST(NewestUnfinished, IsNoneThatACompleteRunHasSuperseded) {
  const Temporary directory;
  const std::string old = add(directory, "journal/a", "2026-11-21T03:00:00Z", End::interrupted);
  add(directory, "journal/b", "2026-11-22T03:00:00Z", End::complete);
  const auto refused = newest_unfinished(directory.path());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().id, "no-unfinished-run");
  EXPECT_NE(refused.error().hint.find(old), std::string::npos) << refused.error().hint;
  EXPECT_EQ(newest_unfinished(old).value(), old);
}

TEST(NewestUnfinished, AKilledRunCounts) {
  const Temporary directory;
  const std::string wanted = add(directory, "journal/b", "2026-11-20T03:00:00Z", End::none);
  EXPECT_EQ(newest_unfinished(directory.path()).value(), wanted);
}

TEST(NewestUnfinished, ATornEndIsNoEnd) {
  const Temporary directory;
  const std::string file = add(directory, "journal/b", "2026-11-20T03:00:00Z", End::complete);
  const std::string whole = Temporary::read(file);
  directory.write("journal/b", whole.substr(0, whole.size() - 1));
  EXPECT_EQ(newest_unfinished(directory.path()).value(), file);
}

TEST(NewestUnfinished, AFileIsTakenAsItIs) {
  const Temporary directory;
  const std::string file = add(directory, "journal/b", "2026-11-20T03:00:00Z", End::complete);
  EXPECT_EQ(newest_unfinished(file).value(), file);
}

TEST(NewestUnfinished, SaysWhenThereIsNone) {
  const Temporary directory;
  EXPECT_EQ(newest_unfinished(directory.path()).error().id, "no-unfinished-run");
  add(directory, "journal/c", "2026-11-22T03:00:00Z", End::complete);
  EXPECT_EQ(newest_unfinished(directory.path()).error().id, "no-unfinished-run");
  EXPECT_EQ(newest_unfinished(directory / "absent").error().id, "journal-unreadable");
}

TEST(NewestUnfinished, ADamagedFirstLineIsToldWithItsPlace) {
  const Temporary directory;
  const std::string file = directory.write("journal/a", "XXXX\n");
  for (const std::string& where : {directory.path(), directory / "journal"}) {
    const auto none = newest_unfinished(where);
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().id, "journal-unreadable");
    EXPECT_TRUE(none.error().text.starts_with(file + ":1: ")) << none.error().text;
    EXPECT_EQ(newest_journal(where).error().text, none.error().text);
  }
}

TEST(NewestUnfinished, LeavesOutTheOneThatIsBeingWritten) {
  const Temporary directory;
  const auto running = JournalWriter::create(directory / "journal/now", JournalHeader{}).value();
  const auto found = newest_unfinished(directory.path());
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().id, "no-unfinished-run");
}

TEST(PruneJournals, KeepsTheNewestAndWhatIsNotItsOwn) {
  const Temporary directory;
  for (const char* day : {"20", "21", "22", "23"})
    add(directory, day, std::string("2026-11-") + day + "T03:00:00Z", End::complete);
  directory.write("notes", "hello\n");
  prune_journals(directory.path(), 2);
  EXPECT_FALSE(std::filesystem::exists(directory / "20"));
  EXPECT_FALSE(std::filesystem::exists(directory / "21"));
  EXPECT_TRUE(std::filesystem::exists(directory / "22"));
  EXPECT_TRUE(std::filesystem::exists(directory / "23"));
  EXPECT_TRUE(std::filesystem::exists(directory / "notes"));
}

TEST(PruneJournals, LeavesTheOneThatIsBeingWritten) {
  const Temporary directory;
  const auto running = JournalWriter::create(directory / "now", JournalHeader{}).value();
  prune_journals(directory.path(), 0);
  EXPECT_TRUE(std::filesystem::exists(directory / "now"));
  prune_journals(directory / "absent", 0);
}

}  // namespace
}  // namespace sonde::core
