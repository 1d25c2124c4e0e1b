// What a plugin needs and costs once its options are known.
#include "plugins/demands.hpp"

#include <gtest/gtest.h>

namespace sonde::core {
namespace {

Value json(std::string_view text) {
  return parse_json(text).value();
}

PluginEntry plugin() {
  PluginEntry p;
  p.needs = SONDE_NEED_EXEC | SONDE_NEED_RAW | SONDE_NEED_FILES;
  p.max_batch = 256;
  p.schema = parse_schema(R"({"type":"object","properties":{
    "mode":{"enum":["run","import"],"description":"m"},"hosts":{"type":"integer","description":"n"},
    "ports":{"x-sonde":"ports","description":"p"}},
    "x-sonde":{"cost":{"silent":[{"first":["ports",1000]},2],"deadline":[5]},"batch":"hosts",
      "variants":{"mode":{"import":{"needs":["files"],"cost":{}}}}}})")
                 .value();
  return p;
}

TEST(Demands, ByDefaultTheDescriptors) {
  const PluginEntry p = plugin();
  const Value run = json(R"({"mode":"run","ports":[22,80]})");
  EXPECT_EQ(needs_of(p, run), p.needs);
  EXPECT_TRUE(reaches_network(p, run));
  EXPECT_EQ(cost_of(p, run, "silent"), 4u);
  EXPECT_EQ(cost_of(p, json("{}"), "silent"), 2000u);
  EXPECT_EQ(cost_of(p, run, "deadline"), 5u);
  EXPECT_EQ(cost_of(p, run, "wait"), 0u);
}

TEST(Demands, AWordInPlaceOfPortsIsAVariantToo) {
  PluginEntry p;
  p.needs = SONDE_NEED_CONNECT;
  p.schema = parse_schema(R"({"type":"object","properties":{
    "ports":{"x-sonde":"ports","enum":["found"],"description":"p"},"other":{"x-sonde":"ports","description":"o"}},
    "x-sonde":{"cost":{"silent":["ports"]},
      "variants":{"ports":{"found":{"cost":{"silent":["other"],"spared_by":"ports"}}}}}})")
                 .value();
  EXPECT_TRUE(check_demands(p.schema, p.needs));
  EXPECT_EQ(cost_of(p, json(R"({"ports":[22,80],"other":[1]})"), "silent"), 2u);
  EXPECT_EQ(cost_expression(p, json(R"({"ports":[22,80]})"), "spared_by"), nullptr);
  const Value found = json(R"({"ports":"found","other":[1]})");
  EXPECT_EQ(cost_of(p, found, "silent"), 1u);
  ASSERT_NE(cost_expression(p, found, "spared_by"), nullptr);
  EXPECT_EQ(*cost_expression(p, found, "spared_by")->text(), "ports");
}

TEST(Demands, AVariantReplacesThem) {
  const PluginEntry p = plugin();
  const Value import = json(R"({"mode":"import"})");
  EXPECT_EQ(needs_of(p, import), uint32_t{SONDE_NEED_FILES});
  EXPECT_FALSE(reaches_network(p, import));
  EXPECT_EQ(cost_expression(p, import, "silent"), nullptr);
  EXPECT_EQ(cost_expression(p, import, "deadline"), nullptr);
}

TEST(Demands, WhoDeclaresNothingMayReachTheNetworkAllTheSame) {
  EXPECT_TRUE(reaches_network(PluginEntry{}, Value()));
}

TEST(Demands, TheBatchIsLoweredAndNeverRaised) {
  PluginEntry p = plugin();
  EXPECT_EQ(batch_of(p, json(R"({"hosts":8})")), 8u);
  EXPECT_EQ(batch_of(p, json(R"({"hosts":5000})")), 256u);
  EXPECT_EQ(batch_of(p, json("{}")), 256u);
  p.max_batch = 0;
  EXPECT_EQ(batch_of(p, json(R"({"hosts":8})")), 8u);
  p.schema.batch.clear();
  EXPECT_EQ(batch_of(p, json(R"({"hosts":8})")), 0u);
}

TEST(Demands, WrongWordsAreNamed) {
  const auto text = [](const std::string& root, uint32_t needs = SONDE_NEED_FILES) {
    const auto schema =
        parse_schema(R"({"type":"object","properties":{"mode":{"enum":["run","import"],"description":"m"},
      "hosts":{"type":"integer","description":"n"}},"x-sonde":{)" +
                     root + "}}");
    if (!schema) return schema.error().text;
    const auto result = check_demands(*schema, needs);
    return result ? std::string("passed") : result.error().text;
  };
  EXPECT_EQ(text(R"("batch":"hosts","variants":{"mode":{"import":{"needs":["files"]}}})"), "passed");
  EXPECT_EQ(text(R"("batch":"mode")"), "batch names 'mode', which is no whole number among the options");
  EXPECT_EQ(text(R"("variants":{"hosts":{}})"), "variants names 'hosts', which is no option with an enum of texts");
  EXPECT_EQ(text(R"("variants":{"mode":{"export":{}}})"), "the variant mode: export is no choice of that option");
  EXPECT_EQ(text(R"("variants":{"mode":{"import":{"needs":["exec"]}}})"),
            "the variant mode: import may need only what the descriptor needs, in the words connect, raw, files, exec, "
            "threads, sockets");
  EXPECT_EQ(text(R"("variants":{"mode":{"import":{"fields":[]}}})"),
            "the variant mode: import may hold a list 'needs' and a 'cost'");
  EXPECT_EQ(text(R"("variants":{"mode":{"import":{"cost":{"silent":["x"]}}}})"),
            "cost 'silent' names 'x', which is no option");
  EXPECT_EQ(text(R"("variants":[])"), "variants is not an object");
}

}  // namespace
}  // namespace sonde::core
