// What a stage could not learn: it is neither lost nor, the next time, new.
#include <gtest/gtest.h>

#include "inventory/coverage.hpp"
#include "inventory/delta.hpp"

namespace sonde::core {
namespace {

class NotKnown : public ::testing::Test {
 protected:
  void SetUp() override {
    whole_.run_id = "r";
    whole_.complete = true;
    whole_.scope = {"10.0.0.0/24"};
    whole_.stages.resize(3);
    whole_.stages[0].name = "rdns";
    whole_.stages[0].fields = {"dns", "hostname", "reverse_dns"};
    whole_.stages[1].name = "snmp";
    whole_.stages[1].fields = {"alive", "hostname", "os", "snmp"};
    whole_.stages[2].name = "tls";
    whole_.stages[2].fields = {"tls.names", "tls.subject"};
  }
  static RunDocument unknown(RunDocument run, std::size_t stage, std::vector<std::string> ranges = {"10.0.0.1"}) {
    run.stages[stage].unknown = std::move(ranges);
    return run;
  }
  static Delta delta(const RunDocument& before, const RunDocument& after, const char* was = full,
                     const char* is = R"([{"ip":"10.0.0.1"},{"ip":"10.0.0.2"}])") {
    return compare({"", parse_records(was, "test").value(), before}, {"", parse_records(is, "test").value(), after})
        .value();
  }
  /// The fields that changed, with the last octet of their hosts.
  static std::string changed(const Delta& delta) {
    std::string out;
    for (const HostChange& host : delta.changed)
      for (const FieldChange& f : host.fields)
        out += (out.empty() ? "" : " ") + f.field + "@" + host.ip.to_string().substr(7);
    return out;
  }
  static constexpr const char* full =
      R"([{"ip":"10.0.0.1","hostname":"a","reverse_dns":"a.lan","os":{"name":"x"},"snmp":{"sysName":"a"},)"
      R"("tls":{"subject":"a"},"vendor":"HP Inc"},{"ip":"10.0.0.2","reverse_dns":"b.lan"}])";
  RunDocument whole_;
};

TEST_F(NotKnown, IsNeitherLostNorBackTheNextTime) {
  const RunDocument silent = unknown(whole_, 0);
  const char* const nameless = R"([{"ip":"10.0.0.1","vendor":"HP Inc"},{"ip":"10.0.0.2"}])";
  const char* const named = R"([{"ip":"10.0.0.1","hostname":"a","reverse_dns":"a.lan","vendor":"HP Inc"},)"
                            R"({"ip":"10.0.0.2","reverse_dns":"b.lan"}])";
  const Delta lost = delta(whole_, silent, named, nameless), back = delta(silent, whole_, nameless, named);
  for (const Delta* d : {&lost, &back}) {
    EXPECT_EQ(changed(*d), "reverse_dns@2");  // of which the server did say that there is no name
    const Value value = to_value(*d);
    ASSERT_NE(value.find("fields_not_known"), nullptr);
    EXPECT_EQ(to_json(*value.find("fields_not_known")), R"(["10.0.0.1"])");
  }
  const Delta known = delta(whole_, whole_, named, nameless);
  EXPECT_EQ(changed(known), "hostname@1 reverse_dns@1 reverse_dns@2");
  EXPECT_EQ(to_value(known).find("fields_not_known"), nullptr);
}

TEST_F(NotKnown, OtherFieldsAreComparedAndPartsGoWithTheirField) {
  EXPECT_EQ(changed(delta(whole_, whole_)), "hostname@1 os@1 reverse_dns@1 snmp@1 tls@1 vendor@1 reverse_dns@2");
  // The name is none of SNMP's either, though rdns knows it: nobody can tell whose it was.
  EXPECT_EQ(changed(delta(whole_, unknown(whole_, 1))), "reverse_dns@1 tls@1 vendor@1 reverse_dns@2");
  EXPECT_EQ(changed(delta(whole_, unknown(whole_, 2))), "hostname@1 os@1 reverse_dns@1 snmp@1 vendor@1 reverse_dns@2");
  const char* const other = R"([{"ip":"10.0.0.1","snmp":{"sysName":"b"},"tls":{"subject":"b"},"tlsx":1}])";
  const char* const one = R"([{"ip":"10.0.0.1","snmp":{"sysName":"a"},"tls":{"subject":"a"},"tlsx":2}])";
  EXPECT_EQ(changed(delta(whole_, unknown(whole_, 1), one, other)), "tls.subject@1 tlsx@1");
  EXPECT_EQ(changed(delta(unknown(whole_, 2), whole_, one, other)), "snmp.sysName@1 tlsx@1");
}

TEST_F(NotKnown, IsSaidOnceWhereSomethingDiffers) {
  const RunDocument silent = unknown(whole_, 0, {"10.0.0.0-10.0.0.255"});
  const std::string sentence =
      "hosts of which a stage learned nothing in one run (an error, a server without an answer, a `when` that left "
      "them "
      "out): "
      "10.0.0.1, 10.0.0.2; differences that come of that are not told";
  const char* const names = R"([{"ip":"10.0.0.1","reverse_dns":"a"},{"ip":"10.0.0.2","reverse_dns":"b"}])";
  const Delta d = delta(whole_, silent, names);
  EXPECT_EQ(render(d, DeltaFormat::text), "! " + sentence + "\nno changes\n");
  EXPECT_NE(render(d, DeltaFormat::markdown).find(sentence), std::string::npos);
  EXPECT_EQ(render(delta(whole_, silent, names, names), DeltaFormat::text), "no changes\n");
}

TEST_F(NotKnown, WhatAWhenLeftOutHasNotVanished) {
  RunDocument selective = whole_;
  selective.stages[1].left_out = {"10.0.0.1"};
  const char* const without = R"([{"ip":"10.0.0.1","tls":{"subject":"a"},"vendor":"HP Inc"},{"ip":"10.0.0.2"}])";
  // Of the name SNMP may have been the one who stated it; of reverse_dns it was not.
  EXPECT_EQ(changed(delta(whole_, selective, full, without)), "reverse_dns@1 reverse_dns@2");
  EXPECT_EQ(changed(delta(selective, whole_, without, full)), "reverse_dns@1 reverse_dns@2");
  // Left out both times, it was another stage's.
  EXPECT_EQ(changed(delta(selective, selective, full, without)), "hostname@1 os@1 reverse_dns@1 snmp@1 reverse_dns@2");
  // What is there both times is compared.
  const char* const other = R"([{"ip":"10.0.0.1","hostname":"b"}])";
  const char* const one = R"([{"ip":"10.0.0.1","hostname":"a"}])";
  EXPECT_EQ(changed(delta(whole_, selective, one, other)), "hostname@1");
}

/// A `when: ports` is false because of the port.
TEST_F(NotKnown, APortThatAnotherStageAskedIsToldWhateverAWhenLeftOut) {
  RunDocument open = whole_;
  open.stages[1].ports = "22";
  open.stages[2].ports = "";
  open.stages[2].fields = {"banners", "ports", "services"};
  RunDocument closed = open;
  closed.stages[2].left_out = {"10.0.0.1"};
  const char* const with = R"([{"ip":"10.0.0.1","alive":true,"ports":[22]}])";
  const char* const without = R"([{"ip":"10.0.0.1","alive":true}])";
  EXPECT_EQ(changed(delta(closed, open, without, with)), "ports@1");
  EXPECT_EQ(changed(delta(open, closed, with, without)), "ports@1");
}

/// Who has nothing but a name has no record on a night without one.
TEST_F(NotKnown, WhoHadOnlyWhatWasNotLearnedIsNotGoneNorNewTheNextTime) {
  RunDocument silent = whole_;
  silent.stages[0].asks_servers = true;
  silent.stages[0].by_outcome[static_cast<std::size_t>(Outcome::no_answer)] = 2;
  const char* const names =
      R"([{"ip":"10.0.0.1","reverse_dns":"a"},{"ip":"10.0.0.2","reverse_dns":"b","vendor":"HP"}])";
  const Delta lost = delta(whole_, silent, names, "[]"), back = delta(silent, whole_, "[]", names);
  EXPECT_EQ(lost.gone.size(), 1u);  // the one with a vendor, whom others know
  EXPECT_EQ(lost.not_scanned.size(), 1u);
  EXPECT_EQ(back.fresh.size(), 1u);
  EXPECT_EQ(back.not_scanned_before.size(), 1u);
  EXPECT_EQ(delta(whole_, whole_, names, "[]").gone.size(), 2u);
}

TEST_F(NotKnown, WithoutWordOfFieldsEverythingIsCompared) {
  RunDocument older = whole_;
  older.stages.clear();
  EXPECT_EQ(changed(delta(older, whole_)), changed(delta(whole_, whole_)));
  older = unknown(whole_, 0);
  older.stages[0].fields.clear();
  EXPECT_EQ(changed(delta(older, whole_)), changed(delta(whole_, whole_)));
}

TEST_F(NotKnown, FieldsMayStandInAnyOrderAndInterfacesMayBeGone) {
  RunDocument run = unknown(whole_, 0, {"fe80::1%no-such-if"});
  run.stages[0].fields = {"reverse_dns", "hostname", "dns"};
  const KnownFields known(run);
  const IpAddress here = IpAddress::parse("fe80::1%lo").value();
  EXPECT_FALSE(known.knows(here, "hostname"));
  EXPECT_FALSE(known.knows(here, "reverse_dns"));
  EXPECT_TRUE(known.knows(here, "vendor"));
  EXPECT_TRUE(known.knows(IpAddress::parse("10.0.0.1").value(), "hostname"));
}

}  // namespace
}  // namespace sonde::core
