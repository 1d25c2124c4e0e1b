// A plan in words: origins, limits, files, and no secrets.
#include "cli/plan_report.hpp"

#include <gtest/gtest.h>

namespace sonde::core::cli {
namespace {

Value with_origin(Value v, Origin origin, SourceSpan where = {}) {
  v.origin = origin;
  v.where = std::move(where);
  return v;
}

PluginEntry snmp() {
  PluginEntry plugin;
  plugin.kind = PluginKind::probe;
  plugin.id = "snmp";
  plugin.version = "1.2";
  plugin.needs = SONDE_NEED_CONNECT;
  plugin.schema = parse_schema(R"({"type":"object","properties":{
      "community":{"type":"string","x-sonde":"secret","default":"public","description":"d"},
      "timeout":{"type":"string","x-sonde":"duration","default":"1s","description":"d"}}})")
                      .value();
  return plugin;
}

StagePlan stage_of(const PluginEntry& plugin, const char* name) {
  StagePlan stage;
  stage.name = name;
  stage.plugin = &plugin;
  return stage;
}

TEST(PlanReport, Origins) {
  EXPECT_EQ(origin_text(with_origin(Value(true), Origin::schema_default)), "default");
  EXPECT_EQ(origin_text(with_origin(Value(true), Origin::file, {"lan.yaml", 12, 3, 1})), "lan.yaml:12");
  EXPECT_EQ(origin_text(with_origin(Value(true), Origin::environment, {"lan.yaml", 12, 3, 1})),
            "environment, lan.yaml:12");
  EXPECT_EQ(origin_text(with_origin(Value(true), Origin::command_line)), "--set");
}

TEST(PlanReport, StagesWithOptionsAndNoSecret) {
  const PluginEntry plugin = snmp();
  Plan plan;
  plan.name = "lan";
  plan.file = "lan.yaml";
  plan.output_dir = "/out";
  StagePlan stage;
  stage.name = "snmp";
  stage.plugin = &plugin;
  stage.optional = true;
  stage.deadline = 3'000'000'000;
  stage.when_text = "alive and ports contains 161";
  stage.options.set("community", with_origin(Value("hunter2"), Origin::environment, {"lan.yaml", 7, 1, 1}));
  stage.options.set("timeout", with_origin(Value(int64_t{800'000'000}), Origin::command_line));
  plan.stages.push_back(stage);
  StageEstimate estimate{"snmp", 254, 508, 762, {}, {}};
  estimate.if_silent = {2'000'000'000, 508, 256, 0, false, 4'000'000'000};
  estimate.if_alive = {1'215'000'000'000, 40, 64, 32, true, 1'215'000'000'000};
  plan.estimate.stages.push_back(estimate);
  plan.limits_value.set("packets_per_second", with_origin(Value(int64_t{0}), Origin::file, {"lan.yaml", 3, 1, 1}));

  const std::string json = to_json(plan_value(plan));
  EXPECT_EQ(json.find("hunter2"), std::string::npos);
  EXPECT_NE(json.find(R"("community":{"value":"***","from":"environment, lan.yaml:7"})"), std::string::npos) << json;
  EXPECT_NE(json.find(R"("timeout":{"value":"800ms","from":"--set"})"), std::string::npos) << json;
  EXPECT_NE(
      json.find(
          R"("packets_if_silent":254,"packets_if_alive":508,"packets_at_most":762,"wait_seconds_if_silent":4.0,"wait_seconds_if_alive":1215.0,"deadline":"3s")"),
      std::string::npos)
      << json;

  const std::string text = report(plan);
  EXPECT_NE(text.find("    silence  2s for each host, 256 of 508 hosts at a time, 4s in all\n"), std::string::npos)
      << text;
  EXPECT_NE(text.find("    answers  20m15s for each batch of 32, which its deadline ends, all 40 hosts at a time\n"),
            std::string::npos)
      << text;
  EXPECT_EQ(text.find("hunter2"), std::string::npos);
  EXPECT_NE(text.find("community  ***    environment, lan.yaml:7"), std::string::npos) << text;
  EXPECT_NE(text.find("timeout    800ms  --set"), std::string::npos) << text;
  EXPECT_NE(text.find("1. snmp 1.2, optional"), std::string::npos) << text;
  EXPECT_NE(text.find("when     alive and ports contains 161"), std::string::npos) << text;
  EXPECT_NE(text.find("packets  254 to 508, at most 762\n"), std::string::npos) << text;
  EXPECT_NE(text.find("at most 3s a host"), std::string::npos) << text;
  EXPECT_NE(text.find("packets_per_second  unlimited  lan.yaml:3"), std::string::npos) << text;
}

TEST(PlanReport, OneHostIsWaitedForAlone) {
  const PluginEntry plugin = snmp();
  Plan plan;
  plan.stages.push_back(stage_of(plugin, "snmp"));
  StageEstimate estimate{"snmp", 1, 1, 1, {}, {}};
  estimate.if_silent = {1'300'000'000, 1, 1, 0, false, 1'300'000'000};
  plan.estimate.stages.push_back(estimate);
  EXPECT_NE(report(plan).find("    packets  1\n    silence  1.3s\n"), std::string::npos) << report(plan);
}

TEST(PlanReport, WhatThisMachineDoesNotLetStart) {
  const PluginEntry plugin = snmp();
  Plan plan;
  plan.stages.push_back(stage_of(plugin, "one"));
  plan.stages.back().optional = true;
  plan.stages.push_back(stage_of(plugin, "two"));
  EXPECT_EQ(report(plan).find("    here "), std::string::npos) << "nobody tried";
  plan.unavailable = {"no raw sockets", "no nmap"};
  EXPECT_NE(report(plan).find("    here     skipped: no raw sockets\n"), std::string::npos) << report(plan);
  EXPECT_NE(report(plan).find("    here     a run is refused: no nmap\n"), std::string::npos) << report(plan);
  EXPECT_NE(to_json(plan_value(plan)).find(R"("unavailable":"no raw sockets")"), std::string::npos);
}

TEST(PlanReport, TheMostThatMayLeave) {
  Plan plan;
  plan.estimate.packets_at_most = 1204;
  EXPECT_NE(report(plan).find("  at most             1204 packets, unless some are lost\n"), std::string::npos);
  plan.estimate.sampled = true;
  plan.estimate.not_contained = {"rdns", "snmp"};
  EXPECT_NE(
      report(plan).find("  at most             about 1204 packets, unless some are lost; the answers to rdns, snmp "
                        "may lead to more\n"),
      std::string::npos)
      << report(plan);
}

TEST(PlanReport, Files) {
  PluginEntry exporter;
  exporter.kind = PluginKind::exporter;
  Plan plan;
  plan.output_dir = "/out";
  plan.history.dir = "/out/history";
  for (const char* path : {"/out/a.json", "-"}) {
    OutputPlan output;
    output.plugin = &exporter;
    output.options.set("path", Value(path));
    plan.outputs.push_back(output);
  }
  EXPECT_EQ(files_of(plan),
            (std::vector<std::string>{"/out/journal/RUN-ID", "/out/a.json", "standard output",
                                      "/out/history/YYYY-MM-DD.json and YYYY-MM-DD.run.json", "/out/run.json"}));
}

}  // namespace
}  // namespace sonde::core::cli
