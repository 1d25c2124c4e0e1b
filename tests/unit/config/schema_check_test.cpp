// Options against a schema: the typing table, formats, bounds, defaults, and the words of every refusal.
#include <gtest/gtest.h>

#include "config/interpolate.hpp"
#include "config/schema.hpp"
#include "config/yaml.hpp"
#include "problems.hpp"

namespace sonde::core {
namespace {

constexpr std::string_view schema_text = R"({
  "type": "object",
  "properties": {
    "flag": {"type": "boolean"},
    "count": {"type": "integer", "minimum": 1, "maximum": 10},
    "ratio": {"type": "number"},
    "word": {"type": "string"},
    "mode": {"enum": ["fast", "slow"]},
    "timeout": {"x-sonde": "duration", "minimum": 1000000},
    "size": {"x-sonde": "bytes", "maximum": 65536},
    "ports": {"x-sonde": "ports"},
    "net": {"x-sonde": "cidr"},
    "file": {"x-sonde": "path"},
    "key": {"x-sonde": "secret"},
    "server": {"x-sonde": "service"},
    "names": {"type": "array", "items": {"type": "string"}},
    "numbers": {"type": "array", "items": {"type": "integer", "maximum": 9}},
    "tls": {"type": "object", "properties": {"alpn": {"type": "string"}}},
    "anything": {}
  }})";

const Schema& schema() {
  static const Schema s = parse_schema(schema_text).value();
  return s;
}

struct Outcome {
  std::string json;
  Lines lines;
  std::string hint;
};

Outcome check(const std::string& yaml, const std::map<std::string, std::string>& env = {}) {
  Diagnostics out;
  auto tree = parse_yaml(yaml, "t.yaml", out);
  if (tree) interpolate(*tree, {env, "", yaml, false}, out);
  EXPECT_EQ(problems(out), Lines{});
  const Value checked =
      check_options(tree.value_or(Value()), schema(), {"stage 'x'", "sonde describe x", "/base"}, out);
  return {to_json(checked), problems(out), out.items().empty() ? "" : out.items()[0].hint};
}

struct Row {
  const char* yaml;
  const char* json;
};
class Accepted : public testing::TestWithParam<Row> {};

TEST_P(Accepted, GivesBaseUnits) {
  const Outcome o = check(GetParam().yaml);
  EXPECT_EQ(o.lines, Lines{});
  EXPECT_EQ(o.json, GetParam().json);
}

INSTANTIATE_TEST_SUITE_P(
    Typing, Accepted,
    testing::Values(Row{"flag: true", R"({"flag":true})"}, Row{"count: 0x0A", R"({"count":10})"},
                    Row{"count: 2.0", R"({"count":2})"}, Row{"ratio: 1.5", R"({"ratio":1.5})"},
                    Row{"word: abc", R"({"word":"abc"})"}, Row{"word: '5'", R"({"word":"5"})"},
                    Row{"word: ''", R"({"word":""})"}, Row{"mode: fast", R"({"mode":"fast"})"},
                    Row{"timeout: 800ms", R"({"timeout":800000000})"},
                    Row{"timeout: '2s'", R"({"timeout":2000000000})"}, Row{"size: 512", R"({"size":512})"},
                    Row{"size: 4KiB", R"({"size":4096})"}, Row{"ports: 22", R"({"ports":[22]})"},
                    Row{"ports: 80,22,8000-8002", R"({"ports":[22,80,8000,8001,8002]})"},
                    Row{"ports: [80, 22, '100-101', 80]", R"({"ports":[22,80,100,101]})"},
                    Row{"net: 10.0.0.0/8", R"({"net":"10.0.0.0/8"})"}, Row{"file: a/b", R"({"file":"/base/a/b"})"},
                    Row{"file: /a", R"({"file":"/a"})"}, Row{"file: '-'", R"({"file":"-"})"},
                    Row{"key: k", R"({"key":"k"})"}, Row{"server: 192.0.2.1", R"({"server":"192.0.2.1"})"},
                    Row{"server: '192.0.2.1:53'", R"({"server":"192.0.2.1:53"})"},
                    Row{"server: '2001:db8::1'", R"({"server":"2001:db8::1"})"},
                    Row{"server: '[2001:db8::1]:53'", R"({"server":"[2001:db8::1]:53"})"},
                    Row{"names: [a, '5']", R"({"names":["a","5"]})"}, Row{"names: []", R"({"names":[]})"},
                    Row{"names:", "{}"}, Row{"tls:", "{}"}, Row{"tls: {alpn: h2}", R"({"tls":{"alpn":"h2"}})"},
                    Row{"anything: [1, {a: b}]", R"({"anything":[1,{"a":"b"}]})"}));

