// Bytes kept in memory or on disk: read back the same, wherever they are, and kept when the disk refuses.
#include "base/spool.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <string>

namespace sonde::core {
namespace {

std::string back(const Spool& spool, uint64_t offset, std::size_t n) {
  std::string out(n, '?');
  return spool.read(offset, out) ? out : "unreadable";
}

TEST(Spool, LittleStaysInMemory) {
  Spool spool;
  EXPECT_EQ(spool.append("first"), 0u);
  EXPECT_EQ(spool.append("second"), 5u);
  EXPECT_EQ(back(spool, 0, 5), "first");
  EXPECT_EQ(back(spool, 5, 6), "second");
  EXPECT_FALSE(spool.on_disk());
}

TEST(Spool, MuchGoesToTheDiskAndComesBackWhereverItIsCut) {
  Spool spool(16);
  const std::string text = "0123456789abcdefghijklmnopqrstuvwxyz";
  for (const char c : text) spool.append(std::string(1, c));
  ASSERT_TRUE(spool.on_disk());
  EXPECT_EQ(spool.size(), text.size());
  for (std::size_t from = 0; from <= text.size(); ++from)
    for (std::size_t n = 0; from + n <= text.size(); ++n) ASSERT_EQ(back(spool, from, n), text.substr(from, n));
}

TEST(Spool, BeyondTheEndIsNotThere) {
  Spool spool(4);
  spool.append("abcdef");
  EXPECT_EQ(back(spool, 0, 7), "unreadable");
  EXPECT_EQ(back(spool, 7, 1), "unreadable");
  EXPECT_EQ(back(spool, UINT64_MAX, 2), "unreadable");
  EXPECT_EQ(back(spool, 6, 0), "");
}

TEST(Spool, MovesWithItsFile) {
  Spool first(4);
  first.append("abcdef");
  Spool second = std::move(first);
  Spool third(4);
  third.append("other");
  third = std::move(second);
  third.append("gh");
  EXPECT_EQ(back(third, 0, 8), "abcdefgh");
}

class SpoolDirectory : public ::testing::Test {
 protected:
  void SetUp() override {
    const char* before = std::getenv("TMPDIR");
    if (before != nullptr) before_ = before;
    directory_ = std::filesystem::temp_directory_path() / ("sonde-spool-" + std::to_string(::getpid()));
    std::filesystem::create_directories(directory_);
    setenv("TMPDIR", directory_.c_str(), 1);
  }
  void TearDown() override {
    if (before_.empty())
      unsetenv("TMPDIR");
    else
      setenv("TMPDIR", before_.c_str(), 1);
    std::filesystem::remove_all(directory_);
  }
  std::filesystem::path directory_;
  std::string before_;
};

TEST_F(SpoolDirectory, LeavesNoName) {
  Spool spool(4);
  spool.append("abcdef");
  EXPECT_TRUE(spool.on_disk());
  EXPECT_TRUE(std::filesystem::is_empty(directory_));
}

TEST_F(SpoolDirectory, WhatTheDiskRefusesStaysInMemoryUntilItHasRoom) {
  std::filesystem::remove_all(directory_);
  Spool spool(4);
  spool.append("abcdef");
  EXPECT_EQ(spool.error(), ENOENT);
  EXPECT_FALSE(spool.on_disk());
  EXPECT_EQ(back(spool, 0, 6), "abcdef");
  std::filesystem::create_directories(directory_);
  spool.append("gh");  // not yet: a disk that refuses is not asked for every byte
  EXPECT_FALSE(spool.on_disk());
  spool.append("ijkl");
  EXPECT_TRUE(spool.on_disk());
  EXPECT_EQ(spool.error(), 0);
  EXPECT_EQ(back(spool, 0, 12), "abcdefghijkl");
}

}  // namespace
}  // namespace sonde::core
