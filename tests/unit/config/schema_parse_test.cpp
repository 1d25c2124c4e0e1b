// The closed subset: what is read, and every way in which a plugin's schema is refused.
#include <gtest/gtest.h>

#include "config/schema.hpp"

namespace sonde::core {
namespace {

TEST(ParseSchema, ReadsEveryWord) {
  const auto s = parse_schema(R"({
    "$schema": "http://json-schema.org/draft-07/schema#", "title": "icmp", "type": "object", "required": ["mode"],
    "x-sonde": {"cost": {"silent": ["count"]}},
    "properties": {
      "count": {"type": "integer", "minimum": 1, "maximum": 10, "default": 2, "description": "Requests."},
      "timeout": {"type": "string", "x-sonde": "duration", "minimum": 1000000, "default": "800ms"},
      "mode": {"enum": ["a", "b"]},
      "ports": {"type": "array", "x-sonde": "ports", "default": "22,80"},
      "servers": {"type": "array", "items": {"type": "string", "x-sonde": "service"}},
      "tls": {"type": "object", "properties": {"enabled": {"type": "boolean"}}}
    }})");
  ASSERT_TRUE(s.has_value()) << s.error().text;
  ASSERT_EQ(s->properties.size(), 6u);
  EXPECT_EQ(s->required, std::vector<std::string>{"mode"});
  EXPECT_EQ(to_json(s->cost), R"({"silent":["count"]})");
  const Schema& count = s->properties[0].schema;
  EXPECT_EQ(s->properties[0].name, "count");
  EXPECT_EQ(count.type, SchemaType::integer);
  EXPECT_EQ(count.minimum, 1.0);
  EXPECT_EQ(count.maximum, 10.0);
  EXPECT_EQ(count.description, "Requests.");
  const Schema& timeout = s->properties[1].schema;
  EXPECT_EQ(timeout.type, SchemaType::integer) << "what the plugin receives";
  EXPECT_EQ(timeout.format, Format::duration);
  EXPECT_EQ(*timeout.default_value->text(), "800ms");
  EXPECT_EQ(s->properties[2].schema.type, SchemaType::text);
  EXPECT_EQ(s->properties[3].schema.type, SchemaType::array);
  EXPECT_EQ(s->properties[4].schema.items->format, Format::service);
  EXPECT_EQ(s->properties[5].schema.properties[0].schema.type, SchemaType::boolean);
}

TEST(ParseSchema, ADefaultDurationMayBeInBaseUnits) {
  const auto s = parse_schema(R"({"type":"object","properties":{"t":{"x-sonde":"duration","default":800000000}}})");
  ASSERT_TRUE(s.has_value()) << s.error().text;
  EXPECT_EQ(*s->properties[0].schema.default_value->text(), "800ms");
}

struct Row {
  const char* schema;
  const char* text;
};
class RefusedSchema : public testing::TestWithParam<Row> {};

TEST_P(RefusedSchema, SaysWhy) {
  const auto s = parse_schema(GetParam().schema);
  ASSERT_FALSE(s.has_value());
  EXPECT_EQ(s.error().id, "plugin-schema");
  EXPECT_EQ(s.error().text, GetParam().text);
}

INSTANTIATE_TEST_SUITE_P(
    Words, RefusedSchema,
    testing::Values(
        Row{"[]", "options schema, at the root: expected an object"},
        Row{R"({"type":"string"})", "options schema, at the root: options are an object"},
        Row{R"({"type":"object","properties":{"a":{"pattern":"x"}}})",
            "options schema, at /properties/a: 'pattern' is not one of the words type, enum, minimum, maximum, "
            "minLength, maxLength, items, minItems, maxItems, properties, required, dependentRequired, allOf, "
            "default, description, x-sonde"},
        Row{R"({"type":"object","properties":{"a":{"title":"x"}}})",
            "options schema, at /properties/a: 'title' is not one of the words type, enum, minimum, maximum, "
            "minLength, maxLength, items, minItems, maxItems, properties, required, dependentRequired, allOf, "
            "default, description, x-sonde"},
        Row{R"({"type":"object","anyOf":[{"type":"string"}]})",
            "options schema, at the root: 'anyOf' is not one of the words type, enum, minimum, maximum, "
            "minLength, maxLength, items, minItems, maxItems, properties, required, dependentRequired, allOf, "
            "default, description, x-sonde"},
        Row{R"({"type":"object","properties":{"a":{"type":"text"}}})",
            "options schema, at /properties/a: type is not one of boolean, integer, number, string, array, object"},
        Row{R"({"type":"object","properties":{"a":{"type":["string","array"]}}})",
            "options schema, at /properties/a: type is not one of boolean, integer, number, string, array, object"},
        Row{R"({"type":"object","properties":{"a":{"x-sonde":"time"}}})",
            "options schema, at /properties/a: x-sonde is not one of duration, bytes, ports, cidr, path, secret, "
            "service"},
        Row{R"({"type":"object","x-sonde":"duration"})",
            "options schema, at the root: x-sonde at the root is an object with the members cost, batch, variants, "
            "cleartext"},
        Row{R"({"type":"object","x-sonde":{"clear":[]}})",
            "options schema, at the root: x-sonde at the root knows cost, batch (the name of an option), variants and "
            "cleartext, not 'clear'"},
        Row{R"({"type":"object","x-sonde":{"cleartext":"a"}})",
            "options schema, at the root: cleartext is not a list of options"},
        Row{R"({"type":"object","x-sonde":{"cleartext":["a.b"]},"properties":{"a":{"type":"array","items":{"type":"object"}}}})",
            "options schema, at the root: cleartext names 'a.b', which is no option"},
        Row{R"({"type":"object","x-sonde":{"cleartext":["a"]},"properties":{"a":{"type":"string"}}})",
            "options schema, at the root: cleartext names 'a', which is no secret"},
        Row{R"({"type":"object","properties":{"a":{"type":"boolean","x-sonde":"path"}}})",
            "options schema, at /properties/a: this x-sonde word does not go with this type"},
        Row{R"({"type":"object","properties":{"A-b":{}}})",
            "options schema, at the root: 'A-b' is no option name: small letters, digits and _, a letter first"},
        Row{R"({"type":"object","properties":{"a":{"type":"integer","minimum":"1"}}})",
            "options schema, at /properties/a: minimum is not a number that fits into 64 bits"},
        Row{R"({"type":"object","properties":{"a":{"type":"integer","minimum":2,"maximum":1}}})",
            "options schema, at /properties/a: minimum is above maximum"},
        Row{R"({"type":"object","properties":{"a":{"type":"string","minimum":2}}})",
            "options schema, at /properties/a: minimum and maximum go with numbers only"},
        Row{R"({"type":"object","properties":{"a":{"type":"string","items":{}}}})",
            "options schema, at /properties/a: items goes with an array only"},
        Row{R"({"type":"object","properties":{"a":{"type":"string","properties":{"b":{}}}}})",
            "options schema, at /properties/a: properties go with an object only"},
        Row{R"({"type":"object","properties":{"a":{"enum":[]}}})",
            "options schema, at /properties/a: enum is not a list with something in it"},
        Row{R"({"type":"object","properties":{"a":{"type":"integer","enum":[1,"b"]}}})",
            "options schema, at /properties/a: enum has an entry of another type"},
        Row{R"({"type":"object","properties":{"a":{"enum":[[1]]}}})",
            "options schema, at /properties/a: enum has an entry that is no scalar"},
        Row{R"({"type":"object","properties":{"a":{"type":"array","enum":["b"]}}})",
            "options schema, at /properties/a: enum goes with scalars and ports only"},
        Row{R"({"type":"object","properties":{"a":{"x-sonde":"ports","enum":["found",80]}}})",
            "options schema, at /properties/a: enum has an entry of another type"},
        Row{R"({"type":"object","properties":{"a":{"x-sonde":"ports","enum":["22,80"]}}})",
            "options schema, at /properties/a: enum has an entry of another type"},
        Row{R"({"type":"object","required":["a"]})",
            "options schema, at the root: required names 'a', which is no property"},
        Row{R"({"type":"object","required":"a"})", "options schema, at the root: required is not a list"},
        Row{R"({"type":"object","properties":{"a":{"type":"integer","maximum":5,"default":6}}})",
            "options schema, at /properties/a: the default is not a whole number of at most 5"},
        Row{R"({"type":"object","properties":{"a":{"x-sonde":"duration","default":"soon"}}})",
            "options schema, at /properties/a: the default is not a duration such as 800ms or 2s"},
        Row{R"({"type":"object","properties":{"a":{"enum":["x","y"],"default":"z"}}})",
            "options schema, at /properties/a: the default is not one of x or y"},
        Row{R"({"type":"object","properties":{"a":{"description":5}}})",
            "options schema, at /properties/a: description is not text"},
        Row{R"({"type":"object","properties":[]})", "options schema, at the root: properties is not an object"}));

TEST(ParseSchema, BrokenJsonIsRefused) {
  const auto s = parse_schema("{");
  ASSERT_FALSE(s.has_value());
  EXPECT_EQ(s.error().id, "plugin-schema");
  EXPECT_TRUE(s.error().text.starts_with("the options schema is not valid JSON")) << s.error().text;
}

TEST(ParseSchema, DepthAndSizeAreBounded) {
  std::string text = R"({"type":"object"})";
  for (int i = 0; i < 20; ++i) text = R"({"type":"object","properties":{"a":)" + text + "}}";
  EXPECT_FALSE(parse_schema(text).has_value());
  EXPECT_FALSE(parse_schema(std::string(2u << 20, ' ')).has_value());
}

TEST(ParseSchema, TheCoreHasThreeMoreWords) {
  const auto s = parse_core_schema(
      R"({"type":"object","properties":{"a":{"anyOf":[{"type":"string"},{"type":"integer"}]},
          "b":{"type":"object","title":"a thing","additionalProperties":true}}})");
  ASSERT_TRUE(s.has_value()) << s.error().text;
  EXPECT_EQ(s->properties[0].schema.any_of.size(), 2u);
  EXPECT_EQ(s->properties[1].schema.title, "a thing");
  EXPECT_TRUE(s->properties[1].schema.open);
}

}  // namespace
}  // namespace sonde::core
