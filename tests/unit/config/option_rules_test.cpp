// What goes with what: read, told at the place of the option, printed, and handed on to editors.
#include "config/option_rules.hpp"

#include <gtest/gtest.h>

#include "config/interpolate.hpp"
#include "config/json_schema.hpp"
#include "config/yaml.hpp"
#include "problems.hpp"

namespace sonde::core {
namespace {

constexpr std::string_view schema_text = R"({
  "type": "object",
  "properties": {
    "mode": {"enum": ["run", "import"], "default": "run"},
    "files": {"type": "array", "minItems": 1, "maxItems": 2, "items": {"type": "string"}, "description": "the reports"},
    "community": {"x-sonde": "secret", "minLength": 1},
    "user": {"type": "string", "minLength": 1, "maxLength": 4},
    "key": {"x-sonde": "secret", "minLength": 8},
    "discover": {"type": "boolean", "default": true},
    "logins": {"type": "array", "default": [], "items": {"type": "object",
      "properties": {"user": {"type": "string"}, "community": {"type": "string"}},
      "allOf": [{"anyOf": [{"required": ["user"]}, {"required": ["community"]}]}]}}
  },
  "dependentRequired": {"key": ["user"]},
  "allOf": [
    {"if": {"properties": {"mode": {"enum": ["import"]}}}, "then": {"required": ["files"]}},
    {"if": {"properties": {"mode": {"enum": ["run"]}}}, "then": {"not": {"required": ["files"]}}},
    {"not": {"required": ["community", "user"]}, "description": "they are two"},
    {"if": {"properties": {"discover": {"enum": [false]}}},
     "then": {"anyOf": [{"required": ["community"]}, {"required": ["user"]}, {"required": ["logins"]}]}}
  ]})";

const Schema& schema() {
  static const Schema s = parse_schema(schema_text).value();
  return s;
}

std::vector<Diagnostic> refusals(const std::string& yaml) {
  Diagnostics out;
  auto tree = parse_yaml(yaml, "t.yaml", out);
  if (tree) interpolate(*tree, {{{"EMPTY", ""}}, "", yaml, false}, out);
  check_options(tree.value_or(Value()), schema(), {"stage 'x'", "sonde describe x", ""}, out);
  return out.items();
}

Lines told(const std::string& yaml) {
  Diagnostics out;
  for (Diagnostic& d : refusals(yaml)) out.add(std::move(d));
  return problems(out);
}

TEST(OptionRules, WhatKeepsThemIsTaken) {
  for (const char* yaml :
       {"{}\n", "mode: run\n", "mode: import\nfiles: [a]\n", "user: u\nkey: \"12345678\"\n", "community: c\n",
        "discover: false\nlogins: [{user: a}, {community: b}]\n", "user: u\ncommunity: \"${EMPTY}\"\n"})
    EXPECT_EQ(told(yaml), Lines{}) << yaml;
}

TEST(OptionRules, EachIsToldAtItsOption) {
  EXPECT_EQ(told("mode: import\n"), Lines{"1:1 missing-key: stage 'x': mode: import needs the option 'files'"});
  EXPECT_EQ(refusals("mode: import\n")[0].hint, "files: the reports");
  EXPECT_EQ(told("user: u\nfiles: [a]\n"), Lines{"2:1 option-conflict: stage 'x': 'files' does not go with mode: run"})
      << "the default is a choice too";
  EXPECT_EQ(told("key: \"12345678\"\n"), Lines{"1:1 missing-key: stage 'x': 'key' needs the option 'user'"});
  EXPECT_EQ(told("user: u\ndiscover: true\ncommunity: c\n"),
            Lines{"3:1 option-conflict: stage 'x': 'community' and 'user' do not go together"});
  EXPECT_EQ(refusals("user: u\ncommunity: c\n")[0].hint, "they are two");
  EXPECT_EQ(
      told("discover: false\n"),
      Lines{"1:1 missing-key: stage 'x': discover: false needs one of the options 'community', 'user' or 'logins'"});
  EXPECT_EQ(told("logins:\n- {user: a}\n- {}\n"),
            Lines{"3:3 missing-key: stage 'x': 'logins' needs one of the options 'user' or 'community'"});
}

