// YAML to values: places of keys and values, what quotes do, bounds, and what is refused.
#include "config/yaml.hpp"

#include <gtest/gtest.h>

#include "problems.hpp"

namespace sonde::core {
namespace {

std::string at(const SourceSpan& s) {
  return std::to_string(s.line) + ":" + std::to_string(s.column) + "+" + std::to_string(s.length);
}

Value parse(std::string_view text) {
  Diagnostics out;
  auto value = parse_yaml(text, "t.yaml", out);
  EXPECT_EQ(problems(out), Lines{});
  return value.value_or(Value());
}

Lines refused(std::string_view text, const YamlLimits& limits = {}) {
  Diagnostics out;
  EXPECT_FALSE(parse_yaml(text, "t.yaml", out, limits).has_value());
  return problems(out);
}

std::string hint(std::string_view text) {
  Diagnostics out;
  parse_yaml(text, "t.yaml", out);
  return out.items().empty() ? "" : out.items().front().hint;
}

TEST(Yaml, KeysAndValuesKnowTheirPlaces) {
  const Value v = parse(
      "# comment\n"
      "version: 1\n"
      "stages:\n"
      "  - use: icmp\n"
      "    options: {count: 2, timeout: \"800ms\"}\n");
  EXPECT_EQ(v.where.file, "t.yaml");
  EXPECT_EQ(at(v.where), "2:1+1");
  EXPECT_EQ(at((*v.object())[0].where), "2:1+7");
  EXPECT_EQ(at(v.find("version")->where), "2:10+1");
  const Value& stage = (*v.find("stages")->array())[0];
  EXPECT_EQ(at(v.find("stages")->where), "4:3+1");
  EXPECT_EQ(at(stage.where), "4:5+1");
  EXPECT_EQ(at((*stage.object())[0].where), "4:5+3");
  EXPECT_EQ(at(stage.find("use")->where), "4:10+4");
  const Value& options = *stage.find("options");
  EXPECT_EQ(at(options.where), "5:14+1");
  EXPECT_EQ(at((*options.object())[1].where), "5:25+7");
  EXPECT_EQ(at(options.find("timeout")->where), "5:34+7");
}

TEST(Yaml, PlacesHoldBehindAByteOrderMarkAndWithWindowsLineEnds) {
  const Value v = parse("\xef\xbb\xbfname: a\r\nversion: 1\r\n");
  EXPECT_EQ(at((*v.object())[0].where), "1:1+4");
  EXPECT_EQ(at(v.find("version")->where), "2:10+1");
  EXPECT_EQ(*v.find("name")->text(), "a");
}

TEST(Yaml, QuotesMakeText) {
  const Value v = parse("a: 5\nb: '5'\nc: \"true\"\nd: |\n  7\ne: null\nf: ''\ng: !!str 8\n");
  EXPECT_EQ(to_json(v), R"({"a":5,"b":"5","c":"true","d":"7\n","e":null,"f":"","g":"8"})");
  EXPECT_FALSE(v.find("a")->quoted);
  EXPECT_TRUE(v.find("b")->quoted);
  EXPECT_TRUE(v.find("d")->quoted);
}

TEST(Yaml, AliasesStandForWhatTheyName) {
  const Value v = parse("a: &x {k: [1, 2]}\nb: *x\n");
  EXPECT_EQ(to_json(v), R"({"a":{"k":[1,2]},"b":{"k":[1,2]}})");
}

TEST(Yaml, EveryDuplicateKeyIsReportedAndTheFirstKept) {
  Diagnostics out;
  const auto v = parse_yaml("a: 1\nb:\n  c: 1\n  c: 2\na: {x: 1, x: 2}\n", "t.yaml", out);
  EXPECT_EQ(problems(out), (Lines{"4:3 duplicate-key: the key 'c' is written twice in one mapping",
                                  "5:1 duplicate-key: the key 'a' is written twice in one mapping",
                                  "5:11 duplicate-key: the key 'x' is written twice in one mapping"}));
  EXPECT_EQ(out.items()[0].hint, "the first one is on line 3");
  EXPECT_EQ(to_json(*v), R"({"a":1,"b":{"c":1}})");
}

TEST(Yaml, AnEmptyFileSaysSo) {
  const Lines expected{"0:0 yaml-syntax: the file is empty, or has only comments"};
  EXPECT_EQ(refused(""), expected);
  EXPECT_EQ(refused("# nothing\n\n"), expected);
}

TEST(Yaml, ATabInTheIndentationIsNamed) {
  EXPECT_EQ(refused("stages:\n\t- use: icmp\n"),
            Lines{"2:1 yaml-syntax: a tab indents this line; YAML takes blanks only"});
  EXPECT_EQ(refused("stages:\n  \t- use: icmp\n\t- use: rdns\n\t# a comment\n"),
            Lines{"2:3 yaml-syntax: a tab indents this line, and 1 more; YAML takes blanks only"});
  EXPECT_EQ(to_json(parse("a:\t1\n\t\nb: 2\t# tab\n")), R"({"a":1,"b":2})");
}

TEST(Yaml, BytesThatAreNoTextAreRefusedWithTheirPlace) {
  EXPECT_EQ(refused("a: 1\nb: x\xff\n"), Lines{"2:5 yaml-syntax: this is not UTF-8 text"});
  EXPECT_EQ(refused(std::string_view("a: 1\nb: \0\n", 9)),
            Lines{"2:4 yaml-syntax: a control character (0x00) stands here"});
}

TEST(Yaml, ALongLineOfBadBytesIsRefusedQuickly) {
  std::string text(1u << 20, 'a');
  text.back() = '\xff';
  EXPECT_EQ(refused(text), Lines{"1:1048576 yaml-syntax: this is not UTF-8 text"});
}

TEST(Yaml, TheNestingIsBounded) {
  std::string deep, fits;
  for (int i = 0; i < 33; ++i) deep += "[";
  for (int i = 0; i < 33; ++i) deep += "]";
  EXPECT_EQ(refused(deep), Lines{"1:33 config-too-large: nested deeper than 32 levels"});
  for (int i = 0; i < 32; ++i) fits += "[";
  for (int i = 0; i < 32; ++i) fits += "]";
  parse(fits);
}

TEST(Yaml, AliasesCannotNestDeeperEither) {
  EXPECT_EQ(refused("a: &a [[[1]]]\nb: &b [[*a]]\nc: [[*b]]\n", {.depth = 6}),
            Lines{"3:6 config-too-large: nested deeper than 6 levels"});
}

TEST(Yaml, TheSizeIsBounded) {
  EXPECT_EQ(refused("name: abcdef\n", {.bytes = 10}),
            Lines{"0:0 config-too-large: the file has 13 bytes; 10 are read"});
}

TEST(Yaml, ABillionLaughsStopsEarly) {
  std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int j = 0; j < 10; ++j) text += (j != 0 ? ", *a" : "*a") + std::to_string(i - 1);
    text += "]\n";
  }
  const Lines lines = refused(text);
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_NE(lines[0].find("config-too-large"), std::string::npos) << lines[0];
}

