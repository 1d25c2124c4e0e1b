// OutputFile: whole or not at all.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sonde/output_file.hpp>

#include "temporary_directory.hpp"

namespace sonde::testing {
namespace {

TEST(OutputFile, OldContentStaysUntilPublish) {
  TemporaryDirectory directory;
  std::string path = directory.file("a");
  write_file(path, "old");
  ::chmod(path.c_str(), 0640);
  OutputFile file;
  file.open(path);
  file.write("new");
  file.sync();
  EXPECT_EQ(read_file(path), "old");
  file.publish();
  EXPECT_EQ(read_file(path), "new");
  EXPECT_EQ(directory.entries(), 1u);
  struct stat st {};
  ASSERT_EQ(::stat(path.c_str(), &st), 0);
  EXPECT_EQ(st.st_mode & 0777, 0640u);
}

TEST(OutputFile, DestructionWithoutPublishLeavesNothing) {
  TemporaryDirectory directory;
  {
    OutputFile file;
    file.open(directory.file("a"));
    file.write("new");
    file.sync();
    EXPECT_EQ(directory.entries(), 1u);
  }
  EXPECT_EQ(directory.entries(), 0u);
}

// Runs in containers have few numbers, and each that is killed while it writes leaves a file.
TEST(OutputFile, WhatOtherWritersLeftIsLeftAloneAndUsesUpNoNames) {
  TemporaryDirectory directory;
  const std::string stem = directory.file(".a." + std::to_string(::getpid()));
  write_file(stem + ".tmp", "half");
  for (int n = 1; n < 100; ++n) write_file(stem + "-" + std::to_string(n) + ".tmp", "half");
  OutputFile file;
  file.open(directory.file("a"));
  file.write("new");
  EXPECT_EQ(directory.entries(), 101u);
  file.publish();
  EXPECT_EQ(read_file(directory.file("a")), "new");
  EXPECT_EQ(read_file(stem + ".tmp"), "half");
  EXPECT_EQ(directory.entries(), 101u);
}

TEST(OutputFile, ALinkKeepsPointing) {
  TemporaryDirectory directory;
  write_file(directory.file("real"), "old");
  ASSERT_EQ(::symlink("real", directory.file("link").c_str()), 0);
  OutputFile file;
  file.open(directory.file("link"));
  file.write("new");
  file.publish();
  struct stat st {};
  ASSERT_EQ(::lstat(directory.file("link").c_str(), &st), 0);
  EXPECT_TRUE(S_ISLNK(st.st_mode));
  EXPECT_EQ(read_file(directory.file("real")), "new");
}

TEST(OutputFile, DevicesAreWrittenDirectly) {
  OutputFile file;
  file.open("/dev/null");
  file.write("x");
  file.publish();
  struct stat st {};
  ASSERT_EQ(::stat("/dev/null", &st), 0);
  EXPECT_TRUE(S_ISCHR(st.st_mode));
}

TEST(OutputFile, ErrorsNameThePathAndTheReason) {
  TemporaryDirectory directory;
  auto failure = [](const std::string& path) {
    OutputFile file;
    try {
      file.open(path);
    } catch (const Failure& e) {
      EXPECT_EQ(e.code(), SONDE_E_IO);
      return std::string(e.what());
    }
    return std::string("no failure");
  };
  EXPECT_EQ(failure(directory.file("none/a")), "cannot write " + directory.file("none/a") +
                                                   ": No such file or directory (is there a directory " +
                                                   directory.file("none") + "?)");
  EXPECT_EQ(failure(directory.file("")), "cannot write " + directory.file("") + ": Is a directory");
}

TEST(OutputFile, AFullDiskIsAFailureAndNotAShortFile) {
  OutputFile file;
  file.open("/dev/full");
  file.write("x");
  try {
    file.publish();
    FAIL() << "no failure";
  } catch (const Failure& e) {
    EXPECT_STREQ(e.what(), "cannot write /dev/full: No space left on device");
  }
}

}  // namespace
}  // namespace sonde::testing
