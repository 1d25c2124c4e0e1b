// The run document to JSON and back, and what is said of one that is damaged.
#include "inventory/run_document.hpp"

#include <gtest/gtest.h>

namespace sonde::core {
namespace {

RunDocument document() {
  RunDocument run;
  run.run_id = "r1";
  run.pipeline = "lan.sonde.yaml";
  run.plan_hash = "ab";
  run.sonde_version = "0.1.0";
  run.seed = 18446744073709551615u;
  run.started = "2026-11-22T03:15:00Z";
  run.ended = "2026-11-22T03:16:00Z";
  run.why_incomplete = "interrupted";
  run.scope = {"10.0.0.1-10.0.0.254"};
  run.exclusions = {"10.0.0.5"};
  run.targets = 253;
  run.settled = 200;
  run.packets = 1000;
  run.responding = 12;
  run.dropped_receive = 1;
  StageCoverage icmp{"ping", "icmp", "1.0", {}, "", true, 3, {{"no buffer", 2}}};
  icmp.by_outcome[static_cast<std::size_t>(Outcome::positive)] = 12;
  icmp.by_outcome[static_cast<std::size_t>(Outcome::skipped_no_neighbour)] = 7;
  run.stages = {icmp, {"arp-oui", "arp-oui", "1.0", {}, "needs CAP_NET_RAW", false, 0, {}}};
  run.not_covered = {{"53 targets", "interrupted"}};
  run.outputs = {"inventory.json"};
  return run;
}

TEST(RunDocument, HasThisShape) {
  EXPECT_EQ(
      to_json(to_value(document())),
      R"({"run_id":"r1","pipeline":"lan.sonde.yaml","plan_hash":"ab","sonde_version":"0.1.0",)"
      R"("seed":"18446744073709551615","started":"2026-11-22T03:15:00Z","ended":"2026-11-22T03:16:00Z",)"
      R"("complete":false,"why_incomplete":"interrupted","scope":["10.0.0.1-10.0.0.254"],)"
      R"("exclusions":["10.0.0.5"],"targets":253,"settled":200,"responding":12,"packets":1000,)"
      R"("dropped_receive":1,"stages":[{"name":"ping","plugin":"icmp","version":"1.0","outcomes":{"not_yet":0,)"
      R"("positive":12,"negative":0,"no_answer":0,"error":0,"cancelled":0,"skipped_when":0,)"
      R"("skipped_no_neighbour":7,"skipped_unavailable":0,"skipped_shutdown":0,)"
      R"("skipped_nothing_to_ask":0},)"
      R"("adaptive":true,"postponed":3,"errors":{"no buffer":2}},{"name":"arp-oui","plugin":"arp-oui",)"
      R"("version":"1.0","outcomes":{"not_yet":0,"positive":0,"negative":0,"no_answer":0,"error":0,)"
      R"("cancelled":0,"skipped_when":0,"skipped_no_neighbour":0,"skipped_unavailable":0,)"
      R"("skipped_shutdown":0,"skipped_nothing_to_ask":0},"unavailable":"needs CAP_NET_RAW","adaptive":false,"postponed":0,"errors":{}}],)"
      R"("not_covered":[{"what":"53 targets","reason":"interrupted"}],"outputs":["inventory.json"]})");
}

TEST(RunDocument, TheTextIsThatOfTheValue) {
  RunDocument run = document();
  run.pipeline = R"(odd "scope":[] and "scope": [] name)";
  for (const std::vector<std::string>& scope :
       {std::vector<std::string>{}, {"10.0.0.1"}, {"10.0.0.1", "10.0.0.3-10.0.0.9", "fe80::1%\"x"}}) {
    run.scope = scope;
    for (const int indent : {-1, 0, 2, 4}) EXPECT_EQ(to_json(run, indent), to_json(to_value(run), indent));
  }
}

TEST(RunDocument, ComesBackTheSame) {
  RunDocument run = document();
  run.delta = parse_json(R"({"new":[]})").value();
  const std::string json = to_json(to_value(run));
  const auto back = run_document_from(parse_json(json).value());
  ASSERT_TRUE(back) << back.error().text;
  EXPECT_EQ(to_json(to_value(*back)), json);
  EXPECT_EQ(back->seed, 18446744073709551615u);
  EXPECT_EQ(back->stages.at(0).by_outcome[1], 12u);
  EXPECT_EQ(back->stages.at(0).errors.at("no buffer"), 2u);
}

TEST(RunDocument, SaysWhichPortsWereAskedAndWhichHostsInPart) {
  RunDocument run = document();
  run.stages[0].ports = "22,8000-8010";
  run.stages[1].ports = "";
  run.partly_scanned = {"10.0.0.7", "10.0.0.9-10.0.0.11"};
  const std::string json = to_json(to_value(run));
  EXPECT_NE(json.find(R"("ports":"22,8000-8010")"), std::string::npos) << json;
  EXPECT_NE(json.find(R"("partly_scanned":["10.0.0.7","10.0.0.9-10.0.0.11"])"), std::string::npos) << json;
  const auto back = run_document_from(parse_json(json).value());
  ASSERT_TRUE(back) << back.error().text;
  EXPECT_EQ(to_json(to_value(*back)), json);
  run.stages[0].ports = "22,many";
  EXPECT_EQ(run_document_from(to_value(run)).error().text,
            "this is not the document of a run: /stages/0/ports is no list of ports");
}

TEST(RunDocument, SaysWhichFieldsAStageStatesAndOfWhomItKnowsNothing) {
  RunDocument run = document();
  run.stages[0].fields = {"hostname", "reverse_dns"};
  run.stages[0].asks_servers = true;
  run.stages[0].unknown = {"10.0.0.7", "10.0.0.9-10.0.0.11"};
  const std::string json = to_json(to_value(run));
  EXPECT_NE(json.find(R"("fields":["hostname","reverse_dns"],"asks_servers":true,)"
                      R"("unknown":["10.0.0.7","10.0.0.9-10.0.0.11"])"),
            std::string::npos)
      << json;
  const auto back = run_document_from(parse_json(json).value());
  ASSERT_TRUE(back) << back.error().text;
  EXPECT_EQ(to_json(to_value(*back)), json);
  run.stages[0].unknown.emplace_back("somebody");
  EXPECT_EQ(run_document_from(to_value(run)).error().text,
            "this is not the document of a run: /stages/0/unknown holds what is no range of addresses");
}

TEST(RunDocument, SaysWhatWasLostAndWhere) {
  RunDocument run = document();
  run.slowed_to = 4300;
  run.stages[0].dropped_receive = 1;
  run.stages[0].queue_full = 2;
  run.stages[0].asked_again = 3;
  run.stages[0].in_doubt = 4;
  const std::string json = to_json(to_value(run));
  EXPECT_NE(json.find(R"("dropped_receive":1,"slowed_to":4300,)"), std::string::npos) << json;
  EXPECT_NE(json.find(R"("dropped_receive":1,"queue_full":2,"asked_again":3,"in_doubt":4)"), std::string::npos) << json;
  const auto back = run_document_from(parse_json(json).value());
  ASSERT_TRUE(back) << back.error().text;
  EXPECT_EQ(to_json(to_value(*back)), json);
}

TEST(RunDocument, NeedsLittleAndIgnoresTheUnknown) {
  const auto run = run_document_from(
      parse_json(R"({"run_id":"r","started":"s","complete":true,"scope":[],"seed":7,"later":{"x":1}})").value());
  ASSERT_TRUE(run) << run.error().text;
  EXPECT_EQ(run->seed, 7u);
  EXPECT_EQ(run->targets, 0u);
}

TEST(RunDocument, SaysWhatIsWrong) {
  const auto problem = [](const char* json) {
    const auto run = run_document_from(parse_json(json).value());
    return run ? "read" : run.error().id + ": " + run.error().text;
  };
  const std::string prefix = "run-document-invalid: this is not the document of a run: ";
  EXPECT_EQ(problem("[]"), prefix + "/ is not an object");
  EXPECT_EQ(problem("{}"), prefix + "/run_id is not text");
  EXPECT_EQ(problem(R"({"run_id":"r","started":"s","complete":1,"scope":[]})"),
            prefix + "/complete is not true or false");
  EXPECT_EQ(problem(R"({"run_id":"r","started":"s","complete":true,"scope":[1]})"), prefix + "/scope/0 is not text");
  EXPECT_EQ(problem(R"({"run_id":"r","started":"s","complete":true,"scope":[],"targets":-1})"),
            prefix + "/targets is not a count");
  EXPECT_EQ(problem(R"({"run_id":"r","started":"s","complete":true,"scope":[],"stages":[{}]})"),
            prefix + "/stages/0/name is not text");
  EXPECT_EQ(problem(R"({"run_id":"r","started":"s","complete":true,"scope":[],"stages":[{"name":"a","errors":[]}]})"),
            prefix + "/stages/0/errors is not an object");
  EXPECT_EQ(problem(R"({"run_id":"r","started":"s","complete":true,"scope":[],"seed":"18446744073709551616"})"),
            prefix + "/seed is not a number from 0 to 18446744073709551615");
  const auto stage = [&](const char* members) {
    return problem((R"({"run_id":"r","started":"s","complete":true,"scope":[],"stages":[{"name":"a",)" +
                    std::string(members) + "}]}")
                       .c_str());
  };
  EXPECT_EQ(stage(R"("fields":"hostname")"), prefix + "/stages/0/fields is not a list");
  EXPECT_EQ(stage(R"("fields":[7])"), prefix + "/stages/0/fields/0 is not text");
  EXPECT_EQ(stage(R"("asks_servers":1)"), prefix + "/stages/0/asks_servers is not true or false");
  EXPECT_EQ(stage(R"("unknown":{})"), prefix + "/stages/0/unknown is not a list");
  EXPECT_EQ(stage(R"("unknown":["10.0.0.1",null])"), prefix + "/stages/0/unknown/1 is not text");
  const auto left_out = [&](const std::string& range) {
    return problem((R"({"run_id":"r","started":"s","complete":true,"scope":[],"stages":[{"name":"a","ports":"22",)"
                    R"("left_out":["10.0.0.1",")" +
                    range + R"("]}]})")
                       .c_str());
  };
  for (const char* bad : {"", "host", "10.0.0.9-10.0.0.2", "10.0.0.1,10.0.0.2", "x%y"})
    EXPECT_EQ(left_out(bad), prefix + "/stages/0/left_out holds what is no range of addresses") << bad;
  for (const char* good : {"10.0.0.2-10.0.0.9", "2001:db8::/64", "fe80::1%gone-0", "fe80::1%gone-fe80::9%gone"})
    EXPECT_EQ(left_out(good), "read") << good;
}

/// Each would have a set of ports where runs are compared.
TEST(RunDocument, MoreStagesThanARunCanHaveAreRefused) {
  RunDocument run = document();
  run.stages.resize(255, {"a", "icmp", "1.0", {}, "", false, 0, {}});
  EXPECT_TRUE(run_document_from(to_value(run)));
  run.stages.resize(1000, run.stages.back());
  const auto read = run_document_from(to_value(run));
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().text,
            "this is not the document of a run: /stages/255 is beyond the 255 stages that a run can have");
}

TEST(OutcomeKey, IsTheWordWithUnderscores) {
  EXPECT_EQ(outcome_key(Outcome::no_answer), "no_answer");
  EXPECT_EQ(outcome_key(Outcome::skipped_no_neighbour), "skipped_no_neighbour");
  EXPECT_EQ(to_string(Outcome::skipped_no_neighbour), "skipped: no neighbour");
}

}  // namespace
}  // namespace sonde::core
