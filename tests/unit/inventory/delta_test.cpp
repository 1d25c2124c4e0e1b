// What counts as new, gone and changed - and what does not, because nobody asked.
#include "inventory/delta.hpp"

#include <gtest/gtest.h>

#include "inventory/coverage.hpp"

namespace sonde::core {
namespace {

Snapshot inventory(const std::string& json, std::optional<RunDocument> run = {}) {
  return {"", parse_records(json, "test").value(), std::move(run)};
}

Delta delta_of(const Snapshot& before, const Snapshot& after) {
  return compare(before, after).value();
}

RunDocument covered(std::vector<std::string> scope) {
  RunDocument run;
  run.run_id = "r";
  run.complete = true;
  run.scope = std::move(scope);
  run.targets = run.settled = 254;
  return run;
}

/// {"new":..,"gone":..,"changed":..} as text, without the rest.
std::string changes(const Delta& delta) {
  std::string out;
  for (const HostChange& host : delta.changed)
    for (const FieldChange& f : host.fields)
      out += f.field + ": " + to_json(f.before) + " > " + to_json(f.after) + "; ";
  return out;
}

const std::string two = R"([{"ip":"10.0.0.1"},{"ip":"10.0.0.2"}])", one = R"([{"ip":"10.0.0.1"}])";

TEST(Compare, EqualInventoriesHaveNoDelta) {
  const Delta delta = delta_of(inventory(two), inventory(two, covered({"10.0.0.0/24"})));
  EXPECT_TRUE(delta.empty());
  EXPECT_TRUE(delta.not_scanned.empty());
  EXPECT_FALSE(delta.coverage_unknown);
}

TEST(Compare, NewAndGone) {
  const Delta fresh = delta_of(inventory(one), inventory(two, covered({"10.0.0.0/24"})));
  ASSERT_EQ(fresh.fresh.size(), 1u);
  EXPECT_EQ(to_json(fresh.fresh[0]), R"({"ip":"10.0.0.2"})");
  const Delta gone = delta_of(inventory(two), inventory(one, covered({"10.0.0.1-10.0.0.254"})));
  ASSERT_EQ(gone.gone.size(), 1u);
  EXPECT_EQ(to_json(gone.gone[0]), R"({"ip":"10.0.0.2"})");
  EXPECT_TRUE(gone.not_scanned.empty());
}

class NotScanned : public ::testing::Test {
 protected:
  /// 10.0.0.2 is absent; is it called gone?
  bool gone(const std::optional<RunDocument>& run, const std::optional<RunDocument>& before = {}) {
    const Delta delta = delta_of(inventory(two, before), inventory(one, run));
    EXPECT_EQ(delta.gone.size() + delta.not_scanned.size(), 1u);
    return delta.gone.size() == 1;
  }
  RunDocument run_ = covered({"10.0.0.1-10.0.0.254"});
};

TEST_F(NotScanned, CoveredIsGone) {
  EXPECT_TRUE(gone(run_));
}
TEST_F(NotScanned, WithoutARunDocument) {
  EXPECT_FALSE(gone({}));
  EXPECT_TRUE(delta_of(inventory(two), inventory(one)).coverage_unknown);
}
TEST_F(NotScanned, OutsideTheScope) {
  EXPECT_FALSE(gone(covered({"10.0.0.3-10.0.0.254", "10.0.0.1"})));
}
TEST_F(NotScanned, Excluded) {
  run_.exclusions = {"10.0.0.2/31"};
  EXPECT_FALSE(gone(run_));
}
TEST_F(NotScanned, InARangeThatWasNotCovered) {
  run_.not_covered = {{"10.0.0.9-10.0.0.99", "interrupted"}};
  EXPECT_TRUE(gone(run_));
  run_.not_covered = {{"10.0.0.2-10.0.0.99", "interrupted"}};
  EXPECT_FALSE(gone(run_));
}
TEST_F(NotScanned, WhenSomeWereLeftAndNobodyKnowsWhich) {
  run_.not_covered = {{"12 targets", "interrupted"}};
  EXPECT_FALSE(gone(run_));
}
TEST_F(NotScanned, WhenFewerSettledThanThereAre) {
  run_.settled = 200;
  EXPECT_FALSE(gone(run_));
}
TEST_F(NotScanned, WhenAStageDidNotRunThisTime) {
  RunDocument before = run_;
  before.stages = {{"icmp", "icmp", "1", {}, "", false, 0, {}}, {"tcp", "tcp-banner", "1", {}, "", false, 0, {}}};
  run_.stages = before.stages;
  EXPECT_TRUE(gone(run_, before));
  run_.stages[0].unavailable = "needs CAP_NET_RAW";
  EXPECT_FALSE(gone(run_, before));
  EXPECT_EQ(delta_of(inventory(two, before), inventory(one, run_)).stages_missing, (std::vector<std::string>{"icmp"}));
  before.stages[0].unavailable = "needs CAP_NET_RAW";  // neither of them could
  EXPECT_TRUE(gone(run_, before));
  before.stages[0].by_outcome[static_cast<std::size_t>(Outcome::positive)] = 1;  // merged: one of them could
  EXPECT_FALSE(gone(run_, before));
  before.stages[0].by_outcome = {};
  run_.stages.pop_back();  // taken out of the pipeline
  EXPECT_FALSE(gone(run_, before));
}

class NotScannedBefore : public ::testing::Test {
 protected:
  /// 10.0.0.2 was absent from an inventory of that run; is it called new?
  bool is_new(const std::optional<RunDocument>& before) {
    const Delta delta = delta_of(inventory(one, before), inventory(two, covered({"10.0.0.0/24"})));
    EXPECT_EQ(delta.fresh.size() + delta.not_scanned_before.size(), 1u);
    return delta.fresh.size() == 1;
  }
  RunDocument before_ = covered({"10.0.0.1-10.0.0.254"});
};

TEST_F(NotScannedBefore, CoveredIsNew) {
  EXPECT_TRUE(is_new(before_));
}
TEST_F(NotScannedBefore, WithoutARunDocument) {
  EXPECT_TRUE(is_new({}));
}
TEST_F(NotScannedBefore, InARangeThatWasNotCovered) {
  before_.not_covered = {{"10.0.0.9-10.0.0.99", "interrupted"}};
  EXPECT_TRUE(is_new(before_));
  before_.not_covered = {{"10.0.0.2-10.0.0.99", "interrupted"}};
  EXPECT_FALSE(is_new(before_));
}
TEST_F(NotScannedBefore, WhenSomeWereLeftAndNobodyKnowsWhich) {
  before_.not_covered = {{"12 targets", "interrupted"}};
  EXPECT_FALSE(is_new(before_));
}
TEST_F(NotScannedBefore, OutsideOfItsScope) {
  before_.scope = {"10.0.0.3-10.0.0.254"};
  EXPECT_FALSE(is_new(before_));
  before_.scope = {"10.0.0.1"};  // --only
  EXPECT_FALSE(is_new(before_));
}
TEST_F(NotScannedBefore, Excluded) {
  before_.exclusions = {"10.0.0.2"};
  EXPECT_FALSE(is_new(before_));
}
TEST_F(NotScannedBefore, WhenFewerSettledThanThereAre) {
  before_.settled = 200;
  EXPECT_FALSE(is_new(before_));
}
TEST_F(NotScannedBefore, AStageThatFailedLeavesItsTargetsToTheOthers) {
  before_.not_covered = {{"stage snmp", "it failed during the run"}};
  EXPECT_TRUE(is_new(before_));
}
TEST_F(NotScannedBefore, IsNoChangeOfItself) {
  before_.settled = 200;
  const Delta delta = delta_of(inventory(one, before_), inventory(two, covered({"10.0.0.0/24"})));
  EXPECT_TRUE(delta.empty());
  EXPECT_EQ(render(delta, DeltaFormat::text),
            "? not scanned before: 10.0.0.2\n0 new, 0 gone, 0 changed, 0 not scanned, 1 not scanned before\n");
  EXPECT_EQ(to_json(*to_value(delta).find("not_scanned_before")), R"(["10.0.0.2"])");
  EXPECT_EQ(delta.compared_with, "r");
}

std::string changed(const std::string& before, const std::string& after) {
  return changes(delta_of(inventory("[" + before + "]"), inventory("[" + after + "]", covered({"10.0.0.0/24"}))));
}

TEST(Compare, FieldByField) {
  EXPECT_EQ(changed(R"({"ip":"10.0.0.1","mac":"A","vendor":"HP Inc","ports":[22,80],"alive":true})",
                    R"({"ip":"10.0.0.1","mac":"B","hostname":"nas","ports":[80,443],"alive":false})"),
            R"(alive: true > false; hostname: null > "nas"; mac: "A" > "B"; ports: [22,80] > [80,443]; )"
            R"(vendor: "HP Inc" > null; )");
}

TEST(Compare, MapsAndTreesByTheirMembers) {
  EXPECT_EQ(
      changed(
          R"({"ip":"10.0.0.1","banners":{"22":"a","80":"b"},"services":{"22/tcp":{"name":"ssh","version":"9.2"}}})",
          R"({"ip":"10.0.0.1","banners":{"22":"c"},"services":{"22/tcp":{"version":"9.3","name":"ssh"},"80/tcp":{}}})"),
      R"(banners.22: "a" > "c"; banners.80: "b" > null; services.22/tcp.version: "9.2" > "9.3"; )"
      R"(services.80/tcp: null > {}; )");
}

TEST(Compare, OwnFieldsOfPlugins) {
  EXPECT_EQ(changed(R"({"ip":"10.0.0.1","tls":{"subject":"a"}})", R"({"ip":"10.0.0.1","tls":{"subject":"b"}})"),
            R"(tls.subject: "a" > "b"; )");
}

TEST(Compare, WhatPassesByItselfIsNoChange) {
  EXPECT_EQ(
      changed(
          R"({"ip":"10.0.0.1","rtt_ms":1.5,"snmp":{"sysUpTime":1,"engineIDAlsoAt":"10.0.0.9","sysName":"a"},"dns":{"status":"ok"}})",
          R"({"ip":"10.0.0.1","rtt_ms":2.5,"snmp":{"sysUpTime":2,"sysName":"a"},"evidence":[]})"),
      "");
}

TEST(Compare, NumbersByValue) {
  EXPECT_EQ(changed(R"({"ip":"10.0.0.1","x":{"a":1,"b":18446744073709551615}})",
                    R"({"ip":"10.0.0.1","x":{"a":1.0,"b":18446744073709551615}})"),
            "");
  EXPECT_EQ(changed(R"({"ip":"10.0.0.1","x":{"b":18446744073709551615}})",
                    R"({"ip":"10.0.0.1","x":{"b":18446744073709551614}})"),
            "x.b: 18446744073709551615 > 18446744073709551614; ");
}

TEST(Compare, WhatVanishedWithAStageIsNoChange) {
  RunDocument with = covered({"10.0.0.0/24"}), without = with;
  with.stages = {{"arp-oui", "arp-oui", "1", {}, "", false, 0, {}}};
  without.stages = with.stages;
  without.stages[0].unavailable = "needs CAP_NET_RAW";
  const Delta delta = delta_of(inventory(R"([{"ip":"10.0.0.1","mac":"A","ports":[22]}])", with),
                               inventory(R"([{"ip":"10.0.0.1","ports":[80]}])", without));
  EXPECT_EQ(changes(delta), "ports: [22] > [80]; ");
}

class PartlyScanned : public ::testing::Test {
 protected:
  Delta delta(const RunDocument& before, const RunDocument& after) {
    return delta_of(
        inventory(R"([{"ip":"10.0.0.1","hostname":"core","ports":[22,80]},{"ip":"10.0.0.2","ports":[22]}])", before),
        inventory(R"([{"ip":"10.0.0.1","hostname":"sw1"},{"ip":"10.0.0.2"},{"ip":"10.0.0.3"}])", after));
  }
  RunDocument whole_ = covered({"10.0.0.0/24"}), cut_ = whole_;
  void SetUp() override {
    cut_.complete = false;
    cut_.settled = 100;
    cut_.not_covered = {{"154 targets", "run_timeout"}};
    cut_.partly_scanned = {"10.0.0.1", "10.0.0.3-10.0.0.9"};
  }
};

/// What the stages that never ran would have stated is neither lost nor, for a name, another one.
TEST_F(PartlyScanned, IsNotCompared) {
  const Delta cut_now = delta(whole_, cut_);
  EXPECT_EQ(changes(cut_now), "ports: [22] > null; ");
  EXPECT_EQ(cut_now.partly_scanned.size(), 1u);
  EXPECT_EQ(cut_now.fresh.size(), 1u);  // as far as it is known
  EXPECT_EQ(to_json(*to_value(cut_now).find("partly_scanned")), R"(["10.0.0.1"])");
  EXPECT_EQ(changes(delta(cut_, whole_)), "ports: [22] > null; ");
}
TEST_F(PartlyScanned, IsSaid) {
  const std::string text = render(delta(whole_, cut_), DeltaFormat::text);
  EXPECT_NE(text.find("? partly scanned, not compared: 10.0.0.1\n"), std::string::npos) << text;
  EXPECT_TRUE(text.ends_with("0 not scanned, 1 partly scanned\n")) << text;
  EXPECT_NE(render(delta(whole_, cut_), DeltaFormat::markdown).find("### Partly scanned"), std::string::npos);
}

class PortsAsked : public ::testing::Test {
 protected:
  static RunDocument asking(std::optional<std::string> syn, std::optional<std::string> banner = {}) {
    RunDocument run = covered({"10.0.0.0/24"});
    run.stages = {{"tcp-syn", "tcp-syn", "1", {}, "", false, 0, {}},
                  {"tcp-banner", "tcp-banner", "1", {}, "", false, 0, {}}};
    run.stages[0].ports = std::move(syn);
    run.stages[1].ports = std::move(banner);
    return run;
  }
  static std::string changed(const RunDocument& before, const RunDocument& after) {
    return changes(delta_of(
        inventory(R"([{"ip":"10.0.0.1","ports":[22,80,8080],"banners":{"22":"a","8080":"b"},)"
                  R"("services":{"161/udp":{"name":"snmp"},"80/tcp":{"name":"http"},"8080/tcp":{"name":"proxy"}}}])",
                  before),
        inventory(R"([{"ip":"10.0.0.1","ports":[22,443],"banners":{"443":"c"}}])", after)));
  }
  const RunDocument all_ = asking("1-65535");
};

TEST_F(PortsAsked, WhatTheNewerRunDidNotAskHasNotClosed) {
  EXPECT_EQ(changed(all_, asking("22,80,443")),
            R"(banners.22: "a" > null; banners.443: null > "c"; ports: [22,80] > [22,443]; )"
            R"(services: {"161/udp":{"name":"snmp"},"80/tcp":{"name":"http"}} > null; )");
  EXPECT_EQ(changed(all_, asking("22", "")), changed(all_, asking("22")));  // "found" adds none
}
TEST_F(PortsAsked, WhatTheOlderRunDidNotAskHasNotOpened) {
  EXPECT_EQ(changed(asking("22,80,8080"), all_),
            R"(banners: {"22":"a","8080":"b"} > null; ports: [22,80,8080] > [22]; )"
            R"(services: {"161/udp":{"name":"snmp"},"80/tcp":{"name":"http"},"8080/tcp":{"name":"proxy"}} > null; )");
}
TEST_F(PortsAsked, EveryStageThatRanCounts) {
  EXPECT_NE(changed(all_, asking("22,443", "8000-8100")).find("ports: [22,8080] > [22,443]"), std::string::npos);
  RunDocument without = asking("1-65535", "22");
  without.stages[0].unavailable = "needs CAP_NET_RAW";
  EXPECT_EQ(changed(all_, without).find("8080"), std::string::npos);
}
TEST_F(PortsAsked, WithoutWordOfThemAllWereAsked) {
  EXPECT_NE(changed(asking({}), asking({})).find("ports: [22,80,8080] > [22,443]"), std::string::npos);
}
TEST_F(PortsAsked, ThatAllVanishedUnaskedIsNoChange) {
  EXPECT_TRUE(delta_of(inventory(R"([{"ip":"10.0.0.1","ports":[22,80]}])", all_),
                       inventory(R"([{"ip":"10.0.0.1"}])", asking("443")))
                  .empty());
}
TEST_F(PortsAsked, WhomAWhenLeftOutHasNeitherClosedNorOpened) {
  RunDocument left_out = all_;
  left_out.stages[0].left_out = {"10.0.0.1", "10.0.0.3-10.0.0.9"};
  const std::string with = R"([{"ip":"10.0.0.1","ports":[22],"banners":{"22":"a"},"services":{"161/udp":{}}},)"
                           R"({"ip":"10.0.0.2","ports":[22]}])",
                    without = R"([{"ip":"10.0.0.1"},{"ip":"10.0.0.2"}])";
  const Delta closed = delta_of(inventory(with, all_), inventory(without, left_out));
  ASSERT_EQ(closed.changed.size(), 2u);
  EXPECT_EQ(changes(closed), R"(services: {"161/udp":{}} > null; ports: [22] > null; )");  // UDP is another matter
  const Delta opened = delta_of(inventory(without, left_out), inventory(with, all_));
  EXPECT_EQ(changes(opened), R"(services: null > {"161/udp":{}}; ports: null > [22]; )");
  for (const Delta* delta : {&closed, &opened}) {
    ASSERT_EQ(delta->ports_not_asked.size(), 1u);
    EXPECT_NE(render(*delta, DeltaFormat::text)
                  .find("! hosts that a stage left out of one run, by its `when` or with nothing to ask of them: "
                        "10.0.0.1; ports that were not asked there are not compared\n"),
              std::string::npos);
    EXPECT_EQ(to_json(*to_value(*delta).find("ports_not_asked")), R"(["10.0.0.1"])");
  }
}
TEST_F(PortsAsked, OfInterfacesThatAreNotHereNobodyKnowsWhomItLeftOut) {
  RunDocument left_out = all_;
  left_out.stages[0].left_out = {"fe80::1%no-such-if"};
  const AskedPorts asked(left_out);
  EXPECT_FALSE(asked.contains(IpAddress::parse("fe80::1%lo").value(), 22));
  EXPECT_TRUE(asked.contains(IpAddress::parse("10.0.0.1").value(), 22));
}
TEST_F(PortsAsked, ThoseOfAStageThatDidAskItCount) {
  RunDocument left_out = asking("22,80", "22");
  left_out.stages[0].left_out = {"10.0.0.1"};
  const Delta delta = delta_of(inventory(R"([{"ip":"10.0.0.1","ports":[22,80]}])", asking("22,80", "22")),
                               inventory(R"([{"ip":"10.0.0.1"}])", left_out));
  EXPECT_EQ(changes(delta), "ports: [22] > null; ");
}
TEST_F(PortsAsked, ThoseOfOneRunAloneAreSaid) {
  const Delta delta = delta_of(inventory(one, asking("22,80,8000-8002")), inventory(one, asking("22,81", "8001")));
  EXPECT_EQ(delta.ports_not_compared, "80,81,8000,8002");
  EXPECT_EQ(render(delta, DeltaFormat::text),
            "! ports that only one of the runs asked: 80,81,8000,8002; they are not compared\nno changes\n");
  EXPECT_EQ(to_json(*to_value(delta).find("ports_not_compared")), R"("80,81,8000,8002")");
  EXPECT_EQ(delta_of(inventory(one, asking("22")), inventory(one, asking({}))).ports_not_compared, "");
}
/// A host that answers on every port twice is compared in a moment.
TEST_F(PortsAsked, ManyPortsAreComparedInOnePass) {
  std::string ports;
  for (int port = 1; port <= 65535; ++port) ports += (port == 1 ? "" : ",") + std::to_string(port);
  const std::string host = R"([{"ip":"10.0.0.1","ports":[)" + ports + "]}]";
  EXPECT_TRUE(delta_of(inventory(host, asking("22")), inventory(host, asking("23"))).empty());
}

TEST(DeltaValue, HasThisShape) {
  const Delta delta = delta_of(inventory(R"([{"ip":"10.0.0.1","mac":"A"},{"ip":"10.0.0.2"},{"ip":"10.0.1.1"}])"),
                               inventory(R"([{"ip":"10.0.0.1"},{"ip":"10.0.0.3"}])", covered({"10.0.0.0/24"})));
  EXPECT_EQ(
      to_json(to_value(delta)),
      R"({"new":[{"ip":"10.0.0.3"}],"gone":[{"ip":"10.0.0.2"}],"changed":[{"ip":"10.0.0.1","fields":)"
      R"([{"field":"mac","before":"A","after":null}]}],"not_scanned":["10.0.1.1"],"not_scanned_before":[],"stages_missing":[],)"
      R"("coverage_unknown":false})");
}

}  // namespace
}  // namespace sonde::core
