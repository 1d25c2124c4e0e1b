// .env: the forms of a line, and which file counts.
#include "config/env_file.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "problems.hpp"

namespace sonde::core {
namespace {

Environment parsed(std::string_view text, Environment into = {}) {
  Diagnostics out;
  parse_env_file(text, ".env", into, out);
  EXPECT_EQ(problems(out), Lines{});
  return into;
}

TEST(EnvFile, ReadsTheUsualForms) {
  EXPECT_EQ(parsed("# comment\n"
                   "\n"
                   "A=1\r\n"
                   "export B = two words \n"
                   "C='single $x \\n'\n"
                   "D=\"double \\\"q\\\" \\n \\$5 \\x\" # why\n"
                   "E=bare # comment\n"
                   "F=a#b\n"
                   "G=\n"
                   "H=first\nH=last"),
            (Environment{{"A", "1"},
                         {"B", "two words"},
                         {"C", "single $x \\n"},
                         {"D", "double \"q\" \n $5 \\x"},
                         {"E", "bare"},
                         {"F", "a#b"},
                         {"G", ""},
                         {"H", "last"}}));
}

TEST(EnvFile, TheRealEnvironmentWins) {
  EXPECT_EQ(parsed("A=file\nB=file\n", {{"A", "real"}}), (Environment{{"A", "real"}, {"B", "file"}}));
}

TEST(EnvFile, EveryBadLineIsReported) {
  Environment into;
  Diagnostics out;
  parse_env_file("A=1\nnonsense\n2B=1\nC='open\nD='a' b\nE=\xff\n", ".env", into, out);
  EXPECT_EQ(
      problems(out),
      (Lines{"2:1 env-file: this line is not of the form NAME=value",
             "3:1 env-file: this line is not of the form NAME=value", "4:1 env-file: the value of C cannot be read",
             "5:1 env-file: the value of D cannot be read", "6:1 env-file: the value of E cannot be read"}));
  EXPECT_EQ(into, (Environment{{"A", "1"}}));
}

class EnvFileSearch : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_NE(mkdtemp(root_.data()), nullptr);
    std::filesystem::create_directories(root_ + "/lan");
    std::filesystem::create_directories(root_ + "/cwd");
    before_ = std::filesystem::current_path();
    std::filesystem::current_path(root_ + "/cwd");
  }
  void TearDown() override {
    std::filesystem::current_path(before_);
    std::filesystem::remove_all(root_);
  }
  void write(const std::string& path, const std::string& text) { std::ofstream(root_ + "/" + path) << text; }
  Environment found(const std::string& named = "") {
    Environment into;
    add_env_file(named, root_ + "/lan", into, out_);
    return into;
  }

  std::string root_ = testing::TempDir() + "sonde-env-XXXXXX";
  std::filesystem::path before_;
  Diagnostics out_;
};

TEST_F(EnvFileSearch, BesideTheFileGoesBeforeTheWorkingDirectory) {
  write("cwd/.env", "A=cwd\n");
  EXPECT_EQ(found(), (Environment{{"A", "cwd"}}));
  write("lan/.env", "A=lan\n");
  EXPECT_EQ(found(), (Environment{{"A", "lan"}}));
  write("other", "A=other\n");
  EXPECT_EQ(found(root_ + "/other"), (Environment{{"A", "other"}}));
  EXPECT_EQ(problems(out_), Lines{});
}

TEST_F(EnvFileSearch, NoneIsFineUnlessItWasNamed) {
  std::filesystem::create_directories(root_ + "/lan/.env");
  EXPECT_EQ(found(), Environment{});
  EXPECT_EQ(problems(out_), Lines{});
  found("missing.env");
  EXPECT_EQ(problems(out_), Lines{"0:0 file-unreadable: cannot read missing.env: No such file or directory"});
  EXPECT_EQ(out_.items()[0].hint, "--env-file names a file to read");
}

}  // namespace
}  // namespace sonde::core
