// Enterprise numbers, systems, names of objects.
#include "makers.hpp"

#include <gtest/gtest.h>

#include "names.hpp"

namespace sonde::snmp {
namespace {

Oid oid(const char* text) {
  return parse_oid(text).value();
}

TEST(Makers, OfWellKnownNumbers) {
  EXPECT_EQ(enterprise_of(oid("1.3.6.1.4.1.9.1.516")), 9u);
  EXPECT_EQ(maker_of(9), "Cisco");
  EXPECT_EQ(maker_of(2), "IBM");
  EXPECT_EQ(maker_of(41112), "Ubiquiti");
  EXPECT_EQ(maker_of(99999999), "");
  EXPECT_FALSE(enterprise_of(oid("1.3.6.1.4.1")));
  EXPECT_FALSE(enterprise_of(oid("1.3.6.1.2.1.1")));
}
TEST(Makers, SystemsOnlyWhereTheNumberSaysSo) {
  EXPECT_EQ(system_of(oid("1.3.6.1.4.1.8072.3.2.10")), "Linux");
  EXPECT_EQ(system_of(oid("1.3.6.1.4.1.8072.3.2.8")), "FreeBSD");
  EXPECT_EQ(system_of(oid("1.3.6.1.4.1.8072.3.2.255")), "");
  EXPECT_EQ(system_of(oid("1.3.6.1.4.1.311.1.1.3.1.2")), "Windows");
  EXPECT_EQ(system_of(oid("1.3.6.1.4.1.9.1.516")), "");
}
TEST(Names, AllLeadToObjects) {
  ASSERT_EQ(system_objects().size(), 6u);
  EXPECT_EQ(system_objects()[4].name, "sysName");
  for (const NamedObject& object : named_objects()) EXPECT_TRUE(parse_oid(object.oid)) << object.name;
  EXPECT_EQ(find_name("hrSystemDate")->meaning, Meaning::date);
  EXPECT_EQ(find_name("sysname"), nullptr);
  EXPECT_EQ(find_name("sysName.0"), find_name("sysName"));
  EXPECT_EQ(find_name("prtMarkerLifeCount.0"), nullptr) << "of a table: that is another instance";
}

}  // namespace
}  // namespace sonde::snmp
