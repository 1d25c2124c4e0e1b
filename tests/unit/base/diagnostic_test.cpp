// What people see when something is wrong.
#include "base/diagnostic.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

namespace sonde::core {
namespace {

std::string file_with(const std::string& name, const std::string& content) {
  const std::string path = testing::TempDir() + name;
  std::ofstream(path) << content;
  return path;
}

TEST(Diagnostic, ShowsTheLineAndACaret) {
  const std::string path = file_with("caret.sonde.yaml", "version: 1\nstages:\n      timout: 500ms\n");
  const Diagnostic d{"unknown-option", "stage 'tcp-banner' has no option 'timout'", "did you mean 'timeout'?",
                     SourceSpan{path, 3, 7, 6}};
  EXPECT_EQ(render(d), path +
                           ":3:7: error[unknown-option]: stage 'tcp-banner' has no option 'timout'\n"
                           "    3 |       timout: 500ms\n"
                           "      |       ^~~~~~ did you mean 'timeout'?\n");
}

TEST(Diagnostic, CaretStandsUnderCharactersNotBytes) {
  const std::string path = file_with("wide.yaml", "a\xc3\xb6\xc3\xbc: \x1b[x\n");
  const Diagnostic d{"bad-value", "t", "", SourceSpan{path, 1, 8, 1}};
  EXPECT_EQ(render(d), path + ":1:8: error[bad-value]: t\n    1 | a\xc3\xb6\xc3\xbc: \\x1b[x\n      |      ^~~~\n");
}

TEST(Diagnostic, LongLinesAreCutAroundTheCaret) {
  const std::string path = file_with("long.yaml", std::string(1000, 'a') + "HERE" + std::string(1000, 'b'));
  const std::string text = render({"bad-value", "t", "", SourceSpan{path, 1, 1001, 4}});
  EXPECT_LT(text.size(), 700u);
  EXPECT_NE(text.find("..." + std::string(100, 'a') + "HERE"), std::string::npos);
}

TEST(Diagnostic, WithoutAFileThereIsOnlyText) {
  EXPECT_EQ(render({"bad-argument", "no \x1b[31m", "try --help"}),
            "error[bad-argument]: no \\x1b[31m\n      try --help\n");
  EXPECT_EQ(render({"bad-value", "t", "", SourceSpan{"/nonexistent/file", 3, 1, 1}, Severity::warning}),
            "/nonexistent/file:3:1: warning[bad-value]: t\n");
}

TEST(Diagnostic, ColourOnlyWhenAsked) {
  const Diagnostic d{"bad-value", "t", ""};
  EXPECT_EQ(render(d).find('\033'), std::string::npos);
  EXPECT_EQ(render(d, true), "\033[1;31merror[bad-value]\033[0m: t\n");
}

TEST(Diagnostics, SortedByPlaceAndCapped) {
  Diagnostics all;
  all.error("bad-value", {"b", 1, 1, 0}, "third");
  all.error("bad-value", {"a", 10, 1, 0}, "second");
  all.warning("bad-value", {"a", 9, 1, 0}, "first");
  const std::string text = all.render_sorted();
  EXPECT_LT(text.find("first"), text.find("second"));
  EXPECT_LT(text.find("second"), text.find("third"));
  EXPECT_EQ(all.error_count(), 2u);
  const std::string capped = all.render_sorted(false, 1);
  EXPECT_EQ(capped.find("third"), std::string::npos);
  EXPECT_NE(capped.find("1 more error not shown: correct these first, then check again\n"), std::string::npos);
}

TEST(Diagnostics, TheGravestErrorGivesTheExitCode) {
  Diagnostics all;
  EXPECT_EQ(all.exit_code(), Exit::ok);
  all.warning("needs-raw-socket", {}, "only a warning");
  EXPECT_EQ(all.exit_code(), Exit::ok);
  all.error("bad-argument", {}, "t");
  EXPECT_EQ(all.exit_code(), Exit::usage);
  all.error("bad-value", {}, "t");
  EXPECT_EQ(all.exit_code(), Exit::config);
  all.error("output-unwritable", {}, "t");
  EXPECT_EQ(all.exit_code(), Exit::output);
  all.error("needs-raw-socket", {}, "t");
  EXPECT_EQ(all.exit_code(), Exit::permission);
}

}  // namespace
}  // namespace sonde::core