TEST(CheckOptions, AnInterpolatedValueTakesTheTypeOfItsOption) {
  const std::map<std::string, std::string> env{{"N", "5"},       {"B", "true"}, {"P", "22,80-81"},
                                               {"L", "a, 5 ,b"}, {"T", "800"},  {"E", ""},
                                               {"S", "4KiB"},    {"R", "1.5"},  {"NUMBERS", "1,2"}};
  const Outcome o = check(
      "count: ${N}\nflag: '${B}'\nports: ${P}\nnames: ${L}\ntimeout: ${T}ms\nword: ${N}\nsize: ${S}\nratio: ${R}\n"
      "numbers: ${NUMBERS}\nmode: ${UNSET:-slow}\n",
      env);
  EXPECT_EQ(o.lines, Lines{});
  EXPECT_EQ(o.json, R"({"count":5,"flag":true,"ports":[22,80,81],"names":["a","5","b"],"timeout":800000000,"word":"5",)"
                    R"("size":4096,"ratio":1.5,"numbers":[1,2],"mode":"slow"})");
}

TEST(CheckOptions, AnInterpolationThatCameToNothingIsNotGiven) {
  const std::map<std::string, std::string> env{{"E", ""}};
  const Outcome o = check("count: ${E}\ntimeout: ${E}\nports: ${E}\nnames: ${E}\nmode: ${E}\nword: ${E}\n", env);
  EXPECT_EQ(o.lines, Lines{});
  EXPECT_EQ(o.json, R"({"word":""})");
}

struct Refusal {
  const char* yaml;
  const char* line;
  const char* hint;
};
class Refused : public testing::TestWithParam<Refusal> {};

TEST_P(Refused, SaysWhatWhereAndWhy) {
  const Outcome o = check(GetParam().yaml);
  EXPECT_EQ(o.lines, Lines{GetParam().line});
  EXPECT_EQ(o.hint, GetParam().hint);
}