TEST(Yaml, LongTextsBehindAliasesCountToo) {
  EXPECT_NE(refused("a: &a " + std::string(1000, 'x') + "\nb: [*a, *a, *a, *a]\n", {.expanded_bytes = 5000}), Lines{});
}

TEST(Yaml, AnAliasInsideItselfIsRefused) {
  const Lines lines = refused("a: &a [*a]\n");
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_NE(lines[0].find("1:8 yaml-syntax"), std::string::npos) << lines[0];
}

TEST(Yaml, AnUnknownAliasIsRefused) {
  EXPECT_EQ(refused("a: *b\n"), Lines{"1:4 yaml-syntax: not valid YAML: the referenced anchor is not defined"});
}

TEST(Yaml, OneDocumentAFile) {
  EXPECT_EQ(refused("a: 1\n---\nb: 2\n"),
            Lines{"2:1 yaml-syntax: a second YAML document begins here; a pipeline file is one"});
}

TEST(Yaml, TagsAreRefused) {
  EXPECT_EQ(refused("a: !!binary aGk=\n"),
            Lines{"1:4 yaml-syntax: YAML tags such as 'tag:yaml.org,2002:binary' are not read here"});
  EXPECT_EQ(refused("a: !mine {b: 1}\n"), Lines{"1:4 yaml-syntax: YAML tags such as '!mine' are not read here"});
}

TEST(Yaml, KeysAreWords) {
  EXPECT_EQ(refused("? [a, b]\n: 1\n"), Lines{"1:3 yaml-syntax: a list or a mapping cannot be a key"});
  EXPECT_EQ(refused("~: 1\n"), Lines{"1:1 yaml-syntax: a key is missing in front of ':'"});
  EXPECT_EQ(refused("a: &x b\n*x : 1\n"), Lines{"2:1 yaml-syntax: an alias cannot be a key"});
}