TEST(OptionRules, AllAtOnceAndNothingTwice) {
  EXPECT_EQ(told("mode: import\nkey: short\ncommunity: c\nuser: toolong\n"),
            (Lines{"1:1 missing-key: stage 'x': mode: import needs the option 'files'",
                   "2:6 bad-value: stage 'x': option 'key' takes text of at least 8 characters, found 5",
                   "4:1 option-conflict: stage 'x': 'community' and 'user' do not go together",
                   "4:7 bad-value: stage 'x': option 'user' takes text of 1 to 4 characters, found 7"}));
  EXPECT_EQ(told("mode: import\nfiles: 5\n").size(), 1u) << "a value that was refused is there";
  EXPECT_EQ(told("mode: imprt\n").size(), 1u);
}

TEST(OptionRules, WhatIsNotKnownYetBreaksNone) {
  for (const char* yaml : {"mode: \"${UNSET}\"\nfiles: [a]\n", "mode: import\nfiles: \"${UNSET}\"\n",
                           "user: u\ncommunity: \"${UNSET}\"\n", "logins: [{user: \"${UNSET}\"}]\n"}) {
    Diagnostics out;
    auto tree = parse_yaml(yaml, "t.yaml", out);
    ASSERT_TRUE(tree);
    interpolate(*tree, {{}, "", yaml, true}, out);
    check_options(*tree, schema(), {"stage 'x'", "sonde describe x", ""}, out);
    EXPECT_EQ(problems(out), Lines{}) << yaml;
  }
}

TEST(OptionRules, Lengths) {
  EXPECT_EQ(told("user: \"\\u00fc\\u00fc\\u00fc\\u00fc\"\n"), Lines{}) << "characters, not octets";
  EXPECT_EQ(told("user: \"\"\n"),
            Lines{"1:7 bad-value: stage 'x': option 'user' takes text of 1 to 4 characters, found an empty text"});
  EXPECT_EQ(
      told("mode: import\nfiles: []\n"),
      Lines{"2:8 bad-value: stage 'x': option 'files' takes a list of 1 to 2 entries; each entry is text, found an "
            "empty list"});
  EXPECT_EQ(
      told("mode: import\nfiles: [a, b, c]\n"),
      Lines{"2:8 bad-value: stage 'x': option 'files' takes a list of 1 to 2 entries; each entry is text, found 3 "
            "values"});
}

TEST(OptionRules, AsSentences) {
  EXPECT_EQ(rule_texts(schema()),
            (std::vector<std::string>{"key needs user", "mode: import needs files", "mode: run does not go with files",
                                      "community and user do not go together (they are two)",
                                      "discover: false needs community, user or logins",
                                      "logins[]: user or community is needed"}));
}

