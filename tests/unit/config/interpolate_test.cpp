// The table of ${...}: what each form gives, where a mistake is shown, what never happens.
#include "config/interpolate.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "config/yaml.hpp"
#include "problems.hpp"

namespace sonde::core {
namespace {

const std::map<std::string, std::string> variables{{"SET", "value"}, {"EMPTY", ""},          {"N", "5"},
                                                   {"EVIL", "a: 1"}, {"AGAIN", "${SET} $$"}, {"BYTES", "\xff"}};

struct Result {
  Value value;
  Lines lines;
  std::string hint;
};

Result interpolated(const std::string& yaml, bool allow_unset = false, const std::string& directory = "") {
  Diagnostics out;
  auto tree = parse_yaml(yaml, "t.yaml", out);
  EXPECT_EQ(problems(out), Lines{});
  if (tree) interpolate(*tree, {variables, directory, yaml, allow_unset}, out);
  return {tree.value_or(Value()), problems(out), out.items().empty() ? "" : out.items()[0].hint};
}

struct Row {
  const char* text;
  const char* result;
};
class Interpolation : public testing::TestWithParam<Row> {};

TEST_P(Interpolation, Gives) {
  const Result r = interpolated(std::string("k: '") + GetParam().text + "'\n");
  EXPECT_EQ(r.lines, Lines{});
  EXPECT_EQ(*r.value.find("k")->text(), GetParam().result);
}

INSTANTIATE_TEST_SUITE_P(Forms, Interpolation,
                         testing::Values(Row{"${SET}", "value"}, Row{"a${SET}b${N}", "avalueb5"},
                                         Row{"${SET:-other}", "value"}, Row{"${UNSET:-other}", "other"},
                                         Row{"${EMPTY:-other}", "other"}, Row{"${EMPTY}", ""}, Row{"${UNSET:-}", ""},
                                         Row{"${SET:?why}", "value"}, Row{"$$", "$"}, Row{"$${SET}", "${SET}"},
                                         Row{"$SET", "$SET"}, Row{"5$", "5$"}, Row{"${UNSET:-${SET}}", "value"},
                                         Row{"${UNSET:-a:b}", "a:b"}, Row{"${UNSET:-$$5}", "$5"},
                                         Row{"${AGAIN}", "${SET} $$"}, Row{"${UNSET:-${ALSO:-c}}d", "cd"},
                                         Row{"}${N}{", "}5{"}));

struct Mistake {
  const char* text;
  const char* line;
};
class InterpolationMistake : public testing::TestWithParam<Mistake> {};

TEST_P(InterpolationMistake, IsToldAtItsPlace) {
  EXPECT_EQ(interpolated(std::string("k: 'ab") + GetParam().text + "'\n").lines, Lines{GetParam().line});
}

INSTANTIATE_TEST_SUITE_P(
    Forms, InterpolationMistake,
    testing::Values(Mistake{"${UNSET}", "1:7 unset-variable: the variable UNSET is not set"},
                    Mistake{" ${SET} ${UNSET}", "1:15 unset-variable: the variable UNSET is not set"},
                    Mistake{"${UNSET:?name a network}",
                            "1:7 unset-variable: the variable UNSET is not set: name a network"},
                    Mistake{"${EMPTY:?why}", "1:7 unset-variable: the variable EMPTY is empty: why"},
                    Mistake{"${SET", "1:7 bad-interpolation: '${SET' has no closing brace"},
                    Mistake{"${}", "1:7 bad-interpolation: '${}' cannot be understood"},
                    Mistake{"${A-b}", "1:7 bad-interpolation: '${A-b}' cannot be understood"},
                    Mistake{"${A:+b}", "1:7 bad-interpolation: '${A:+b}' cannot be understood"},
                    Mistake{"${1A}", "1:7 bad-interpolation: '${1A}' cannot be understood"},
                    Mistake{"${file:}", "1:7 bad-interpolation: ${file:} names no file"},
                    Mistake{"${BYTES}", "1:7 bad-interpolation: the variable BYTES is not UTF-8 text"},
                    Mistake{"${file:/nonexistent/x}",
                            "1:7 file-unreadable: cannot read /nonexistent/x: No such file or directory"}));

TEST(Interpolate, RemediesAreNamed) {
  EXPECT_EQ(interpolated("k: ${CIDR}\n").hint, "set CIDR in the environment or in .env, or write ${CIDR:-default}");
  EXPECT_EQ(interpolated("k: ${A-b}\n").hint,
            "write ${VAR}, ${VAR:-default}, ${VAR:?why} or ${file:PATH}; $$ is a dollar sign");
}

TEST(Interpolate, TheResultIsNeverReadAsYaml) {
  const Result r = interpolated("k: ${EVIL}\n${SET}: 1\n");
  EXPECT_EQ(to_json(r.value), R"({"k":"a: 1","${SET}":1})");
}

TEST(Interpolate, TheSchemaDecidesTheTypeOfTheResult) {
  const Value v = interpolated("k: '${N}'\nl: ${UNSET:-7}\nm: '$$5'\nn: '9'\n").value;
  EXPECT_TRUE(v.find("k")->untyped);
  EXPECT_FALSE(v.find("k")->quoted);
  EXPECT_TRUE(v.find("l")->untyped);
  EXPECT_FALSE(v.find("m")->untyped);
  EXPECT_FALSE(v.find("n")->untyped);
}

TEST(Interpolate, TheOriginIsTheEnvironmentOnlyIfItWasAsked) {
  const Value v = interpolated("k: ${N}\nl: ${UNSET:-7}\n").value;
  EXPECT_EQ(v.find("k")->origin, Origin::environment);
  EXPECT_EQ(v.find("l")->origin, Origin::file);
}

TEST(Interpolate, UnsetMayBeAllowed) {
  const Result r = interpolated("k: ${UNSET}ms\nl: ${UNSET:?why}\n", true);
  EXPECT_EQ(r.lines, Lines{});
  EXPECT_EQ(to_json(r.value), R"({"k":"","l":""})");
}

TEST(Interpolate, AFileGivesItsTextWithoutTheLineEnd) {
  std::string directory = testing::TempDir() + "sonde-interpolate-XXXXXX";
  ASSERT_NE(mkdtemp(directory.data()), nullptr);
  std::ofstream(directory + "/value") << "s3cret ${SET}\n";
  const Result r = interpolated("k: ${file:value}\nl: ${file:${UNSET:-value}}\n", false, directory);
  EXPECT_EQ(r.lines, Lines{});
  EXPECT_EQ(to_json(r.value), R"({"k":"s3cret ${SET}","l":"s3cret ${SET}"})");
  std::filesystem::remove_all(directory);
}

TEST(Interpolate, NestingIsBounded) {
  std::string text = "x";
  for (int i = 0; i < 20; ++i) text = "${UNSET:-" + text + "}";
  const Lines lines = interpolated("k: '" + text + "'\n").lines;
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_NE(lines[0].find("bad-interpolation: ${...} stands inside ${...} too often"), std::string::npos);
}

TEST(Interpolate, EveryMistakeOfAFileIsReported) {
  EXPECT_EQ(interpolated("a: ${X}\nb: [1, '${Y}']\nc: {d: '${Z'}\n").lines,
            (Lines{"1:4 unset-variable: the variable X is not set", "2:9 unset-variable: the variable Y is not set",
                   "3:9 bad-interpolation: '${Z' has no closing brace"}));
}

}  // namespace
}  // namespace sonde::core
