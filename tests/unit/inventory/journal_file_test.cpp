// The file of a journal: what is on the disk when, what a kill or a full disk leaves, and who may write it.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <csignal>

#include "inventory/journal_lines.hpp"
#include "journal_fixture.hpp"
#include "listed.hpp"

namespace {

std::vector<std::string> synced;  ///< what fsync() and fdatasync() were called for

int note_sync(long call, int descriptor) {
  std::error_code ignored;
  synced.push_back(std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(descriptor), ignored));
  return static_cast<int>(::syscall(call, descriptor));
}

}  // namespace

// In the place of those of the system, for the whole of this program.
extern "C" int fsync(int descriptor) {
  return note_sync(SYS_fsync, descriptor);
}
extern "C" int fdatasync(int descriptor) {
  return note_sync(SYS_fdatasync, descriptor);
}

namespace sonde::core {
namespace {

/// What cannot be read must not be taken for a file without lines, which would be cut off.
TEST_F(Journal, TheLastLineIsSeenOrNot) {
  create();
  const auto size = static_cast<off_t>(std::filesystem::file_size(path_));
  const int readable = ::open(path_.c_str(), O_RDONLY), unreadable = ::open(path_.c_str(), O_WRONLY);
  EXPECT_EQ(journal::end_of_last_line(readable, size), size);
  EXPECT_EQ(journal::end_of_last_line(readable, size - 1), 0);
  EXPECT_FALSE(journal::end_of_last_line(readable, size + 10000));
  EXPECT_FALSE(journal::end_of_last_line(unreadable, size));
  ::close(readable);
  ::close(unreadable);
}

TEST_F(Journal, ItsNameIsOnTheDiskBeforeTheRunBegins) {
  synced.clear();
  create();
  EXPECT_EQ(synced, (std::vector<std::string>{path_, directory_ / "journal"}));
}

TEST_F(Journal, IsReadableByItsOwnerAlone) {
  create();
  struct stat info {};
  ASSERT_EQ(::stat(path_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
}

TEST_F(Journal, ATornLastLineIsDropped) {
  auto journal = create();
  journal->result(ip("10.0.0.1"), 1, Outcome::positive, {}, "");
  journal->result(ip("10.0.0.2"), 1, Outcome::positive, {}, "");
  ASSERT_TRUE(journal->sync(false));
  const std::string whole = Temporary::read(path_);
  const std::size_t last = whole.rfind('\n', whole.size() - 2) + 1;
  for (std::size_t cut = last + 1; cut < whole.size(); ++cut) {
    directory_.write("journal/run-1", whole.substr(0, cut));
    const JournalContent content = read();
    ASSERT_EQ(content.hosts.size(), 1u) << cut;
    ASSERT_EQ(listed(content.hosts)[0].ip, ip("10.0.0.1"));
    ASSERT_EQ(content.dropped_lines, 1u);
    ASSERT_EQ(content.damaged_lines, 0u) << "a run that is killed leaves that behind";
  }
}

TEST_F(Journal, ALineThatACrashCutIsNoDamage) {
  auto journal = create();
  journal->result(ip("10.0.0.1"), 1, Outcome::positive, {}, "");
  ASSERT_TRUE(journal->sync(false));
  const std::string whole = Temporary::read(path_),
                    crash = "\n{\"crash\":[\"p\",\"s\",\"" + std::string(32, '0') + "\",0]}\n";
  directory_.write("journal/run-1", whole + "{\"r\":\"10." + crash);
  JournalContent content = read();
  EXPECT_EQ(content.crashes.size(), 1u);
  EXPECT_EQ(content.damaged_lines, 0u);
  directory_.write("journal/run-1", whole + "{\"r\":\"10.\n" + "{\"n\":5}" + crash);
  content = read();
  EXPECT_EQ(content.damaged_lines, 1u) << "a run goes on behind it";
}

TEST_F(Journal, GoesOnBehindTheLastWholeLine) {
  {
    auto journal = create();
    journal->result(ip("10.0.0.1"), 1, Outcome::positive, {}, "");
  }
  directory_.write("journal/run-1", Temporary::read(path_) + "{\"r\":\"10.0.0.2\",\"s\":1,\"o");
  {
    auto journal = JournalWriter::append_to(path_).value();
    EXPECT_EQ(journal->path(), path_);
    journal->result(ip("10.0.0.3"), 1, Outcome::positive, {}, "");
  }
  const JournalContent content = read();
  ASSERT_EQ(content.hosts.size(), 2u);
  EXPECT_EQ(listed(content.hosts)[1].ip, ip("10.0.0.3"));
  EXPECT_EQ(content.dropped_lines, 0u);
}

TEST_F(Journal, NeverOverwrites) {
  create();
  const auto again = JournalWriter::create(path_, header());
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().id, "output-unwritable");
}

TEST_F(Journal, CreateSaysWhyItCannotBeWritten) {
  directory_.write("file", "");
  EXPECT_EQ(JournalWriter::create(directory_ / "file/journal", header()).error().id, "output-unwritable");
  const auto full = JournalWriter::create("/dev/full", header());
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error().id, "output-unwritable");
}

TEST_F(Journal, TwoRunsDoNotWriteOneJournal) {
  const auto first = create();
  const auto second = JournalWriter::append_to(path_);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().id, "journal-in-use");
}

TEST_F(Journal, AppendsToJournalsOnly) {
  EXPECT_EQ(JournalWriter::append_to(directory_.write("notes", "hello\n")).error().id, "journal-unreadable");
  EXPECT_EQ(JournalWriter::append_to(directory_ / "absent").error().id, "journal-unreadable");
  EXPECT_EQ(Temporary::read(directory_ / "notes"), "hello\n");
}

/// A file-size limit stands in for the full disk; what was refused is written once there is room.
TEST_F(Journal, AFullDiskIsSaidAndTriedAgain) {
  auto journal = create();
  struct rlimit before {};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  auto* const handler = std::signal(SIGXFSZ, SIG_IGN);
  const struct rlimit tight { Temporary::read(path_).size() + 10, before.rlim_max };
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &tight), 0);
  journal->result(ip("10.0.0.1"), 1, Outcome::positive, {}, "");
  const auto refused = journal->sync(false);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, handler);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().id, "output-unwritable");
  ASSERT_TRUE(journal->sync(false));
  EXPECT_EQ(read().hosts.size(), 1u);
  EXPECT_EQ(read().dropped_lines, 0u);
}

}  // namespace
}  // namespace sonde::core
