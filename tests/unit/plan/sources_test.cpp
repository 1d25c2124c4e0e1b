// Sources drained into a plan: targets, blocks, names, facts, and everything that can go wrong.
#include "pipeline.hpp"

namespace sonde::core {
namespace {

Compiled from_source(const std::string& options, const std::string& more = "", Setting s = {}) {
  return compile_text(with_targets("[{use: fixture-source, options: {" + options + "}}]", more), s);
}

std::vector<Fact> facts_of(const Compiled& c, std::string_view address) {
  std::vector<Fact> facts;
  EXPECT_TRUE(c.plan->source_facts.find(ip(address), facts).has_value());
  return facts;
}

TEST(PlanSources, TargetsAndFacts) {
  auto c = from_source("addresses: [10.1.0.9, 10.1.0.4], ports: [22, 80], name: printer");
  ASSERT_NE(c.plan, nullptr) << c.said();
  EXPECT_EQ(c.plan->targets.size(), 2u);
  EXPECT_EQ(c.plan->targets.name_of(ip("10.1.0.4")), "printer");
  ASSERT_EQ(c.plan->source_facts.size(), 2u);
  const FieldId mark = c.plan->fields.find("fixture-source.mark");
  EXPECT_EQ(facts_of(c, "10.1.0.4"), (std::vector<Fact>{{FieldTable::ports, core_stage, "", Scalar::of(uint64_t{22})},
                                                        {FieldTable::ports, core_stage, "", Scalar::of(uint64_t{80})},
                                                        {mark, core_stage, "position", Scalar::of(std::string("1"))}}));
}

TEST(PlanSources, BlocksStandForTheirHosts) {
  auto c = from_source("addresses: [10.1.0.16/124, \"fd00::10/127\"]");
  ASSERT_NE(c.plan, nullptr) << c.said();
  EXPECT_EQ(c.plan->targets.addresses().to_strings(),
            (std::vector<std::string>{"10.1.0.17-10.1.0.30", "fd00::10-fd00::11"}));
}

TEST(PlanSources, ExclusionsDropTargets) {
  auto c = from_source("addresses: [10.1.0.9, 10.1.0.4], ports: [22]", "exclude: [10.1.0.9]\n");
  ASSERT_NE(c.plan, nullptr) << c.said();
  EXPECT_EQ(c.plan->targets.size(), 1u);
  EXPECT_EQ(facts_of(c, "10.1.0.4").size(), 2u);
}

TEST(PlanSources, ScopeHoldsForThem) {
  EXPECT_EQ(from_source("addresses: [8.8.8.8]").text_of("public-target"), "8.8.8.8: public address");
}

TEST(PlanSources, OneAddressTwiceIsOneTargetWithAllFacts) {
  auto c = from_source("addresses: [10.1.0.9, 10.1.0.9]");
  ASSERT_NE(c.plan, nullptr) << c.said();
  EXPECT_EQ(c.plan->targets.size(), 1u);
  ASSERT_EQ(c.plan->source_facts.size(), 1u);
  EXPECT_EQ(facts_of(c, "10.1.0.9").size(), 2u);
}

TEST(PlanSources, Failures) {
  EXPECT_EQ(from_source("misbehave: fail").text_of("source-failed"),
            "the source 'fixture-source' did not start: no addresses were given");
  auto late = from_source("addresses: [10.1.0.1], misbehave: fail");
  EXPECT_EQ(late.text_of("source-failed"), "the source 'fixture-source' failed: the list ended in the middle");
  EXPECT_EQ(late.find("source-failed")->where.line, 2u);
  EXPECT_EQ(from_source("addresses: [10.1.0.1], misbehave: overrun").text_of("source-failed"),
            "the source 'fixture-source' said that it wrote 65 targets where 64 have room");
  EXPECT_EQ(
      from_source("addresses: [10.1.0.1/20]").text_of("source-failed"),
      "the source 'fixture-source' gave the target 10.1.0.1 a prefix of 20 bits (1 to 128; an IPv4 network has 96 "
      "more than its own)");
}

TEST(PlanSources, WhoOnlyLooksKeepsNoMoreThanAWhenMayRead) {
  Setting look;
  look.request.keep_source_facts = false;
  const std::string source =
      "version: 1\ntargets: [{use: fixture-source, options: {addresses: [10.1.0.9, 10.1.0.4], ports: [22]}}]\n";
  auto nothing = compile_text(source + "stages: [{use: \"null\"}]\n", look);
  ASSERT_NE(nothing.plan, nullptr) << nothing.said();
  EXPECT_EQ(nothing.plan->targets.size(), 2u);
  EXPECT_TRUE(nothing.plan->source_facts.empty());
  auto ports = compile_text(source + "stages: [{use: \"null\", when: ports contains 22}]\n", look);
  ASSERT_NE(ports.plan, nullptr) << ports.said();
  EXPECT_EQ(facts_of(ports, "10.1.0.4"),
            (std::vector<Fact>{{FieldTable::ports, core_stage, "", Scalar::of(uint64_t{22})}}));
}

TEST(PlanSources, WhatDoesNotFitIsLeftOutAndTold) {
  auto c = from_source("addresses: [10.1.0.9, 10.1.0.4], misbehave: talkative");
  ASSERT_NE(c.plan, nullptr) << c.said();
  ASSERT_EQ(c.plan->source_facts.size(), 2u);
  EXPECT_EQ(facts_of(c, "10.1.0.9").size(), 70'000u);
  EXPECT_EQ(
      c.text_of("source-warning"),
      "source 'fixture-source': it states more than fits (70000 facts of a target, 268435456 in all); the rest is "
      "left out");
}

TEST(PlanSources, OneWithoutEndIsCut) {
  auto c = from_source("addresses: [10.1.0.1], misbehave: endless", "limits: {max_targets: 500}\n");
  EXPECT_EQ(c.text_of("too-many-targets"), "the source 'fixture-source' has more than 500 targets");
}

TEST(PlanSources, WhatIsSkippedIsNotCounted) {
  const std::string limit = "limits: {max_targets: 2}\n";
  const auto with = [&](const std::string& addresses, const std::string& outside) {
    return compile_text(
        with_targets("[{use: fixture-source, options: {addresses: [" + addresses + "]}" + outside + "}]", limit));
  };
  const std::string many = "8.8.8.8, 8.8.4.4, 10.1.0.9, 9.9.9.9, 10.1.0.4, \"8.0.0.0/104\"";
  auto skipped = with(many, ", outside: skip");
  ASSERT_NE(skipped.plan, nullptr) << skipped.said();
  EXPECT_EQ(skipped.plan->targets.addresses().to_strings(), (std::vector<std::string>{"10.1.0.4", "10.1.0.9"}));
  EXPECT_NE(skipped.find("outside-skipped"), nullptr);
  EXPECT_NE(with(many, "").find("too-many-targets"), nullptr);
  EXPECT_EQ(with(many + ", 10.1.0.5, \"10.1.0.16/126\"", ", outside: skip").text_of("too-many-targets"),
            "the source 'fixture-source' has more than 2 targets");
  EXPECT_EQ(with("8.8.8.8, \"10.1.0.16/125\"", ", outside: skip").text_of("too-many-targets"),
            "6 targets, at most 2 are accepted");
}

TEST(PlanSources, WrongOptionsAndUnknownSources) {
  EXPECT_NE(from_source("adresses: [10.1.0.1]").find("unknown-option"), nullptr);
  auto c = compile_text(with_targets("[{use: nmap-xlm}]"));
  EXPECT_EQ(c.text_of("plugin-missing"), "there is no source 'nmap-xlm'");
}

TEST(PlanSources, WhatTheyWriteLaterStagesMayRead) {
  auto c = compile_text(
      "version: 1\ntargets: [{use: fixture-source, options: {addresses: [10.1.0.1]}}]\n"
      "stages: [{use: \"null\", when: ports contains 22}]\n");
  EXPECT_NE(c.plan, nullptr) << c.said();
}

}  // namespace
}  // namespace sonde::core