INSTANTIATE_TEST_SUITE_P(
    Messages, Refused,
    testing::Values(
        Refusal{
            "timout: 1s", "1:1 unknown-option: stage 'x' has no option 'timout'",
            "did you mean 'timeout'? options: flag, count, ratio, word, mode, timeout, size, ports, net, file, key, "
            "server, names, numbers, tls, anything (sonde describe x)"},
        Refusal{"tls: {alpm: h2}", "1:7 unknown-option: stage 'x': 'tls' has no option 'alpm'",
                "did you mean 'alpn'? options: alpn (sonde describe x)"},
        Refusal{"flag: yes", "1:7 wrong-type: stage 'x': option 'flag' takes true or false, found the text 'yes'",
                "yes, no, on and off are text; write true or false"},
        Refusal{"count: many",
                "1:8 wrong-type: stage 'x': option 'count' takes a whole number from 1 to 10, found the text 'many'",
                ""},
        Refusal{"count: '2'",
                "1:8 wrong-type: stage 'x': option 'count' takes a whole number from 1 to 10, found the text '2'",
                "remove the quotes: in quotes it is text"},
        Refusal{"count: 2.5",
                "1:8 wrong-type: stage 'x': option 'count' takes a whole number from 1 to 10, found the number 2.5",
                ""},
        Refusal{"count:", "1:1 wrong-type: stage 'x': option 'count' takes a whole number from 1 to 10, found nothing",
                ""},
        Refusal{"count: 11", "1:8 bad-value: stage 'x': option 'count' takes a whole number from 1 to 10, found 11",
                ""},
        Refusal{"count: 0", "1:8 bad-value: stage 'x': option 'count' takes a whole number from 1 to 10, found 0", ""},
        Refusal{"word: 5", "1:7 wrong-type: stage 'x': option 'word' takes text, found the number 5",
                "text that looks like a number or true/false goes in quotes"},
        Refusal{"word: [a]", "1:7 wrong-type: stage 'x': option 'word' takes text, found a list", ""},
        Refusal{"mode: fats",
                "1:7 bad-value: stage 'x': option 'mode' takes one of fast or slow, found the text 'fats'",
                "did you mean 'fast'?"},
        Refusal{
            "timeout: 800",
            "1:10 bad-duration: stage 'x': option 'timeout' takes a duration of at least 1ms, found 800 without a unit",
            "write 800ms or 800s"},
        Refusal{"timeout: 12 parsecs", "1:10 bad-duration: stage 'x': option 'timeout': '12 parsecs' is not a duration",
                "expected a number with ns, us, ms, s, m, h or d, at most 100 years: 800ms, 2s, 1h"},
        Refusal{"timeout: 10us",
                "1:10 bad-value: stage 'x': option 'timeout' takes a duration of at least 1ms, found 10µs", ""},
        Refusal{"timeout: true",
                "1:10 wrong-type: stage 'x': option 'timeout' takes a duration of at least 1ms, found true", ""},
        Refusal{"size: big", "1:7 bad-bytes: stage 'x': option 'size': 'big' is not a size",
                "expected bytes as 512, 4KiB, 1MiB, 10kB or 5MB"},
        Refusal{"size: -1", "1:7 bad-bytes: stage 'x': option 'size' takes a size of at most 64KiB", ""},
        Refusal{"size: 1MiB", "1:7 bad-value: stage 'x': option 'size' takes a size of at most 64KiB, found 1MiB", ""},
        Refusal{"ports: 22,http",
                "1:8 bad-port: stage 'x': option 'ports': 'http' in '22,http' is not a port or a range of ports",
                "expected 1 to 65535 with commas and ranges: 22,80,8000-8010"},
        Refusal{"ports: [22, 70000]", "1:13 bad-port: stage 'x': option 'ports': 70000 is not a port",
                "ports are 1 to 65535"},
        Refusal{"ports: []", "1:8 bad-port: stage 'x': option 'ports' names no port",
                "expected ports such as 22,80,8000-8010"},
        Refusal{"ports: {a: 1}",
                "1:8 wrong-type: stage 'x': option 'ports' takes ports such as 22,80,8000-8010, found a mapping", ""},
        Refusal{"server: '192.0.2.1:0'", "1:9 bad-port: stage 'x': option 'server': '192.0.2.1:0' ends in no port",
                "192.168.1.1:53, [2001:db8::1]:53"},
        Refusal{"server: '[2001:db8::1'",
                "1:9 bad-address: stage 'x': option 'server': '[2001:db8::1' has no closing bracket",
                "[2001:db8::1]:53"},
        Refusal{"names: a",
                "1:8 wrong-type: stage 'x': option 'names' takes a list; each entry is text, found the text 'a'",
                "write [a, b], or one entry a line with '- ' in front"},
        Refusal{"names: [a, 5]",
                "1:12 wrong-type: stage 'x': an entry of option 'names' takes text, found the number 5",
                "text that looks like a number or true/false goes in quotes"},
        Refusal{"tls: on", "1:6 wrong-type: stage 'x': 'tls' takes a mapping, found the text 'on'",
                "write its keys below it, indented, as `key: value`"}));

TEST(CheckOptions, AddressesAndNetworksAreChecked) {
  EXPECT_TRUE(check("net: 10.0.0.0/33").lines.at(0).starts_with("1:6 bad-cidr: stage 'x': option 'net': "));
  EXPECT_TRUE(check("server: dns.lan").lines.at(0).starts_with("1:9 bad-address: stage 'x': option 'server': "));
}

TEST(CheckOptions, ASecretIsNeverInAMessage) {
  const Outcome o = check("key: 12345");
  EXPECT_EQ(o.lines, Lines{"1:6 wrong-type: stage 'x': option 'key' takes text"});
}

