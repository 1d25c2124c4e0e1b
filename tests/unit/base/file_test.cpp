// Files: bounds, and that nobody ever sees half of one.
#include "base/file.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "base/descriptor.hpp"

namespace sonde::core {
namespace {

class File : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "sonde-file-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    dir_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(dir_); }
  std::string dir_;
};

TEST_F(File, ReadsUpToTheLimit) {
  std::ofstream(dir_ + "/f") << "12345";
  EXPECT_EQ(read_file(dir_ + "/f", 5).value(), "12345");
  EXPECT_EQ(read_file(dir_ + "/f", 4).error().id, "config-too-large");
  EXPECT_EQ(read_file(dir_ + "/none").error().id, "file-unreadable");
  EXPECT_EQ(read_file(dir_).error().id, "file-unreadable");
  EXPECT_EQ(read_file("/dev/zero", 1000).error().id, "config-too-large");
}

TEST_F(File, WritesWithModeAndLeavesNothingBeside) {
  ASSERT_TRUE(write_file_atomically(dir_ + "/f", "old"));
  ASSERT_TRUE(write_file_atomically(dir_ + "/f", "new", 0600));
  EXPECT_EQ(read_file(dir_ + "/f").value(), "new");
  struct stat info {};
  ASSERT_EQ(::stat((dir_ + "/f").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777u, 0600u);
  std::size_t files = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(dir_)) ++files;
  EXPECT_EQ(files, 1u);
}

TEST_F(File, LeavesTheFilesOfOtherWritersAlone) {
  const std::string pid = std::to_string(::getpid());
  const std::string theirs = dir_ + "/.f." + pid + ".tmp", old_way = dir_ + "/f.tmp-" + pid;
  std::ofstream(theirs) << "half";
  std::ofstream(old_way) << "half";
  ASSERT_TRUE(write_file_atomically(dir_ + "/f", "new"));
  EXPECT_EQ(read_file(dir_ + "/f").value(), "new");
  EXPECT_EQ(read_file(theirs).value(), "half");
  EXPECT_EQ(read_file(old_way).value(), "half");
}

/// Runs in containers have few numbers, and each that is killed while it writes leaves a file.
TEST_F(File, WhatKilledWritersLeftUsesUpNoNames) {
  const std::string stem = dir_ + "/.f." + std::to_string(::getpid());
  std::ofstream(stem + ".tmp") << "half";
  for (int n = 1; n < 100; ++n) std::ofstream(stem + "-" + std::to_string(n) + ".tmp") << "half";
  ASSERT_TRUE(write_file_atomically(dir_ + "/f", "new"));
  std::set<std::string> names;
  for (int n = 0; n < 200; ++n) {
    std::string name;
    const Descriptor left(create_beside(dir_ + "/f", 0600, name));
    ASSERT_GE(left.get(), 0);
    EXPECT_TRUE(names.insert(name).second) << name;
  }
}

TEST_F(File, AFailedWriteKeepsWhatWasThere) {
  std::filesystem::create_directories(dir_ + "/taken/inside");
  EXPECT_EQ(write_file_atomically(dir_ + "/taken", "x").error().id, "output-unwritable");
  EXPECT_TRUE(std::filesystem::is_directory(dir_ + "/taken/inside"));
  EXPECT_EQ(write_file_atomically(dir_ + "/none/f", "x").error().id, "output-unwritable");
}

TEST_F(File, MakesAllDirectories) {
  ASSERT_TRUE(make_directories(dir_ + "/a/b//c/"));
  EXPECT_TRUE(std::filesystem::is_directory(dir_ + "/a/b/c"));
  EXPECT_TRUE(make_directories(dir_ + "/a/b"));
  std::ofstream(dir_ + "/file") << "x";
  const auto refused = make_directories(dir_ + "/file/below");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().id, "output-unwritable");
  EXPECT_NE(refused.error().text.find("no directory"), std::string::npos);
}

}  // namespace
}  // namespace sonde::core
