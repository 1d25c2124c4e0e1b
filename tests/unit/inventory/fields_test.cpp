// The table of fields and the rules for a plugin's own.
#include "inventory/fields.hpp"

#include <gtest/gtest.h>
#include <sonde/plugin.h>

#include <sonde/columns.hpp>

namespace sonde::core {
namespace {

TEST(FieldTable, WellKnownFieldsStandInTheOrderOfTheRecord) {
  const FieldTable table;
  std::string names;
  for (FieldId i = 0; i < table.size(); ++i) names += table[i].name + " ";
  EXPECT_EQ(names,
            "ip alive rtt_ms hostname reverse_dns mac vendor ports banners services os snmp dns tcp mac_flags link "
            "evidence ");
}

TEST(FieldTable, ConstantsNameTheirFields) {
  const FieldTable table;
  EXPECT_EQ(table.find("ip"), FieldTable::ip);
  EXPECT_EQ(table.find("alive"), FieldTable::alive);
  EXPECT_EQ(table.find("rtt_ms"), FieldTable::rtt_ms);
  EXPECT_EQ(table.find("hostname"), FieldTable::hostname);
  EXPECT_EQ(table.find("reverse_dns"), FieldTable::reverse_dns);
  EXPECT_EQ(table.find("mac"), FieldTable::mac);
  EXPECT_EQ(table.find("vendor"), FieldTable::vendor);
  EXPECT_EQ(table.find("ports"), FieldTable::ports);
  EXPECT_EQ(table.find("banners"), FieldTable::banners);
  EXPECT_EQ(table.find("services"), FieldTable::services);
  EXPECT_EQ(table.find("os"), FieldTable::os);
  EXPECT_EQ(table.find("snmp"), FieldTable::snmp);
  EXPECT_EQ(table.find("dns"), FieldTable::dns);
  EXPECT_EQ(table.find("tcp"), FieldTable::tcp);
  EXPECT_EQ(table.find("mac_flags"), FieldTable::mac_flags);
  EXPECT_EQ(table.find("link"), FieldTable::link);
  EXPECT_EQ(table.find("evidence"), FieldTable::evidence);
  EXPECT_EQ(table.find("nothing"), no_field);
}

TEST(FieldTable, ExportersKnowTheSameNames) {
  const FieldTable fields;
  ASSERT_EQ(sonde::detail::well_known.size(), std::size_t{FieldTable::well_known_count});
  for (std::string_view name : sonde::detail::well_known) EXPECT_NE(fields.find(name), no_field) << name;
}

TEST(FieldTable, DetailsAreTheLastFive) {
  const FieldTable table;
  std::string names;
  for (FieldId i = 0; i < table.size(); ++i)
    if (table[i].detail) names += table[i].name + " ";
  EXPECT_EQ(names, "dns tcp mac_flags link evidence ");
}

TEST(FieldTable, BindsAWellKnownFieldWithItsType) {
  FieldTable table;
  EXPECT_EQ(table.bind_output("tcp-banner", "ports", SONDE_U64, SONDE_LIST, false, "").value(), FieldTable::ports);
  EXPECT_EQ(table.size(), 17u);
}

TEST(FieldTable, RefusesAWellKnownFieldWithAnotherType) {
  FieldTable table;
  const auto bound = table.bind_output("mine", "ports", SONDE_TEXT, SONDE_LIST, false, "");
  ASSERT_FALSE(bound);
  EXPECT_EQ(bound.error().id, "field-conflict");
  EXPECT_EQ(bound.error().text, "plugin 'mine' declares 'ports' as list of text; it is list of u64");
}

TEST(FieldTable, RefusesAWellKnownFieldWithAnotherShape) {
  FieldTable table;
  EXPECT_EQ(table.bind_output("mine", "ports", SONDE_U64, SONDE_SCALAR, false, "").error().id, "field-conflict");
}

TEST(FieldTable, AFieldOfAnyTypeTakesEach) {
  FieldTable table;
  EXPECT_EQ(table.bind_output("snmp", "snmp", SONDE_TEXT, SONDE_MAP, false, "").value(), FieldTable::snmp);
  EXPECT_EQ(table.bind_output("snmp", "snmp", SONDE_NULL, SONDE_MAP, false, "").value(), FieldTable::snmp);
}

TEST(FieldTable, OwnFieldsFollowTheWellKnown) {
  FieldTable table;
  const FieldId id = table.bind_output("tls-cert", "tls-cert.subject", SONDE_TEXT, SONDE_SCALAR, true, "who").value();
  EXPECT_EQ(id, 17);
  EXPECT_EQ(table[id].name, "tls-cert.subject");
  EXPECT_EQ(table[id].merge, Merge::first);
  EXPECT_TRUE(table[id].detail);
  EXPECT_EQ(table[id].help, "who");
  EXPECT_EQ(table.bind_output("tls-cert", "tls-cert.subject", SONDE_TEXT, SONDE_SCALAR, true, "").value(), 17);
}

TEST(FieldTable, OwnFieldsMergeByTheirShape) {
  FieldTable table;
  EXPECT_EQ(table[table.bind_output("a", "a.list", SONDE_TEXT, SONDE_LIST, false, "").value()].merge, Merge::set_union);
  EXPECT_EQ(table[table.bind_output("a", "a.map", SONDE_TEXT, SONDE_MAP, false, "").value()].merge, Merge::per_key);
  EXPECT_EQ(table[table.bind_output("a", "a.tree", SONDE_JSON, SONDE_MAP, false, "").value()].merge,
            Merge::per_key_deep);
}

TEST(FieldTable, TwoPluginsOfOneIdMustAgree) {
  FieldTable table;
  ASSERT_TRUE(table.bind_output("tls", "tls.days", SONDE_I64, SONDE_SCALAR, false, ""));
  EXPECT_EQ(table.bind_output("tls", "tls.days", SONDE_TEXT, SONDE_SCALAR, false, "").error().id, "field-conflict");
}

TEST(FieldTable, RefusesNamesThatAreNotThePluginsOwn) {
  FieldTable table;
  ASSERT_TRUE(table.bind_output("other", "other.x", SONDE_TEXT, SONDE_SCALAR, false, ""));
  const auto refused = [&](const char* plugin, const std::string& name) {
    const auto bound = table.bind_output(plugin, name, SONDE_TEXT, SONDE_SCALAR, false, "");
    return bound ? "bound" : bound.error().id;
  };
  EXPECT_EQ(refused("tls", "subject"), "field-name");
  EXPECT_EQ(refused("tls", "other.subject"), "field-name");
  EXPECT_EQ(refused("tls", "other.x"), "field-name");  // bound by its owner
  EXPECT_EQ(refused("tls", "tls."), "field-name");
  EXPECT_EQ(refused("tls", "tls.a.b"), "field-name");
  EXPECT_EQ(refused("tls", "tls.a b"), "field-name");
  EXPECT_EQ(refused("tls", "tls.\x1b[31m"), "field-name");
  EXPECT_EQ(refused("tls", ""), "field-name");
  EXPECT_EQ(refused("tls", "tls." + std::string(61, 'a')), "field-name");
  EXPECT_EQ(refused("snmp", "snmp.x"), "field-name");  // the record has a member "snmp" already
  EXPECT_EQ(refused("icmp", "ip"), "field-name");
  EXPECT_EQ(refused("icmp", "evidence"), "field-name");
}

TEST(FieldTable, RefusesTypesAndShapesThatItDoesNotKnow) {
  FieldTable table;
  EXPECT_EQ(table.bind_output("x", "x.a", 10, SONDE_SCALAR, false, "").error().id, "field-conflict");
  EXPECT_EQ(table.bind_output("x", "x.a", SONDE_TEXT, 3, false, "").error().id, "field-conflict");
}

}  // namespace
}  // namespace sonde::core