TEST(Yaml, TheUsualSlipsAreExplained) {
  EXPECT_EQ(hint("targets: [@hosts.txt]\n"), "a value that begins with @ goes in quotes: \"@hosts.txt\"");
  EXPECT_EQ(hint("stages: [{use: icmp, options: {count: ${N}}}]\n"),
            "inside [ ] and { } a value with ${...} goes in quotes");
  EXPECT_EQ(hint("name: a: b\n"), "a value with ': ' in it goes in quotes");
  EXPECT_EQ(hint("a: [1, 2]]\n"), "what this ] or } closes was opened by the other one, or not at all");
  EXPECT_EQ(hint("a: [{use: icmp, name: b: c}]\n"),
            "a comma is missing before this, or a value with ': ' in it goes in quotes");
}

/// What is said of a bracket or quote there that nobody closes.
Lines not_closed(std::string_view at, std::string_view what) {
  return {std::string(at) + " yaml-syntax: this " + std::string(what) + " is not closed"};
}

/// Parsers stop where they find something else, lines behind it.
TEST(Yaml, WhatIsNotClosedIsToldWhereItIsOpened) {
  EXPECT_EQ(refused("a: [1, 2\n"), not_closed("1:4", "["));
  EXPECT_EQ(refused("targets: [10.0.0.1\nstages:\n  - use: icmp\n"), not_closed("1:10", "["));
  EXPECT_EQ(refused("a: [1]\nlimits: {rate: 10\n\n# so [\nhistory: {dir: h}\nb: [{use: x}]\n"), not_closed("2:9", "{"));
  EXPECT_EQ(refused("stages:\n  - {use: icmp, options: {count: 2}\n  - {use: rdns}\n"), not_closed("2:5", "{"));
  EXPECT_EQ(refused("stages: [{use: icmp, options: {count: 2}]\nb: 1\n"), not_closed("1:10", "{"));
  EXPECT_EQ(refused("stages: [{use: icmp}\noutputs:\n  - {use: json}\n"), not_closed("1:9", "["));
  EXPECT_EQ(refused("a: {when: \"alive}\nb: 1\n"), not_closed("1:11", "\""));
  EXPECT_EQ(refused("a: ['it''s\nb: 1\n"), not_closed("1:5", "'"));
}

/// The parser takes the end of the file for the quote, and all keys below for text: what they exclude would be scanned.
TEST(Yaml, AQuoteThatTheEndOfTheFileClosesIsRefused) {
  EXPECT_EQ(refused("a: 1\nname: \"office net\nexclude: [10.77.0.40]\n"), not_closed("2:7", "\""));
  EXPECT_EQ(refused("output_dir: 'out2\nexclude: [10.77.0.40]\n"), not_closed("1:13", "'"));
  EXPECT_EQ(refused("outputs:\n  - use: csv\n    options:\n      path: \"a.csv\n  - use: json\n"),
            not_closed("4:13", "\""));
  EXPECT_EQ(refused("name: \"it is \\\"\nb: 1\n"), not_closed("1:7", "\""));
  EXPECT_EQ(refused("\"name: a\nb: 1\n"), not_closed("1:1", "\""));
  EXPECT_EQ(refused("name: 'it''\nb: 1"), not_closed("1:7", "'"));
  EXPECT_EQ(refused("name: !!str \"a\nb: 1\n"), not_closed("1:13", "\""));
  EXPECT_EQ(refused("name: &x 'a\nb: 1\n"), not_closed("1:10", "'"));
}

TEST(Yaml, TheQuoteIsFoundBehindTagsAnchorsLineEndsAndComments) {
  EXPECT_EQ(refused("name: !!str\n  \"abc\nexclude: [127.0.0.2]\n"), not_closed("2:3", "\""));
  EXPECT_EQ(refused("name: !!str\r\n  'abc\r\nexclude: [127.0.0.2]\r\n"), not_closed("2:3", "'"));
  EXPECT_EQ(refused("name: &n # the office\n  \"abc\nexclude: [127.0.0.2]\n"), not_closed("2:3", "\""));
  EXPECT_EQ(refused("name: !!str # it's \"\n\n # '\n  &n #\n  'abc\nexclude: [127.0.0.2]\n"), not_closed("5:3", "'"));
  EXPECT_EQ(refused("name: !!str\"abc\nexclude: [127.0.0.2]\n"), not_closed("1:12", "\""));
  EXPECT_EQ(refused("name: ! \"abc\nexclude: [127.0.0.2]\n"), not_closed("1:9", "\""));
  EXPECT_EQ(refused("name: !<tag:yaml.org,2002:str> \"abc\nb: 1\n"), not_closed("1:32", "\""));
  EXPECT_EQ(refused("name: &\"n'\n  \"abc\nb: 1\n"), not_closed("2:3", "\""));
  EXPECT_EQ(refused("tags:\n  - !!str\n    \"abc\n  - b\n"), not_closed("3:5", "\""));
}