TEST(OptionRules, ForEditors) {
  EXPECT_EQ(to_json(*editor_schema(schema()).find("allOf")),
            R"([{"dependencies":{"key":["user"]}},)"
            R"({"if":{"properties":{"mode":{"enum":["import"]}},"required":["mode"]},"then":{"required":["files"]}},)"
            R"({"if":{"properties":{"mode":{"enum":["run"]}}},"then":{"not":{"type":"object","required":["files"]}}},)"
            R"({"not":{"type":"object","required":["community","user"]},"description":"they are two"},)"
            R"({"if":{"properties":{"discover":{"enum":[false]}},"required":["discover"]},)"
            R"("then":{"anyOf":[{"required":["community"]},{"required":["user"]},{"required":["logins"]}]}}])");
  EXPECT_EQ(to_json(editor_schema(schema().properties[3].schema)),
            R"({"anyOf":[{"type":"string","minLength":1,"maxLength":4},{"$ref":"#/definitions/interpolated"}]})");
  EXPECT_EQ(to_json(editor_schema(schema().properties[1].schema)),
            R"({"anyOf":[{"type":["array","null"],"items":{"type":"string"},"minItems":1,"maxItems":2},)"
            R"({"$ref":"#/definitions/interpolated"}],"description":"the reports"})");
}

struct Row {
  const char* words;  ///< beside type and properties
  const char* why;
};
class RefusedRules : public testing::TestWithParam<Row> {};

TEST_P(RefusedRules, SaysWhy) {
  const auto s =
      parse_schema(std::string(R"({"type":"object","properties":{"a":{"type":"string"},"b":{"type":"boolean"},)") +
                   R"("c":{"enum":["x"]}},)" + GetParam().words + "}");
  ASSERT_FALSE(s.has_value());
  EXPECT_NE(s.error().text.find(GetParam().why), std::string::npos) << s.error().text;
}

INSTANTIATE_TEST_SUITE_P(
    Words, RefusedRules,
    testing::Values(Row{R"("dependentRequired": [])", "dependentRequired is not an object"},
                    Row{R"("dependentRequired": {"a": []})", "a member that is no list of names"},
                    Row{R"("dependentRequired": {"a": ["d"]})", "a rule names 'd', which is no property"},
                    Row{R"("allOf": {})", "allOf is not a list"}, Row{R"("allOf": [1])", "a rule is"},
                    Row{R"("allOf": [{"required": ["a"]}])", "a rule is"},
                    Row{R"("allOf": [{"not": {"required": []}}])", "a rule is"},
                    Row{R"("allOf": [{"anyOf": [{"required": ["a", "b"]}]}])", "a rule is"},
                    Row{R"("allOf": [{"not": {"required": ["a"]}, "else": {}}])", "a rule is"},
                    Row{R"("allOf": [{"not": {"required": ["a"]}, "description": 1}])", "is not text"},
                    Row{R"("allOf": [{"if": {"required": ["a"]}, "then": {"required": ["b"]}}])", "an \"if\" is"},
                    Row{R"("allOf": [{"if": {"properties": {"b": {"enum": [true]}}}}])", "behind \"then\""},
                    Row{R"("allOf": [{"if": {"properties": {"b": {"enum": [1]}}}, "then": {"required": ["a"]}}])",
                        "a value that 'b' cannot have"},
                    Row{R"("allOf": [{"if": {"properties": {"c": {"enum": ["y"]}}}, "then": {"required": ["a"]}}])",
                        "a value that 'c' cannot have"},
                    Row{R"("allOf": [{"if": {"properties": {"a": {"enum": ["y"]}}}, "then": {"required": ["b"]}}])",
                        "which has no enum and is no boolean"}));

TEST(OptionRules, LengthsGoWithTextAndLists) {
  const auto why = [](const std::string& option) {
    const auto s = parse_schema(R"({"type":"object","properties":{"a":)" + option + "}}");
    return s ? "accepted" : s.error().text;
  };
  EXPECT_EQ(why(R"({"type":"integer","minLength":1})"),
            "options schema, at /properties/a: minLength and maxLength go with text only");
  EXPECT_EQ(why(R"({"x-sonde":"ports","minItems":1})"),
            "options schema, at /properties/a: minItems and maxItems go with an array only");
  EXPECT_EQ(why(R"({"type":"string","minLength":2,"maxLength":1})"),
            "options schema, at /properties/a: minLength is above maxLength");
  EXPECT_EQ(why(R"({"type":"string","minLength":-1})"),
            "options schema, at /properties/a: minLength is not a whole number from 0");
  EXPECT_EQ(why(R"({"type":"string","minLength":3,"default":"ab"})"),
            "options schema, at /properties/a: the default is not text of at least 3 characters");
}

}  // namespace
}  // namespace sonde::core