TEST(CheckOptions, HostileTextIsHarmlessAndShort) {
  const Outcome o = check("count: \"" + std::string(200, 'a') + "\"");
  EXPECT_EQ(o.lines.at(0).size(),
            std::string("1:8 wrong-type: stage 'x': option 'count' takes a whole number from 1 to 10, "
                        "found the text ''")
                    .size() +
                63);
  EXPECT_EQ(check(R"(count: "\e[31m")").lines.at(0).find('\x1b'), std::string::npos);
}

TEST(CheckOptions, EveryMistakeIsReported) {
  EXPECT_EQ(check("count: 0\nflag: 1\nx: 1\nnumbers: [1, a, 10]\n").lines.size(), 5u);
}

TEST(CheckOptions, MissingOptionsAreNamedAndDefaultsFilled) {
  const Schema s = parse_schema(R"({"type":"object","required":["path"],"properties":{
      "path":{"x-sonde":"path","description":"Where to write."},
      "timeout":{"x-sonde":"duration","default":"2s"},
      "ports":{"x-sonde":"ports","default":"22,80"},
      "oui":{"x-sonde":"path","default":"oui.txt"},
      "tls":{"type":"object","properties":{"on":{"type":"boolean","default":true}}},
      "list":{"type":"array","items":{"type":"string"},"default":["a"]}}})")
                       .value();
  Diagnostics out;
  const Value v = check_options(Value(), s, {"output 'json'", "sonde describe json", "/etc"}, out);
  EXPECT_EQ(problems(out), Lines{"0:0 missing-key: output 'json' needs the option 'path'"});
  EXPECT_EQ(out.items()[0].hint, "path: Where to write.");
  EXPECT_EQ(to_json(v),
            R"({"timeout":2000000000,"ports":[22,80],"oui":"/etc/oui.txt","tls":{"on":true},"list":["a"]})");
  EXPECT_EQ(v.find("timeout")->origin, Origin::schema_default);
  EXPECT_EQ((*v.find("ports")->array())[0].origin, Origin::schema_default);
}

TEST(CheckOptions, OriginsAndPlacesAreKept) {
  Diagnostics out;
  std::map<std::string, std::string> env{{"T", "1s"}};
  auto tree = parse_yaml("count: 2\ntimeout: ${T}\n", "t.yaml", out);
  interpolate(*tree, {env, "", "", false}, out);
  const Value v = check_options(*tree, schema(), {"stage 'x'", "sonde describe x", ""}, out);
  EXPECT_EQ(v.find("count")->origin, Origin::file);
  EXPECT_EQ(v.find("count")->where.line, 1u);
  EXPECT_EQ(v.find("timeout")->origin, Origin::environment);
  EXPECT_EQ(v.find("timeout")->where.column, 10u);
}

TEST(CheckOptions, OptionsAreAMapping) {
  EXPECT_EQ(check("[1]").lines, Lines{"1:1 wrong-type: stage 'x' takes a mapping, found a list"});
}

/// A list of ports, or one of the words of its enum.
TEST(PortsOrAWord, TakesBothAndNothingElse) {
  const Schema schema =
      parse_schema(R"({"type":"object","properties":{"p":{"x-sonde":"ports","enum":["found"],"default":"22,80"}}})")
          .value();
  const auto given = [&](const std::string& yaml) {
    Diagnostics out;
    const auto tree = parse_yaml(yaml, "t.yaml", out);
    const std::string json =
        to_json(check_options(tree.value_or(Value()), schema, {"stage 'x'", "describe", "/"}, out));
    const auto lines = problems(out);
    return lines.empty() ? json : lines[0] + "; " + out.items()[0].hint;
  };
  EXPECT_EQ(given("p: found"), R"({"p":"found"})");
  EXPECT_EQ(given("p: '80-82'"), R"({"p":[80,81,82]})");
  EXPECT_EQ(given("p: [443, 22]"), R"({"p":[22,443]})");
  EXPECT_EQ(given("{}"), R"({"p":[22,80]})");
  EXPECT_EQ(
      given("p: fuond"),
      "1:4 bad-value: stage 'x': option 'p' takes ports such as 22,80,8000-8010, or found, found the text 'fuond'; "
      "did you mean 'found'?");
  EXPECT_EQ(given("p: 99999"), "1:4 bad-port: stage 'x': option 'p': 99999 is not a port; ports are 1 to 65535");
}

}  // namespace
}  // namespace sonde::core