/// Without a line end behind it the parser stops at the end of the file.
TEST(Yaml, WhatIsNotClosedBehindATagOrAnAnchorIsToldWhereItIsOpened) {
  EXPECT_EQ(refused("name: &n \"abc"), not_closed("1:10", "\""));
  EXPECT_EQ(refused("name: !!str 'abc"), not_closed("1:13", "'"));
  EXPECT_EQ(refused("name: !!str &n\n  'abc"), not_closed("2:3", "'"));
  EXPECT_EQ(refused("a: {b: &n \"abc"), not_closed("1:11", "\""));
  EXPECT_EQ(refused("a: &n [b\nc: 1\n"), not_closed("1:7", "["));
  EXPECT_EQ(refused("a: [!!str {b: c]\nd: 1\n"), not_closed("1:11", "{"));
}

TEST(Yaml, ColumnsCountBytesWhoeverFindsThem) {
  EXPECT_EQ(refused("name: &\u00fc \"abc"), not_closed("1:11", "\""));
  EXPECT_EQ(refused("name: &\u00fc \"abc\n"), not_closed("1:11", "\""));
  EXPECT_EQ(refused("name: &\u00fc !mine abc\n"),
            Lines{"1:7 yaml-syntax: YAML tags such as '!mine' are not read here"});
  EXPECT_EQ(at(parse("{a: &\u00fc b, c: \"d\"}\n").find("c")->where), "1:15+3");
}

/// What is said of a quote there whose text would go on with a line that is not indented.
Lines closed_too_late(std::string_view at, char quote, int line) {
  return {std::string(at) + " yaml-syntax: this " + quote + " is not closed before line " + std::to_string(line) +
          ", which is not indented as a line of its text"};
}

/// A quote anywhere below, in a comment too, closes the one that was forgotten.
TEST(Yaml, LinesOfAQuotedTextAreIndentedDeeperThanWhatItIsIn) {
  EXPECT_EQ(refused("name: \"abc\n\nexclude: [127.0.0.2]\n# \"\n"), closed_too_late("1:7", '"', 3));
  EXPECT_EQ(refused("name: 'abc\r\n \t\r\nexclude: [127.0.0.2]\r\n# it's\r\n"), closed_too_late("1:7", '\'', 3));
  EXPECT_EQ(refused("name: !!str # \"\n  \"abc\nexclude: [127.0.0.2]\n# \"\n"), closed_too_late("2:3", '"', 3));
  EXPECT_EQ(refused("name: \"abc #\n  d\nexclude: [127.0.0.2] # \"\n"), closed_too_late("1:7", '"', 3));
  EXPECT_EQ(refused("name: \"abc\\\nexclude: [127.0.0.2] # \"\n"), closed_too_late("1:7", '"', 2));
  EXPECT_EQ(refused("name: \"abc\n\"\n"), closed_too_late("1:7", '"', 2));
  EXPECT_EQ(refused("? name\n: \"abc\nexclude: [127.0.0.2] # \"\n"), closed_too_late("2:3", '"', 3));
}

TEST(Yaml, WhatAQuotedTextIsInHasItsOwnIndentation) {
  EXPECT_EQ(refused("targets: [a, 'b\nexclude: [127.0.0.2] # ']\n"), closed_too_late("1:14", '\'', 2));
  EXPECT_EQ(refused("targets: [a,\n  \"b,\n  c],\nexclude: [127.0.0.2] # \"]\n"), closed_too_late("2:3", '"', 4));
  EXPECT_EQ(refused("targets:\n- 'b\n- c'\n"), closed_too_late("2:3", '\'', 3));
  EXPECT_EQ(refused("targets:\n  - \"b\n  - c\"\n"), closed_too_late("2:5", '"', 3));
  EXPECT_EQ(refused("targets: &t\n  - \"b\n  - c\"\n"), closed_too_late("2:5", '"', 3));
  EXPECT_EQ(refused("stages:\n  - use: icmp\n    when: 'a\n    options: {b: c}\n    # it's\n"),
            closed_too_late("3:11", '\'', 4));
  EXPECT_EQ(refused("stages:\n  - &s\n    use: icmp\n    when: 'a\n    name: it's\n"),
            closed_too_late("4:11", '\'', 5));
  EXPECT_EQ(refused("a: &a\n  &k k: {b: 'c\n  d: e'}\n"), closed_too_late("2:13", '\'', 3));
  EXPECT_EQ(hint("a:\n  b: \"c\n  d: e\"\n"), "write \" where the text ends, or indent its lines by 3 blanks or more");
}

