// What is said after a run.
#include "cli/run_summary.hpp"

#include <gtest/gtest.h>

namespace sonde::core::cli {
namespace {

Fact fact(FieldId field, Scalar value) {
  return Fact{field, 0, "", std::move(value)};
}

Plan plan_with_a_stage() {
  Plan plan;
  plan.output_dir = "/data/out";
  return plan;
}

TEST(RunSummary, CountsFilesAndErrors) {
  RunResult result;
  result.document.targets = 254;
  result.document.responding = 12;
  result.document.packets = 1234;
  result.document.complete = true;
  result.written = {"/data/out/inventory.json", "/elsewhere/a.csv"};
  StageCoverage stage;
  stage.name = "icmp";
  stage.errors["no buffer\x1b"] = 3;
  stage.by_outcome[static_cast<std::size_t>(Outcome::error)] = 3;
  result.document.stages.push_back(stage);
  EXPECT_EQ(summary(result, plan_with_a_stage(), 8'200'000'000),
            "12 of 254 hosts responded, 1234 packets, 8s\n"
            "errors in icmp: 3 x no buffer\\x1b\n"
            "written to /data/out: inventory.json, /elsewhere/a.csv\n");
}

TEST(RunSummary, ErrorsThatWereRepeatedAreCalledAttempts) {
  RunResult result;
  result.document.targets = 50;
  result.document.complete = true;
  StageCoverage stage;
  stage.name = "icmp";
  stage.errors = {{"no buffer", 25}, {"no route", 2}};
  stage.by_outcome[static_cast<std::size_t>(Outcome::error)] = 1;
  result.document.stages.push_back(stage);
  EXPECT_EQ(summary(result, plan_with_a_stage(), 0),
            "0 of 50 hosts responded, 0 packets, 0s\n"
            "errors in icmp: 25 x no buffer\n"
            "errors in icmp: 2 x no route\n"
            "errors in icmp are of all attempts: 1 target ended so\n");
}

TEST(RunSummary, OneIsNotMany) {
  RunResult result;
  result.document.targets = result.document.responding = result.document.packets = 1;
  result.document.dropped_receive = 1;
  result.document.complete = true;
  EXPECT_EQ(summary(result, plan_with_a_stage(), 0),
            "1 of 1 host responded, 1 packet, 0s\n"
            "1 packet lost in this machine's receive buffers; raise net.core.rmem_max or lower "
            "limits.packets_per_second\n");
}

TEST(RunSummary, EachWayInWhichPacketsWereLost) {
  RunDocument document;
  EXPECT_EQ(losses_text(document), "");
  StageCoverage arp, icmp;
  arp.name = "arp-oui";
  icmp.name = "icmp";
  document.dropped_receive = 12;
  arp.dropped_receive = 2;
  icmp.dropped_receive = 10;
  icmp.queue_full = 5;
  document.slowed_to = 4300;
  icmp.asked_again = 61000;
  icmp.in_doubt = 1;
  document.stages = {arp, icmp};
  EXPECT_EQ(
      losses_text(document),
      "12 packets lost in this machine's receive buffers (arp-oui 2, icmp 10); raise net.core.rmem_max or lower "
      "limits.packets_per_second\n"
      "5 packets had to wait for this machine's send queue (icmp 5); lower limits.packets_per_second\n"
      "packets were lost: slowed down, to 4300 a second at the slowest, and asked 61000 questions once more (icmp "
      "61000)\n"
      "1 silent target in doubt (icmp 1): packets were still being lost; set limits.packets_per_second below the "
      "rate that the path can take\n");
}

TEST(RunSummary, AResumedRunSaysWhatItsNumbersAreOf) {
  RunResult result;
  result.document.targets = 254;
  result.document.responding = 12;
  result.document.packets = 1234;
  result.document.complete = true;
  EXPECT_EQ(summary(result, plan_with_a_stage(), 2'000'000'000, EarlierPart::ended),
            "12 of 254 hosts responded, 1234 packets over all parts of the run; this part took 2s\n");
  EXPECT_EQ(
      summary(result, plan_with_a_stage(), 2'000'000'000, EarlierPart::broke_off),
      "12 of 254 hosts responded, at least 1234 packets over all parts of the run (without the last seconds before "
      "it broke off); this part took 2s\n");
}

TEST(RunSummary, WhereTheRestOfATableIs) {
  Plan plan = plan_with_a_stage();
  RunResult result;
  EXPECT_EQ(more_hosts_text(result, plan, 1), "... and 1 more host; `--format table | less` shows all\n");
  for (const char* path : {"/data/out/inventory.json", "/data/out/failed.csv"}) {
    OutputPlan output;
    output.options.set("path", Value(path));
    plan.outputs.push_back(output);
  }
  result.written = {"/data/out/inventory.json", "/data/out/run.json"};
  EXPECT_EQ(more_hosts_text(result, plan, 4046), "... and 4046 more hosts; all are in inventory.json\n");
}

TEST(RunSummary, AnIncompleteRunSaysHowToGoOn) {
  RunResult result;
  result.document.targets = 100;
  result.document.settled = 40;
  result.document.why_incomplete = "interrupted";
  result.journal = "/data/out/journal/X";
  const std::string text = summary(result, plan_with_a_stage(), 0);
  EXPECT_NE(text.find("incomplete (interrupted): 40 of 100 hosts were asked to the end\n"), std::string::npos);
  EXPECT_NE(text.find("--resume /data/out/journal/X\n"), std::string::npos);
}

TEST(RunSummary, AnOutputThatFailedIsWrittenByGoingOn) {
  RunResult result;
  result.document.targets = result.document.settled = 100;
  result.document.why_incomplete = "output failed";
  result.unpublished = true;
  result.journal = "/data/out/journal/X";
  EXPECT_NE(shortfall_text(result).find("--resume /data/out/journal/X\n"), std::string::npos);
}

TEST(RunSummary, DeltaInOneLine) {
  RunDocument document;
  EXPECT_EQ(delta_text(document), "");
  document.delta = parse_json(R"({"new":[{},{}],"gone":[],"changed":[{}],"not_scanned":["10.0.0.1"]})").value();
  EXPECT_EQ(delta_text(document), "2 new, 0 gone, 1 changed since the run before, 1 not scanned\n");
  document.delta =
      parse_json(R"({"compared_with":"r1","new":[],"gone":[],"changed":[],"not_scanned_before":["10.0.0.1"]})").value();
  EXPECT_EQ(delta_text(document), "0 new, 0 gone, 0 changed since run r1, 1 not scanned before\n");
  document.delta =
      parse_json(R"({"compared_with":"r1","new":[],"gone":[],"changed":[],"fields_not_known":["10.0.0.1"]})").value();
  EXPECT_EQ(delta_text(document), "0 new, 0 gone, 0 changed since run r1, 1 compared in part\n");
  document.delta =
      parse_json(R"({"compared_with":"r1","new":[],"gone":[],"changed":[],"stages_missing":["tcp-syn","icmp"]})")
          .value();
  EXPECT_EQ(
      delta_text(document),
      "0 new, 0 gone, 0 changed since run r1; without tcp-syn, icmp: what vanished with them is not called gone\n");
}

TEST(RunSummary, StagesThatWereNotAsked) {
  RunDocument document;
  StageCoverage stage;
  stage.name = "arp-oui";
  stage.unavailable = "needs CAP_NET_RAW";
  document.stages = {stage, StageCoverage{}};
  EXPECT_EQ(unavailable_text(document), "not asked: arp-oui: needs CAP_NET_RAW\n");
}

TEST(RunSummary, OnlyHostsThatResponded) {
  const Plan plan = plan_with_a_stage();
  RunResult result;
  for (const bool alive : {true, false}) {
    HostRecord host;
    host.ip = IpAddress::v4(alive ? 0x0a000001 : 0x0a000002);
    if (alive) host.facts.push_back(fact(FieldTable::alive, Scalar::boolean(true)));
    host.facts.push_back(fact(FieldTable::reverse_dns, Scalar::of(std::string("x.lan"))));
    result.hosts.add(host);
  }
  result.hosts.sort();
  std::vector<Value> records;
  each_responding(result, plan.fold_context(), [&](Value record) { records.push_back(std::move(record)); });
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(*records[0].find("ip")->text(), "10.0.0.1");
}

}  // namespace
}  // namespace sonde::core::cli
