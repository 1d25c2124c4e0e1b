// What people see of checked options, and what they must not.
#include <gtest/gtest.h>

#include "config/schema.hpp"

namespace sonde::core {
namespace {

const Schema& schema() {
  static const Schema s = parse_schema(R"({"type":"object","properties":{
      "timeout":{"x-sonde":"duration"},"size":{"x-sonde":"bytes"},"ports":{"x-sonde":"ports"},
      "community":{"x-sonde":"secret"},"word":{"type":"string"},
      "v3":{"type":"object","properties":{"user":{"type":"string"},"key":{"x-sonde":"secret"}}},
      "keys":{"type":"array","items":{"x-sonde":"secret"}},
      "oids":{"type":"array","items":{"type":"string"}}}})")
                              .value();
  return s;
}

Value options() {
  Diagnostics out;
  const Value v = parse_json(R"({"timeout":"800ms","size":"4KiB","ports":"22,23,80,8000-8010","community":"public",
      "word":"w","v3":{"user":"u","key":"k"},"keys":["a","b"],"oids":["1.3","1.4"]})")
                      .value();
  const Value checked = check_options(v, schema(), {"stage 'snmp'", "sonde describe snmp", ""}, out);
  EXPECT_FALSE(out.has_errors());
  return checked;
}

TEST(Redacted, HidesEverySecret) {
  EXPECT_EQ(to_json(*redacted(options(), schema()).find("community")), R"("***")");
  EXPECT_EQ(to_json(*redacted(options(), schema()).find("v3")), R"({"user":"u","key":"***"})");
  EXPECT_EQ(to_json(*redacted(options(), schema()).find("keys")), R"(["***","***"])");
  EXPECT_EQ(to_json(*redacted(options(), schema()).find("word")), R"("w")");
}

TEST(Redacted, AMisspeltSecretIsNotShown) {
  const Value v = parse_json(R"({"comunity":"private","word":"w"})").value();
  EXPECT_EQ(to_json(redacted(v, schema())), R"({"word":"w"})");
}

TEST(WithoutSecrets, LeavesThemOut) {
  const Value v = without_secrets(options(), schema());
  EXPECT_EQ(v.find("community"), nullptr);
  EXPECT_EQ(to_json(*v.find("v3")), R"({"user":"u"})");
  EXPECT_EQ(to_json(*v.find("keys")), "[]");
  EXPECT_NE(v.find("timeout"), nullptr);
}

TEST(HasSecret, LooksEverywhere) {
  EXPECT_TRUE(has_secret(schema()));
  EXPECT_TRUE(has_secret(*schema().properties[6].schema.items));
  EXPECT_FALSE(has_secret(schema().properties[0].schema));
}

TEST(Display, ShowsPeoplesUnits) {
  const Value v = options();
  const auto shown = [&](std::size_t i) {
    return display(*v.find(schema().properties[i].name), schema().properties[i].schema);
  };
  EXPECT_EQ(shown(0), "800ms");
  EXPECT_EQ(shown(1), "4KiB");
  EXPECT_EQ(shown(2), "22,23,80,8000-8010");
  EXPECT_EQ(shown(3), "***");
  EXPECT_EQ(shown(5), "{user: u, key: ***}");
  EXPECT_EQ(shown(7), "1.3,1.4");
}

TEST(Display, AUnwrittenDefaultIsShownAsItStands) {
  EXPECT_EQ(display(Value("800ms"), schema().properties[0].schema), "800ms");
  EXPECT_EQ(display(Value("a\x1b[31m"), schema().properties[4].schema).find('\x1b'), std::string::npos);
}

struct Row {
  const char* node;
  const char* text;
};
class Expectation : public testing::TestWithParam<Row> {};

TEST_P(Expectation, IsInWords) {
  const auto s = parse_core_schema(std::string(R"({"type":"object","properties":{"a":)") + GetParam().node + "}}");
  ASSERT_TRUE(s.has_value()) << s.error().text;
  EXPECT_EQ(expectation(s->properties[0].schema), GetParam().text);
}

INSTANTIATE_TEST_SUITE_P(
    Nodes, Expectation,
    testing::Values(Row{R"({"type":"boolean"})", "true or false"}, Row{R"({"type":"integer"})", "a whole number"},
                    Row{R"({"type":"integer","minimum":1,"maximum":16777216})", "a whole number from 1 to 16777216"},
                    Row{R"({"type":"number","minimum":0.5})", "a number of at least 0.5"},
                    Row{R"({"type":"string"})", "text"}, Row{R"({"enum":["a","b","c"]})", "one of a, b or c"},
                    Row{R"({"enum":["a"]})", "a"}, Row{R"({"enum":[1,2]})", "one of 1 or 2"},
                    Row{R"({"x-sonde":"duration"})", "a duration such as 800ms or 2s"},
                    Row{R"({"x-sonde":"duration","minimum":1000000,"maximum":60000000000})",
                        "a duration from 1ms to 1m"},
                    Row{R"({"x-sonde":"bytes","maximum":65536})", "a size of at most 64KiB"},
                    Row{R"({"x-sonde":"ports"})", "ports such as 22,80,8000-8010"},
                    Row{R"({"x-sonde":"ports","enum":["found"]})", "ports such as 22,80,8000-8010, or found"},
                    Row{R"({"x-sonde":"secret"})", "text, kept secret"}, Row{R"({"type":"array"})", "a list"},
                    Row{R"({"type":"array","items":{"type":"string"}})", "a list; each entry is text"},
                    Row{R"({"type":"array","items":{"type":"object","properties":{"a":{},"b":{}}}})",
                        "a list; each entry is a mapping of a, b"},
                    Row{R"({"type":"object"})", "a mapping"}, Row{R"({"type":"object","title":"a stage"})", "a stage"},
                    Row{R"({"anyOf":[{"type":"integer","minimum":1},{"enum":["unlimited"]}]})",
                        "a whole number of at least 1 or unlimited"},
                    Row{"{}", "any value"}));

}  // namespace
}  // namespace sonde::core