TEST(Yaml, QuotedTextsOfSeveralLinesAreRead) {
  const std::vector<std::pair<const char*, const char*>> good = {
      {"a: \"b # c\n\n \t\n  'd'\"\ne: 1\n", R"({"a":"b # c\n\n'd'","e":1})"},
      {"a: \"b\r\n  c\"\r\nd: 1\r\n", R"({"a":"b c","d":1})"},
      {"a: 'it''s\n  \"# so\n '\n# \"\nd: 1\n", R"({"a":"it's \"# so ","d":1})"},
      {"a:\n  \"b\n c\"\n", R"({"a":"b c"})"},
      {"a: !!str # '\n  &x\n  'b\n  c'\n", R"({"a":"b c"})"},
      {"a: [x,\n  \"b\n c\", 'd\n  e'\n]\nf: 1\n", R"({"a":["x","b c","d e"],"f":1})"},
      {"a: {k: \"b\n c\",\n  l: 'd\n  e'\n}\n", R"({"a":{"k":"b c","l":"d e"}})"},
      {"a:\n- 'b\n  c'\n- k: \"d\n   e\"\n", R"({"a":["b c",{"k":"d e"}]})"},
      {"- - 'b\n   c'\n- \"d\n e\"\n", R"([["b c"],"d e"])"},
      {"a: &a\n  &k k: 'b\n   c'\n", R"({"a":{"k":"b c"}})"},
      {"a: &a\n  - 'b\n   c'\n", R"({"a":["b c"]})"},
      {"? a\n: 'b\n c'\n", R"({"a":"b c"})"},
      {"\"a\nb\"\n", R"("a b")"},
      {"&a # '\n'a\nb'\n", R"("a b")"},
      {"{a: 'b\nc',\nd: [\"e\nf\"]}\n", R"({"a":"b c","d":["e f"]})"},
      {"a: !!str\n\"b\": 'c'\n", R"({"a":"","b":"c"})"},
  };
  for (const auto& [text, value] : good) EXPECT_EQ(to_json(parse(text)), value) << text;
}

TEST(Yaml, ManyQuotesAndTagsAreReadQuickly) {
  std::string lists = "a:\n", tags = "a:\n";
  while (lists.size() < 600'000) lists += "- 'b\n\n  c'\n- \"\"\n";
  while (tags.size() < 600'000) tags += "- !!str # '\n# \"\n";
  parse(lists);
  parse(tags);
  EXPECT_EQ(refused("a: '" + std::string(1'000'000, '\n')), not_closed("1:4", "'"));
  EXPECT_EQ(refused("a: '" + std::string(1'000'000, '\n') + "'"), closed_too_late("1:4", '\'', 1'000'001));
}

/// A comment would go on behind it over what people see as lines.
TEST(Yaml, ACarriageReturnAloneIsNoLineEnd) {
  EXPECT_EQ(refused("a: 1 # b\rexclude: [127.0.0.2]\n"),
            Lines{"1:9 yaml-syntax: a carriage return (0x0d) without a line feed stands here"});
}

TEST(Yaml, QuotesThatAreClosedOrTextAreNot) {
  for (const char* good :
       {"a: \"b\n  c\"\nd: 1\n", "a: 'it''s'", "a: \"\"", "a: |\n  \"b\nd: 1\n", "a: >-\n  'b\nd: 1\n",
        "a: b\"\nd: it's\n", "a: &x \"b\"\nc: *x\n", "\"a\": 1\n", "\xef\xbb\xbfname: \"a\"\n"}) {
    Diagnostics out;
    EXPECT_TRUE(parse_yaml(good, "t.yaml", out).has_value()) << good;
    EXPECT_EQ(problems(out), Lines{}) << good;
  }
}

TEST(Yaml, BracketsWithinTextOpenNothing) {
  EXPECT_EQ(hint("a: b[c\nb: 'it''s [' # [\nc: \"\\\"[\"\nd: |\n  - [\n\n  {\ne: [x, '{']\nf: g: h\n"),
            "a value with ': ' in it goes in quotes");
}

}  // namespace
}  // namespace sonde::core
