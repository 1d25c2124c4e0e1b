// JSON: strict in, exact out, bounded for hostile text.
#include <gtest/gtest.h>

#include <limits>

#include "base/value.hpp"

namespace sonde::core {
namespace {

TEST(Json, RoundTripKeepsOrderAndSixtyFourBits) {
  const std::string text =
      R"({"z":1,"a":[true,null,-9223372036854775808,18446744073709551615,2.5,"\u00e4\n"],"e":{},"l":[]})";
  EXPECT_EQ(to_json(parse_json(text).value()),
            R"({"z":1,"a":[true,null,-9223372036854775808,18446744073709551615,2.5,"ä\n"],"e":{},"l":[]})");
}

TEST(Json, KindsOfNumbers) {
  EXPECT_NE(parse_json("9223372036854775807")->integer(), nullptr);
  EXPECT_NE(parse_json("9223372036854775808")->unsigned_integer(), nullptr);
  EXPECT_NE(parse_json("1.0")->real(), nullptr);
  EXPECT_EQ(to_json(Value(1.0)), "1.0");
  EXPECT_EQ(to_json(Value(0.1)), "0.1");
  EXPECT_EQ(to_json(Value(std::numeric_limits<double>::infinity())), "null");
}

TEST(Json, Indented) {
  EXPECT_EQ(to_json(parse_json(R"({"a":[1,{"b":2}],"c":[]})").value(), 2),
            "{\n  \"a\": [\n    1,\n    {\n      \"b\": 2\n    }\n  ],\n  \"c\": []\n}");
}

TEST(Json, ErrorsHaveAPlace) {
  const auto broken = parse_json("{\n  \"a\": 1,\n  \"b\": x\n}", "f.json");
  ASSERT_FALSE(broken);
  EXPECT_EQ(broken.error().id, "json-syntax");
  EXPECT_EQ(broken.error().where.file, "f.json");
  EXPECT_EQ(broken.error().where.line, 3u);
  EXPECT_EQ(broken.error().where.column, 8u);
}

TEST(Json, Refused) {
  for (const char* text : {"", "{", "[1,]", "{\"a\":1,}", "01", "'a'", "nul", "1 2", "[1] x", "\"\xff\"", "NaN",
                           "// c\n1", "{\"a\":1,\"b\":2,\"a\":3}", "1e999"})
    EXPECT_EQ(parse_json(text).error().id, "json-syntax") << text;
}

/// is_json() is what put() of a plugin is judged by, parse_json() what reads it later.
TEST(Json, ToBeJsonIsToBeReadable) {
  for (const std::string& text : {std::string(R"({"a":1,"b":{"a":2},"c":[{"a":1},{"a":2}]})"),
                                  std::string(R"({"a":1,"b":2,"a":3})"),
                                  std::string(R"([{"x":{"a":1,"a":2}}])"),
                                  std::string(R"({"a":{"a":{"a":1}}})"),
                                  std::string("[1,]"),
                                  std::string("1e999"),
                                  std::string("\"\xff\""),
                                  std::string(),
                                  std::string("null"),
                                  std::string(64, '[') + std::string(64, ']'),
                                  std::string(65, '[') + std::string(65, ']'),
                                  std::string(R"({"a\u0062":1,"ab":2})"),
                                  std::string(R"({"a":1,"a":2})"),
                                  std::string(R"(["\ud800"])"),
                                  std::string(R"(["\ud83d\ude00","\n\/"])"),
                                  std::string(R"(["\x"])"),
                                  std::string("[-0,0.5,-1.25]"),
                                  std::string("[01]"),
                                  std::string("[-]"),
                                  std::string("[1.]"),
                                  std::string("[1e5,1E-5]"),
                                  std::string("{\"a\" : [ ] }"),
                                  std::string("{\"a\":}"),
                                  std::string("{,}"),
                                  std::string("[1 2]"),
                                  std::string("[tru]"),
                                  std::string("truex"),
                                  std::string("1\0x", 3),
                                  std::string("[\"\t\"]"),
                                  std::string("\xef\xbb\xbf[]"),
                                  std::string(400, '9'),
                                  std::string("[1]]"),
                                  std::string("[1}"),
                                  std::string(" \t\n\r[1]\n")})
    EXPECT_EQ(is_json(text), parse_json(text).has_value()) << text;
}

TEST(Json, ManyKeysAreComparedToo) {
  std::string text = "{";
  for (int i = 0; i < 100; ++i) text += "\"k" + std::to_string(i) + "\":{\"k0\":1},";
  EXPECT_TRUE(is_json(text + "\"k100\":0}"));
  EXPECT_FALSE(is_json(text + "\"k99\":0}"));
}

TEST(Json, DepthIsBounded) {
  EXPECT_TRUE(parse_json(std::string(64, '[') + std::string(64, ']')));
  EXPECT_FALSE(parse_json(std::string(65, '[') + std::string(65, ']')));
  EXPECT_FALSE(parse_json(std::string(1'000'000, '[')));
}

TEST(Json, HostileTextIsReplacedAndEscaped) {
  EXPECT_EQ(json_quote("a\"\\\x01\x7f\xff"), "\"a\\\"\\\\\\u0001\\u007f\xef\xbf\xbd\"");
  EXPECT_EQ(json_quote(""), "\"\"");
  EXPECT_TRUE(parse_json(json_quote(std::string("\0\x1b[31m\xf0\x9f", 8))));
}

}  // namespace
}  // namespace sonde::core
