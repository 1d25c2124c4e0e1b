// The merge rules, one by one, and the property that they do not depend on the order of the facts.
#include <gtest/gtest.h>
#include <sonde/plugin.h>

#include <algorithm>
#include <chrono>
#include <random>

#include "facts.hpp"

namespace sonde::core {
namespace {

using F = FieldTable;

class Fold : public ::testing::Test {
 protected:
  std::string json(std::vector<Fact> facts, std::vector<Outcome> outcomes = {}, bool detail = false) {
    return json_of({ip("10.0.0.1"), std::move(facts), std::move(outcomes)}, context_, detail);
  }
  FieldTable fields_;
  FoldContext context_ = context(fields_);
};

TEST_F(Fold, AHostWithoutFactsIsItsAddress) {
  EXPECT_EQ(json({}), R"({"ip":"10.0.0.1"})");
}

TEST_F(Fold, AliveIsTrueByAnyStatement) {
  EXPECT_EQ(
      json({fact(2, F::alive, Scalar::boolean(true))}, {Outcome::no_answer, Outcome::no_answer, Outcome::negative}),
      R"({"ip":"10.0.0.1","alive":true})");
}

TEST_F(Fold, AliveIsFalseWhenAStageAskedInVainAndNonePositive) {
  const std::string dead = R"({"ip":"10.0.0.1","alive":false})";
  EXPECT_EQ(json({}, {Outcome::skipped_unavailable, Outcome::no_answer, Outcome::error}), dead);
  EXPECT_EQ(json({}, {Outcome::none, Outcome::negative}), dead);
  EXPECT_EQ(json({fact(1, F::alive, Scalar::boolean(false))}, {Outcome::none, Outcome::no_answer}), dead);
}

TEST_F(Fold, AliveIsLeftOutWhenNothingWasLearned) {
  const std::string unknown = R"({"ip":"10.0.0.1"})";
  EXPECT_EQ(json({}, {Outcome::skipped_unavailable, Outcome::cancelled, Outcome::error}), unknown);
  EXPECT_EQ(json({}, {Outcome::skipped_when, Outcome::skipped_shutdown}), unknown);
  EXPECT_EQ(json({}, {Outcome::error, Outcome::skipped_nothing_to_ask}), unknown);
  // rdns does not declare alive: its silence says nothing about the host.
  EXPECT_EQ(json({}, {Outcome::none, Outcome::none, Outcome::none, Outcome::no_answer}), unknown);
  EXPECT_EQ(json({}, {Outcome::no_answer, Outcome::positive}), unknown);
}

TEST_F(Fold, RoundTripIsTheSmallest) {
  EXPECT_EQ(json({fact(1, F::rtt_ms, Scalar::of(10.5)), fact(2, F::rtt_ms, Scalar::of(2.3))}),
            R"({"ip":"10.0.0.1","rtt_ms":2.3})");
}

TEST_F(Fold, HostnameFollowsItsSources) {
  const Fact snmp = fact(5, F::hostname, text("PRN01")), nmap = fact(4, F::hostname, text("by-nmap"));
  const Fact rdns = fact(3, F::hostname, text("printer01")), other = fact(1, F::hostname, text("by-other"));
  const Fact given = fact(core_stage, F::hostname, text("printer.lan"));
  EXPECT_EQ(json({given, other, rdns, nmap, snmp}), R"({"ip":"10.0.0.1","hostname":"PRN01"})");
  EXPECT_EQ(json({given, other, rdns, nmap}), R"({"ip":"10.0.0.1","hostname":"by-nmap"})");
  EXPECT_EQ(json({given, other, rdns}), R"({"ip":"10.0.0.1","hostname":"printer01"})");
  EXPECT_EQ(json({given, other}), R"({"ip":"10.0.0.1","hostname":"by-other"})");
  EXPECT_EQ(json({given}), R"({"ip":"10.0.0.1","hostname":"printer.lan"})");
}

TEST_F(Fold, HostnameIsTheFirstLabelOfThePtrWhenNoPluginWroteOne) {
  EXPECT_EQ(json({fact(3, F::reverse_dns, text("printer01.local")), fact(core_stage, F::hostname, text("x.lan"))}),
            R"({"ip":"10.0.0.1","hostname":"printer01","reverse_dns":"printer01.local"})");
  EXPECT_EQ(json({fact(3, F::reverse_dns, text("a.b")), fact(4, F::hostname, text("nmapped"))}),
            R"({"ip":"10.0.0.1","hostname":"nmapped","reverse_dns":"a.b"})");
}

TEST_F(Fold, AnEmptyNameIsNone) {
  EXPECT_EQ(json({fact(5, F::hostname, text("")), fact(3, F::hostname, text("b"))}),
            R"({"ip":"10.0.0.1","hostname":"b"})");
  EXPECT_EQ(json({fact(3, F::reverse_dns, text("."))}), R"({"ip":"10.0.0.1","reverse_dns":"."})");
}

TEST_F(Fold, FirstByStageOrderAndTheCoreLast) {
  EXPECT_EQ(json({fact(4, F::mac, text("00:00:00:00:00:04")), fact(0, F::mac, text("00:00:00:00:00:01")),
                  fact(core_stage, F::mac, text("00:00:00:00:00:99"))}),
            R"({"ip":"10.0.0.1","mac":"00:00:00:00:00:01"})");
}

TEST_F(Fold, VendorBelongsToTheMacThatWon) {
  const Fact won = fact(0, F::mac, text("02:00:00:00:00:01"));
  EXPECT_EQ(json({won, fact(4, F::mac, text("00:11:22:33:44:55")), fact(4, F::vendor, text("Wrong Inc"))}),
            R"({"ip":"10.0.0.1","mac":"02:00:00:00:00:01"})");
  EXPECT_EQ(json({won, fact(0, F::vendor, text("Right Inc")), fact(4, F::mac, text("00:11:22:33:44:55")),
                  fact(4, F::vendor, text("Wrong Inc"))}),
            R"({"ip":"10.0.0.1","mac":"02:00:00:00:00:01","vendor":"Right Inc"})");
}

TEST_F(Fold, VendorOfAnotherStageThatSawTheSameMacCounts) {
  EXPECT_EQ(json({fact(0, F::mac, text("AA:BB:CC:00:00:01")), fact(4, F::mac, text("aa:bb:cc:00:00:01")),
                  fact(4, F::vendor, text("HP Inc"))}),
            R"({"ip":"10.0.0.1","mac":"AA:BB:CC:00:00:01","vendor":"HP Inc"})");
}

TEST_F(Fold, VendorOfAStageWithoutAMacMeansTheOneOfTheRecord) {
  EXPECT_EQ(json({fact(0, F::mac, text("AA:BB:CC:00:00:01")), fact(5, F::vendor, text("HP Inc"))}),
            R"({"ip":"10.0.0.1","mac":"AA:BB:CC:00:00:01","vendor":"HP Inc"})");
}

TEST_F(Fold, MacFlagsBelongToTheMacThatWon) {
  EXPECT_EQ(json({fact(0, F::mac, text("02:00:00:00:00:01")), fact(0, F::mac_flags, text("shared")),
                  fact(0, F::mac_flags, text("local")), fact(4, F::mac, text("00:00:5e:00:01:01")),
                  fact(4, F::mac_flags, text("virtual-router"))},
                 {}, true),
            R"({"ip":"10.0.0.1","mac":"02:00:00:00:00:01","mac_flags":["local","shared"]})");
}

TEST_F(Fold, PortsAreASortedUnion) {
  EXPECT_EQ(json({fact(4, F::ports, number(8080)), fact(2, F::ports, number(443)), fact(2, F::ports, number(22)),
                  fact(4, F::ports, number(443))}),
            R"({"ip":"10.0.0.1","ports":[22,443,8080]})");
}

TEST_F(Fold, MapsTakeTheFirstPerKeyInTheOrderOfPorts) {
  EXPECT_EQ(json({fact(2, F::banners, text("late"), "443"), fact(2, F::banners, text("web"), "80"),
                  fact(1, F::banners, text("early"), "443"), fact(2, F::banners, text("alt"), "8080")}),
            R"({"ip":"10.0.0.1","banners":{"80":"web","443":"early","8080":"alt"}})");
}

TEST_F(Fold, SnmpMixesTypes) {
  EXPECT_EQ(json({fact(5, F::snmp, text("PRN01"), "sysName"), fact(5, F::snmp, number(7), "sysServices"),
                  fact(5, F::snmp, Scalar::json(R"([{"ifIndex":1}])"), "ifTable")}),
            R"({"ip":"10.0.0.1","snmp":{"ifTable":[{"ifIndex":1}],"sysName":"PRN01","sysServices":7}})");
}

TEST_F(Fold, ServicesAreMergedMemberByMember) {
  EXPECT_EQ(json({fact(4, F::services,
                       Scalar::json(R"({"name":"https","version":"1.25","tls":{"alpn":"h2","days":1}})"), "443/tcp"),
                  fact(2, F::services, Scalar::json(R"({"name":"http","tls":{"days":30}})"), "443/tcp"),
                  fact(4, F::services, Scalar::json(R"({"name":"ssh"})"), "22/tcp")}),
            R"({"ip":"10.0.0.1","services":{"22/tcp":{"name":"ssh"},)"
            R"("443/tcp":{"name":"http","tls":{"days":30,"alpn":"h2"},"version":"1.25"}}})");
}

TEST_F(Fold, ServicesThatAreNoObjectsKeepTheFirst) {
  EXPECT_EQ(json({fact(4, F::services, Scalar::json(R"({"a":1})"), "1/tcp"),
                  fact(2, F::services, Scalar::json(R"([1,2])"), "1/tcp")}),
            R"({"ip":"10.0.0.1","services":{"1/tcp":[1,2]}})");
}

TEST_F(Fold, EvidenceTellsHowEachStageEnded) {
  context_.stage_names = {"arp", "ping", "tcp", "names", "nmap", "snmp"};
  EXPECT_EQ(json({fact(1, F::alive, Scalar::boolean(true)), fact(1, F::rtt_ms, Scalar::of(1.5))},
                 {Outcome::skipped_unavailable, Outcome::positive, Outcome::no_answer, Outcome::none}, true),
            R"({"ip":"10.0.0.1","alive":true,"rtt_ms":1.5,"evidence":[)"
            R"({"stage":"arp","outcome":"skipped: unavailable","fields":[]},)"
            R"({"stage":"ping","outcome":"positive","fields":["alive","rtt_ms"]},)"
            R"({"stage":"tcp","outcome":"no answer","fields":[]}]})");
}

TEST_F(Fold, FactsOfUnknownFieldsAreLeftOut) {
  EXPECT_EQ(json({fact(1, 17, text("x")), fact(1, no_field, text("y"))}), R"({"ip":"10.0.0.1"})");
}

TEST_F(Fold, FindNamesTheFieldsThatAreThere) {
  const FoldedRecord record = fold({ip("10.0.0.1"), {fact(2, F::ports, number(22))}, {}}, context_);
  ASSERT_NE(record.find(F::ports), nullptr);
  EXPECT_EQ(record.find(F::ports)->items.at(0).value, number(22));
  EXPECT_EQ(record.find(F::mac), nullptr);
  ASSERT_NE(record.find(F::ip), nullptr);
  EXPECT_EQ(record.find(F::ip)->items.at(0).value.text.size(), 16u);
}

/// Two stages, or one stage twice after a crash, whose statements arrive in any order.
TEST_F(Fold, DoesNotDependOnTheOrderOfFacts) {
  std::mt19937_64 random(4);
  const auto below = [&](uint64_t n) { return random() % n; };
  for (int round = 0; round < 300; ++round) {
    HostRecord host{ip("10.0.0.1"), {}, {Outcome::positive, Outcome::no_answer, Outcome::positive}};
    for (uint64_t i = below(25); i-- > 0;) {
      const auto stage = static_cast<uint8_t>(below(7) == 6 ? core_stage : below(6));
      switch (below(8)) {
        case 0:
          host.facts.push_back(fact(stage, F::ports, number(below(5))));
          break;
        case 1:
          host.facts.push_back(fact(stage, F::rtt_ms, Scalar::of(static_cast<double>(below(9)) / 4)));
          break;
        case 2:
          host.facts.push_back(fact(stage, F::mac, text(std::to_string(below(3)))));
          break;
        case 3:
          host.facts.push_back(fact(stage, F::vendor, text("v" + std::to_string(below(4)))));
          break;
        case 4:
          host.facts.push_back(fact(stage, F::hostname, text("h" + std::to_string(below(4)))));
          break;
        case 5:
          host.facts.push_back(fact(stage, F::banners, text(std::to_string(below(9))), std::to_string(below(200))));
          break;
        case 6: {
          const std::string a = std::to_string(below(3)), b = std::to_string(below(3));
          host.facts.push_back(fact(stage, F::services, Scalar::json("{\"m" + a + "\":{\"n" + b + "\":" + b + "}}"),
                                    std::to_string(below(2)) + "/tcp"));
          break;
        }
        default:
          host.facts.push_back(fact(stage, F::alive, Scalar::boolean(below(2) != 0)));
          break;
      }
    }
    const std::string expected = json_of(host, context_, true);
    for (int k = 0; k < 5; ++k) {
      std::shuffle(host.facts.begin(), host.facts.end(), random);
      ASSERT_EQ(json_of(host, context_, true), expected) << "round " << round;
    }
    std::vector<Fact> twice = host.facts;
    host.facts.insert(host.facts.end(), twice.begin(), twice.end());
    ASSERT_EQ(json_of(host, context_, true), expected) << "a slice done twice, round " << round;
  }
}

TEST(KeyLess, NumbersByValueThenText) {
  std::vector<std::string> keys = {"sysName", "443/tcp", "80/udp", "80/tcp", "8080", "9", "", "080/tcp", "ifTable"};
  std::sort(keys.begin(), keys.end(), key_less);
  EXPECT_EQ(keys, (std::vector<std::string>{"9", "080/tcp", "80/tcp", "80/udp", "443/tcp", "8080", "", "ifTable",
                                            "sysName"}));
}

TEST(KeyLess, NumbersOfAnyLengthDoNotOverflow) {
  EXPECT_TRUE(key_less("99999999999999999999", "100000000000000000000"));
  EXPECT_FALSE(key_less("100000000000000000000", "99999999999999999999"));
}

}  // namespace
}  // namespace sonde::core
