// The document for editors: its shape, and that the same plugins in any order give the same bytes.
#include "config/json_schema.hpp"

#include <gtest/gtest.h>

namespace sonde::core {
namespace {

const Schema icmp =
    parse_schema(
        R"({"type":"object","properties":{"count":{"type":"integer","minimum":1,"maximum":10,"default":2,"description":"Requests."},
        "timeout":{"x-sonde":"duration","default":"800ms"},"ports":{"x-sonde":"ports"},
        "key":{"x-sonde":"secret"},"names":{"type":"array","items":{"type":"string"}}}})")
        .value();
const Schema json =
    parse_schema(
        R"({"type":"object","required":["path"],"properties":{"path":{"x-sonde":"path"},"format":{"enum":["array","jsonl"]}}})")
        .value();

std::vector<PluginOptions> plugins() {
  return {{PluginRole::output, "json", "Writes JSON.", &json}, {PluginRole::stage, "icmp", "Pings.", &icmp}};
}

Value document() {
  return parse_json(pipeline_json_schema(plugins())).value();
}

TEST(EditorSchema, NumbersMayBeInterpolated) {
  EXPECT_EQ(to_json(editor_schema(icmp.properties[0].schema)),
            R"({"anyOf":[{"type":"integer","minimum":1,"maximum":10},{"$ref":"#/definitions/interpolated"}],)"
            R"("description":"Requests.","default":2})");
}

TEST(EditorSchema, FormatsBecomePatterns) {
  EXPECT_EQ(to_json(editor_schema(icmp.properties[1].schema)),
            R"({"$ref":"#/definitions/duration","default":"800ms"})");
  EXPECT_EQ(to_json(editor_schema(icmp.properties[2].schema)), R"({"$ref":"#/definitions/ports"})");
  EXPECT_EQ(to_json(editor_schema(icmp.properties[3].schema)), R"({"type":"string"})");
  EXPECT_EQ(to_json(editor_schema(icmp.properties[4].schema)),
            R"({"anyOf":[{"type":["array","null"],"items":{"type":"string"}},{"$ref":"#/definitions/interpolated"}]})");
}

TEST(EditorSchema, ChoicesAndObjectsAreClosed) {
  EXPECT_EQ(
      to_json(editor_schema(json)),
      R"({"type":["object","null"],"additionalProperties":false,"required":["path"],"properties":{)"
      R"("path":{"type":"string"},"format":{"anyOf":[{"enum":["array","jsonl"]},{"$ref":"#/definitions/interpolated"}]}}})");
}

TEST(PipelineJsonSchema, HasEveryKeyOfTheFile) {
  const Value d = document();
  EXPECT_EQ(*d.find("$schema")->text(), "http://json-schema.org/draft-07/schema#");
  EXPECT_EQ(*d.find("type")->text(), "object");
  EXPECT_EQ(to_json(*d.at_pointer("/properties/version/enum")), "[1]");
  EXPECT_EQ(d.find("properties")->object()->size(), 13u);
  EXPECT_NE(d.at_pointer("/properties/limits/properties/packets_per_second"), nullptr);
}

TEST(PipelineJsonSchema, AStageHasTheOptionsOfItsPlugin) {
  const Value d = document();
  const Value* stage = d.at_pointer("/properties/stages/anyOf/0/items");
  ASSERT_NE(stage, nullptr);
  EXPECT_EQ(to_json(*stage->at_pointer("/properties/use/anyOf")), R"([{"enum":["icmp"]},{"type":"string"}])");
  EXPECT_EQ(to_json(*stage->at_pointer("/allOf/0/if/properties/use")), R"({"enum":["icmp"]})");
  EXPECT_EQ(*stage->at_pointer("/allOf/0/then/properties/options/description")->text(), "Pings.");
  EXPECT_NE(stage->at_pointer("/allOf/0/then/properties/options/properties/count"), nullptr);
  EXPECT_EQ(stage->at_pointer("/allOf/0/then/required"), nullptr);
  EXPECT_EQ(to_json(*d.at_pointer("/properties/outputs/anyOf/0/items/allOf/0/then/required")), R"(["options"])");
}

TEST(PipelineJsonSchema, EveryReferenceIsDefined) {
  const std::string text = pipeline_json_schema(plugins());
  const Value d = parse_json(text).value();
  const std::string_view mark = "\"$ref\": \"#";
  std::size_t count = 0;
  for (auto at = text.find(mark); at != std::string::npos; at = text.find(mark, at + 1), ++count) {
    const auto begin = at + mark.size();
    const std::string pointer = text.substr(begin, text.find('"', begin) - begin);
    EXPECT_NE(d.at_pointer(pointer), nullptr) << pointer;
  }
  EXPECT_GT(count, 10u);
}

TEST(PipelineJsonSchema, TheOrderOfThePluginsIsNothing) {
  auto reversed = plugins();
  std::swap(reversed[0], reversed[1]);
  EXPECT_EQ(pipeline_json_schema(plugins()), pipeline_json_schema(reversed));
}

}  // namespace
}  // namespace sonde::core
